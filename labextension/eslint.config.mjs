import js from '@eslint/js';
import hooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['lib', 'node_modules', 'src/wire.ts', '**/*.mjs', 'style/index.js'] },
  js.configs.recommended,
  ...tseslint.configs.strict,
  {
    plugins: { 'react-hooks': hooks },
    rules: {
      'react-hooks/rules-of-hooks': 'error',
      '@typescript-eslint/no-unused-vars': 'error',
      'no-restricted-properties': [
        'error',
        { property: 'innerHTML', message: 'What a notebook holds is text.' },
        { property: 'outerHTML', message: 'What a notebook holds is text.' },
        { property: 'insertAdjacentHTML', message: 'What a notebook holds is text.' }
      ]
    }
  }
);
