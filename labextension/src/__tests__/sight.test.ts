import { describe, expect, it } from 'vitest';
import { between, gapsOf, placesOf, wanted } from '../sight';

const KEYS = ['head', 'a', 'b', 'c', 'd'];
const PLACES = placesOf(KEYS, key => (key === 'head' ? 30 : 100));

describe('what is in sight of a long list', () => {
  it('stands where the rows above it end', () => {
    expect(PLACES).toEqual([0, 30, 130, 230, 330, 430]);
    expect(placesOf([], () => 1)).toEqual([0]);
  });

  it.each([
    [0, 30, 0, 1],
    [0, 29, 0, 0],
    [131, 229, 2, 2],
    [-500, 5000, 0, 4],
    [4000, 5000, 4, 4],
    [-50, -10, 0, 0]
  ])('between %i and %i: rows %i to %i', (top, bottom, first, last) => {
    expect(between(PLACES, top, bottom)).toEqual([first, last]);
  });

  it('is nothing of nothing', () => {
    const [first, last] = between([0], 0, 1000);
    expect(wanted([first, last], -1, row => row)).toEqual([]);
    expect(gapsOf([], [0])).toEqual({ above: new Map(), below: 0 });
  });

  it('has its head, and the row where somebody is', () => {
    expect(wanted([2, 3], -1, () => 0)).toEqual([0, 2, 3]);
    expect(wanted([3, 4], 1, () => 0)).toEqual([0, 1, 3, 4]);
    expect(wanted([0, 1], 4, row => row)).toEqual([0, 1, 4]);
  });

  it('leaves as much room as all rows have', () => {
    for (const rows of [[0, 2, 3], [0, 1, 4], [4], [0, 1, 2, 3, 4], [2]]) {
      const { above, below } = gapsOf(rows, PLACES);
      const made = rows.map(row => (PLACES[row + 1] ?? 0) - (PLACES[row] ?? 0));
      const room = [...above.values(), ...made, below].reduce((sum, each) => sum + each, 0);
      expect(room).toBe(430);
    }
  });
});
