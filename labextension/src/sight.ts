/** Of a long list, what is in sight: where its rows stand, and which of them are made. No DOM. */

/** Where each row begins, and where the last one ends. */
export function placesOf(keys: readonly string[], height: (key: string) => number): number[] {
  const places = [0];
  let at = 0;
  for (const key of keys) {
    at += height(key);
    places.push(at);
  }
  return places;
}

/** The first and the last row between two places; at least one, where there is any. */
export function between(places: readonly number[], top: number, bottom: number): [number, number] {
  const last = places.length - 2;
  return [Math.max(0, Math.min(last, rowAt(places, top))), Math.min(last, rowAt(places, bottom))];
}

/** The row that a place is in: the last that begins above it. */
function rowAt(places: readonly number[], place: number): number {
  let [low, high] = [0, places.length - 2];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((places[middle] ?? 0) <= place) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

/** The rows that are made, in order: those in sight, one more where it is wanted, and of all of them the heads. */
export function wanted(
  [first, last]: readonly [number, number],
  more: number,
  headOf: (row: number) => number
): number[] {
  const rows = new Set<number>();
  const add = (row: number): void => {
    rows.add(headOf(row)).add(row);
  };
  if (more >= 0) {
    add(more);
  }
  for (let row = first; row <= last; row++) {
    add(row);
  }
  return [...rows].sort((a, b) => a - b);
}

/** The room that rows that aren't made leave: above each of those that are, and below the last. */
export function gapsOf(
  rows: readonly number[],
  places: readonly number[]
): { readonly above: ReadonlyMap<number, number>; readonly below: number } {
  const above = new Map<number, number>();
  let end = 0;
  for (const row of rows) {
    const begin = places[row] ?? 0;
    above.set(row, begin - end);
    end = places[row + 1] ?? begin;
  }
  return { above, below: (places[places.length - 1] ?? 0) - end };
}
