/** The document as it is on the screen: what is told of it, and what is done to it. Knows nothing of JupyterLab. */
import { offset } from './text';
import type { Document, Finding, Fix, Span } from './wire';
import { VERSION } from './wire';
import { trans } from './words';

/** A cell as it is now. */
export interface Cell {
  readonly id: string;
  readonly source: string;
  readonly kind: string;
}

/** What a document is called: the same for the same cells in the same order, on every page that shows it. */
export function nameOf(cells: readonly Cell[]): string {
  // FNV-1a, twice: what differs must be called differently, and nobody is to be kept from anything.
  let one = 0x811c9dc5;
  let other = 0x01000193;
  const take = (text: string) => {
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      one = Math.imul(one ^ code, 0x01000193);
      other = Math.imul(other ^ code, 0x5bd1e995) + 0x9e3779b9;
    }
    one = Math.imul(one ^ 0x1ffff, 0x01000193);
    other = Math.imul(other ^ 0x1fffe, 0x5bd1e995);
  };
  for (const cell of cells) {
    take(cell.id);
    take(cell.kind);
    take(cell.source);
  }
  return (one >>> 0).toString(16).padStart(8, '0') + (other >>> 0).toString(16).padStart(8, '0');
}

/** Tells a kernel what the document is; of cells that it knows, only that they are there. */
export class Teller {
  private told = new Map<string, Cell>();

  /** Forget what was told: the one who was told is gone. */
  forget(): void {
    this.told.clear();
  }

  /** The message that brings a kernel up to date. */
  tell(cells: readonly Cell[], name: string): Document {
    const news: Record<string, [string, string]> = {};
    for (const cell of cells) {
      const known = this.told.get(cell.id);
      if (known === undefined || known.source !== cell.source || known.kind !== cell.kind) {
        news[cell.id] = [cell.source, cell.kind];
      }
    }
    this.told = new Map(cells.map(cell => [cell.id, cell]));
    return {
      version: VERSION,
      kind: 'document',
      document: name,
      order: cells.map(cell => cell.id),
      cells: news
    };
  }
}

/** One thing to be done to a document. Indices are those of the document before any of them. */
export type Step =
  | { readonly do: 'insert'; readonly before: number; readonly source: string }
  | {
      readonly do: 'replace';
      readonly cell: number;
      readonly start: number;
      readonly end: number;
      readonly text: string;
    }
  | { readonly do: 'move'; readonly cell: number; readonly before: number }
  | { readonly do: 'drop'; readonly cell: number };

/** Whether a fix is one of the document alone; others write into the project. */
export function isOfDocument(fix: Fix | null): fix is Fix {
  return fix !== null && fix.edits.every(edit => edit.type !== 'Declare' && edit.type !== 'PinFile');
}

/** Whether a fix writes into the project: it is made where the data are shown. */
export function isOfProject(fix: Fix | null): fix is Fix {
  return fix !== null && !isOfDocument(fix);
}

/**
 * What a fix does, in an order in which each step leaves the places of those that follow as they are.
 *
 * @throws Error where the fix doesn't fit the document.
 */
export function stepsOf(fix: Fix, cells: readonly Cell[]): Step[] {
  const sourceOf = (index: number) => {
    const cell = cells[index];
    if (cell === undefined) {
      throw new Error(trans.__('The notebook has changed since this was found.'));
    }
    return cell.source;
  };
  const within: (Step & { do: 'replace' })[] = [];
  const whole: Exclude<Step, { do: 'replace' }>[] = [];
  for (const edit of fix.edits) {
    switch (edit.type) {
      case 'Replace': {
        const [start, end] = stretch(sourceOf(edit.cell), edit.span);
        within.push({ do: 'replace', cell: edit.cell, start, end, text: edit.text });
        break;
      }
      case 'Insert':
        if (edit.before > cells.length) {
          throw new Error(trans.__('The notebook has changed since this was found.'));
        }
        whole.push({ do: 'insert', before: edit.before, source: edit.source });
        break;
      case 'Move':
        sourceOf(edit.cell);
        whole.push({ do: 'move', cell: edit.cell, before: edit.before });
        break;
      case 'Drop':
        sourceOf(edit.cell);
        whole.push({ do: 'drop', cell: edit.cell });
        break;
      default:
        throw new Error(trans.__('This is not fixed in the notebook.'));
    }
  }
  if (whole.length > 1 && whole.some(step => step.do === 'move' || step.do === 'drop')) {
    throw new Error(trans.__('This is more than can be done at once.'));
  }
  within.sort((a, b) => b.start - a.start);
  // From the end, so that indices above stay; of two for one place the later first, so that they end in order.
  const inserts = whole
    .map((step, order) => ({ step, order }))
    .sort((a, b) => place(b.step) - place(a.step) || b.order - a.order);
  return [...within, ...inserts.map(({ step }) => step)];
}

function place(step: Exclude<Step, { do: 'replace' }>): number {
  return step.do === 'insert' ? step.before : step.cell;
}

/** Start and end of a span in a source. */
export function stretch(source: string, span: Span): [number, number] {
  return [offset(source, span.line, span.column), offset(source, span.end_line, span.end_column)];
}

/** Where a finding is in its cell; null for one about the whole. */
export function placeOf(finding: Pick<Finding, 'start' | 'end'>, source: string): [number, number] | null {
  if (finding.start === null) {
    return null;
  }
  const start = offset(source, finding.start.line, finding.start.column);
  const end = finding.end === null ? start : offset(source, finding.end.line, finding.end.column);
  return [start, Math.max(start, end)];
}

/** What a comment is to silence. */
export type Scope = 'line' | 'cell';

/**
 * The comment that silences a finding, and where in the cell it goes.
 *
 * Behind the line; where code can't have a comment there (a magic, a line that goes on), and for the whole cell, on a
 * line of its own.
 */
export function silencing(
  source: string,
  finding: Pick<Finding, 'name' | 'start'>,
  scope: Scope,
  reason: string
): { at: number; text: string } {
  const why = reason.replace(/\s+/g, ' ').trim();
  const comment = `# nbdebt: ignore${scope === 'cell' ? '-cell' : ''}[${finding.name}]${why ? ` ${why}` : ''}`;
  const lines = source.split('\n');
  const first = (lines[0] ?? '').startsWith('%%') ? 1 : 0;
  if (scope === 'cell' || finding.start === null) {
    const at = lines.slice(0, first).reduce((sum, line) => sum + line.length + 1, 0);
    return at > source.length ? { at: source.length, text: `\n${comment}` } : { at, text: `${comment}\n` };
  }
  const number = Math.min(finding.start.line, lines.length) - 1;
  const line = lines[number] ?? '';
  const start = lines.slice(0, number).reduce((sum, each) => sum + each.length + 1, 0);
  if (/\\\s*$/.test(line) || /^\s*[%!]/.test(line)) {
    const indent = /^\s*/.exec(line)?.[0] ?? '';
    return number < first
      ? silencing(source, finding, 'cell', reason)
      : { at: start, text: `${indent}${comment}\n` };
  }
  const bare = line.replace(/\s+$/, '').length;
  return { at: start + bare, text: `  ${comment}` };
}
