import { expect, test } from 'vitest';
import { cellLabel, clean, offset, pieces } from '../text';
import { speak, trans } from '../words';

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
  const runs = [0, 1, 2].map(count => trans._n('%1 run of %2', '%1 runs of %2', count, 'x'));
  expect(runs).toEqual(['0 runs of x', '1 run of x', '2 runs of x']);
  const plain = trans;
  speak({ __: text => text.toUpperCase(), _n: (_, many) => many });
  expect([cellLabel(0, null), trans._n('a', 'b', 1)]).toEqual(['CELL %1', 'b']);
  speak(plain);
});
