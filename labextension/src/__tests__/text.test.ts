import { expect, test } from 'vitest';
import { cellLabel, clean, offset, pieces, plural } from '../text';

test.each([
  ['ab\ncd', 1, 1, 0],
  ['ab\ncd', 2, 1, 3],
  ['ab\ncd', 2, 2, 4],
  ['ab\ncd', 1, 99, 2],
  ['ab\ncd', 9, 1, 5],
  ['😀b', 1, 2, 2],
  ['é\n😀😀b', 2, 3, 6],
  ['', 1, 1, 0]
])('%j line %i column %i is at %i', (source, line, column, at) => {
  expect(offset(source, line, column)).toBe(at);
});

test('what is in backticks is code, and nothing is markup', () => {
  expect(pieces('`x` came <b>from</b> `y`')).toEqual([
    { text: 'x', code: true },
    { text: ' came <b>from</b> ', code: false },
    { text: 'y', code: true }
  ]);
  expect(pieces('a ` b')).toEqual([{ text: 'a ` b', code: false }]);
  expect(pieces('')).toEqual([]);
});

test('what steers text is shown', () => {
  expect(clean('a\u202eb\u0007')).toBe('a⟨202e⟩b⟨0007⟩');
  expect(clean('tab\tline\n')).toBe('tab\tline\n');
});

test('words', () => {
  expect([cellLabel(0, null), cellLabel(4, 7)]).toEqual(['cell 1', 'cell 5 [7]']);
  expect([plural(1, 'run'), plural(2, 'run'), plural(0, 'copy', 'copies')]).toEqual([
    '1 run',
    '2 runs',
    '0 copies'
  ]);
});
