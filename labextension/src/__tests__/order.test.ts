import { describe, expect, it } from 'vitest';
import { isOff, namesOf, next } from '../order';
import type { Finding } from '../wire';

const at = (code: string, cell: string | null, line: number): Finding =>
  ({
    code,
    name: 'unseeded-draw',
    family: 'seeds',
    cell: cell === null ? null : { index: 0, id: cell, execution_count: 1 },
    start: { line, column: 1 }
  }) as Finding;

const FOUND = [at('NBD201', 'b', 2), at('NBD101', 'a', 1), at('NBD301', 'b', 5), at('NBD401', null, 1)];
const indexOf = (cell: string): number => ['a', 'b'].indexOf(cell);

describe('the next finding', () => {
  it.each([
    [{ index: 0, line: 0 }, 'NBD101', 'NBD301'],
    [{ index: 0, line: 1 }, 'NBD201', 'NBD301'],
    [{ index: 1, line: 3 }, 'NBD301', 'NBD201'],
    [{ index: 1, line: 5 }, 'NBD101', 'NBD201'],
    [{ index: -1, line: 0 }, 'NBD101', 'NBD301']
  ])('from %o is %s, and %s is the one before', (spot, below, above) => {
    expect(next(FOUND, indexOf, spot)?.code).toBe(below);
    expect(next(FOUND, indexOf, spot, true)?.code).toBe(above);
  });

  it('is none where none has a cell that is there', () => {
    expect(next(FOUND, () => -1, { index: 0, line: 0 })).toBeNull();
  });
});

describe('what a finding is called', () => {
  it('stays when it moves, and is its own', () => {
    const [one, two, moved] = [at('NBD201', 'a', 1), at('NBD201', 'a', 2), at('NBD201', 'a', 9)];
    const before = namesOf([one, two, at('NBD101', 'a', 1)]);
    expect(new Set(before.values()).size).toBe(3);
    expect(namesOf([moved]).get(moved)).toBe(before.get(one));
  });
});

describe('a rule that is switched off', () => {
  it.each([
    ['NBD201', true],
    ['NBD2', true],
    ['NBD', true],
    ['unseeded-draw', true],
    ['seeds', true],
    ['NBD20x', false],
    ['NBD3', false],
    ['seed', false],
    ['', false]
  ])('is named by %s: %s', (word, off) => {
    expect(isOff(at('NBD201', 'a', 1), [word])).toBe(off);
  });
});
