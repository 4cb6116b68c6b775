/** Text as it stands in notebooks, made fit to be shown and to be found again in an editor. */

import { trans } from './words';

/** What changes the direction of text, and what is not seen: shown as what it is. */
/* eslint-disable no-control-regex */
const UNSEEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g;

/** Text in which nothing is hidden: characters that steer are written as their number. */
export function clean(text: string): string {
  return text.replace(UNSEEN, one => `⟨${one.charCodeAt(0).toString(16).padStart(4, '0')}⟩`);
}

/** A stretch of a sentence: code where it stood in backticks. */
export interface Piece {
  readonly text: string;
  readonly code: boolean;
}

/** A sentence as stretches of words and of code. */
export function pieces(sentence: string): Piece[] {
  return clean(sentence)
    .split(/`([^`]+)`/)
    .map((text, number) => ({ text, code: number % 2 === 1 }))
    .filter(piece => piece.text !== '');
}

/**
 * Where a place of a report is in a source, in UTF-16 units, as editors count.
 *
 * @param source - the cell.
 * @param line - from 1.
 * @param column - from 1, in characters (code points), as Python counts.
 * @returns the offset; the nearest there is, where the source is shorter than that.
 */
export function offset(source: string, line: number, column: number): number {
  let start = 0;
  for (let number = 1; number < line; number++) {
    const end = source.indexOf('\n', start);
    if (end < 0) {
      return source.length;
    }
    start = end + 1;
  }
  const end = source.indexOf('\n', start);
  const stop = end < 0 ? source.length : end;
  let at = start;
  for (let number = 1; number < column && at < stop; number++) {
    at += (source.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  }
  return at;
}

/** How a cell is called: its number as the document shows it, and its count. */
export function cellLabel(index: number, count?: number | null): string {
  return count === null || count === undefined
    ? trans.__('cell %1', index + 1)
    : trans.__('cell %1 [%2]', index + 1, count);
}
