import { describe, expect, test } from 'vitest';
import type { Cell } from '../document';
import { Teller, isOfDocument, nameOf, placeOf, silencing, stepsOf } from '../document';
import type { Edit, Finding, Fix } from '../wire';

const cells: Cell[] = [
  { id: 'a', kind: 'code', source: 'import random' },
  { id: 'b', kind: 'markdown', source: '# Title' },
  { id: 'c', kind: 'code', source: 's = "😀"; x = draw()\ny = x' }
];
const fix = (...edits: Edit[]): Fix => ({ title: '', safety: 'safe', edits });
const span = (line: number, column: number, end_line: number, end_column: number) => ({
  line,
  column,
  end_line,
  end_column
});

/** What a document is after some steps, done as the notebook does them. */
function after(steps: ReturnType<typeof stepsOf>): string[] {
  const sources = cells.map(cell => cell.source);
  for (const step of steps) {
    if (step.do === 'insert') {
      sources.splice(step.before, 0, step.source);
    } else if (step.do === 'replace') {
      const old = sources[step.cell] ?? '';
      sources[step.cell] = old.slice(0, step.start) + step.text + old.slice(step.end);
    } else if (step.do === 'drop') {
      sources.splice(step.cell, 1);
    } else {
      const [moved] = sources.splice(step.cell, 1);
      sources.splice(step.before > step.cell ? step.before - 1 : step.before, 0, moved ?? '');
    }
  }
  return sources;
}

describe('fixes', () => {
  const [a, b, c] = cells.map(cell => cell.source) as [string, string, string];
  test.each<[string, Fix, string[]]>([
    ['insert', fix({ type: 'Insert', before: 1, source: 'seed(1)' }), [a, 'seed(1)', b, c]],
    ['insert at the end', fix({ type: 'Insert', before: 3, source: 'z' }), [a, b, c, 'z']],
    [
      'two for one place stay in order',
      fix({ type: 'Insert', before: 1, source: '1' }, { type: 'Insert', before: 1, source: '2' }),
      [a, '1', '2', b, c]
    ],
    [
      'characters beyond the plane are one column each',
      fix({ type: 'Replace', cell: 2, span: span(1, 14, 1, 18), text: 'pull' }),
      [a, b, 's = "😀"; x = pull()\ny = x']
    ],
    [
      'an empty span inserts',
      fix({ type: 'Replace', cell: 2, span: span(1, 19, 1, 19), text: '1' }),
      [a, b, 's = "😀"; x = draw(1)\ny = x']
    ],
    [
      'edits and a new cell at once',
      fix(
        { type: 'Replace', cell: 2, span: span(2, 1, 2, 2), text: 'yy' },
        { type: 'Insert', before: 0, source: 'first' }
      ),
      ['first', a, b, c.replace('\ny', '\nyy')]
    ],
    ['move up', fix({ type: 'Move', cell: 2, before: 0 }), [c, a, b]],
    ['move down', fix({ type: 'Move', cell: 0, before: 3 }), [b, c, a]],
    ['drop', fix({ type: 'Drop', cell: 1 }), [a, c]]
  ])('%s', (_, given, wanted) => {
    expect(after(stepsOf(given, cells))).toEqual(wanted);
  });

  test.each<[string, Fix]>([
    ['a cell that is gone', fix({ type: 'Replace', cell: 9, span: span(1, 1, 1, 1), text: '' })],
    ['a place that is gone', fix({ type: 'Insert', before: 9, source: '' })],
    ['two moves', fix({ type: 'Move', cell: 0, before: 2 }, { type: 'Drop', cell: 1 })],
    ['not of the document', fix({ type: 'Declare', pattern: '*.csv' })]
  ])('%s is refused', (_, given) => {
    expect(() => stepsOf(given, cells)).toThrow();
  });

  test('what writes into the project is not of the document', () => {
    expect(isOfDocument(fix({ type: 'PinFile', path: 'a.csv' }))).toBe(false);
    expect(isOfDocument(fix({ type: 'Drop', cell: 0 }))).toBe(true);
    expect(isOfDocument(null)).toBe(false);
  });
});

describe('what a kernel is told', () => {
  test('is all at first, and then what is new', () => {
    const teller = new Teller();
    expect(Object.keys(teller.tell(cells, 'one').cells)).toEqual(['a', 'b', 'c']);
    const changed = [cells[2], cells[0], { id: 'd', kind: 'code', source: 'new' }] as Cell[];
    expect(teller.tell(changed, 'two')).toEqual({
      version: 1,
      kind: 'document',
      document: 'two',
      order: ['c', 'a', 'd'],
      cells: { d: ['new', 'code'] }
    });
    expect(Object.keys(teller.tell(cells, 'three').cells)).toEqual(['b']);
    teller.forget();
    expect(Object.keys(teller.tell(cells, 'three').cells)).toHaveLength(3);
  });

  test('is called the same when it is the same', () => {
    const names = [
      cells,
      [...cells].reverse(),
      cells.slice(1),
      cells.map(cell => ({ ...cell, source: `${cell.source} ` })),
      cells.map(cell => ({ ...cell, kind: 'raw' })),
      []
    ].map(nameOf);
    expect(new Set(names).size).toBe(names.length);
    expect(nameOf(cells.map(cell => ({ ...cell })))).toBe(names[0]);
  });
});

describe('comments that silence', () => {
  const at = (line: number) => ({ name: 'unseeded-draw', start: { line, column: 1 } });
  const said = (source: string, line: number, scope: 'line' | 'cell', reason = 'a test') => {
    const { at: place, text } = silencing(source, at(line), scope, reason);
    return source.slice(0, place) + text + source.slice(place);
  };
  const line = '# nbdebt: ignore[unseeded-draw] a test';
  const cell = '# nbdebt: ignore-cell[unseeded-draw] a test';
  test.each<[string, string, number, 'line' | 'cell', string]>([
    ['behind the line', 'x\ny = d()\nz', 2, 'line', `x\ny = d()  ${line}\nz`],
    ['blanks at its end go before', 'y = d()  \nz', 1, 'line', `y = d()  ${line}  \nz`],
    ['a line that goes on', '  y = d() + \\\n  1', 1, 'line', `  ${line}\n  y = d() + \\\n  1`],
    ['a magic', 'a\n%time d()', 2, 'line', `a\n${line}\n%time d()`],
    ['a shell line', '!curl x', 1, 'line', `${line}\n!curl x`],
    ['the cell', 'a\nb', 2, 'cell', `${cell}\na\nb`],
    ['the cell, below its magic', '%%time\nb', 2, 'cell', `%%time\n${cell}\nb`],
    ['the magic of the cell', '%%time\nb', 1, 'line', `%%time\n${cell}\nb`],
    ['a magic alone', '%%time', 1, 'cell', `%%time\n${cell}`]
  ])('%s', (_, source, number, scope, wanted) => {
    expect(said(source, number, scope)).toBe(wanted);
  });

  test('a reason is one line', () => {
    expect(silencing('x', at(1), 'line', ' a\nb ').text).toBe('  # nbdebt: ignore[unseeded-draw] a b');
    expect(silencing('x', at(1), 'line', '').text).toBe('  # nbdebt: ignore[unseeded-draw]');
  });
});

test('places are found again', () => {
  const finding = { start: { line: 2, column: 1 }, end: { line: 2, column: 3 } } as Finding;
  expect(placeOf(finding, 'a\nbcd')).toEqual([2, 4]);
  expect(placeOf(finding, 'a')).toEqual([1, 1]);
  expect(placeOf({ ...finding, start: null }, 'a')).toBeNull();
});
