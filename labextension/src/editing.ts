/** What is done to a notebook's document: go to a place, fix, silence. Through the shared model, so that it can be undone. */
import type { Notebook } from '@jupyterlab/notebook';
import type { Cell, Scope } from './document';
import { placeOf, silencing, stepsOf } from './document';
import type { Finding } from './wire';
import { trans } from './words';

/** Where a cell is to have the cursor: a finding's place, or the beginning of a line. */
export type Spot = Pick<Finding, 'start' | 'end'> | number;

/** The cells of a notebook as they are now. */
export function cellsOf(notebook: Notebook): Cell[] {
  return (notebook.model?.sharedModel.cells ?? []).map(cell => ({
    id: cell.getId(),
    source: cell.getSource(),
    kind: cell.cell_type
  }));
}

/** Show a cell, with the cursor where something is. */
export async function goTo(notebook: Notebook, cellId: string, spot?: Spot): Promise<void> {
  const index = notebook.widgets.findIndex(widget => widget.model.id === cellId);
  const cell = notebook.widgets[index];
  if (cell === undefined) {
    return;
  }
  notebook.activeCellIndex = index;
  notebook.deselectAll();
  await notebook.scrollToItem(index, 'smart');
  await cell.ready;
  const editor = cell.editor;
  const line = typeof spot === 'number' ? spot : 0;
  const span = typeof spot === 'number' ? { start: { line, column: 1 }, end: null } : spot;
  const place = span && span.start?.line !== 0 && placeOf(span, cell.model.sharedModel.getSource());
  const at = editor && place ? editor.getPositionAt(place[0]) : undefined;
  if (editor && at) {
    notebook.mode = 'edit';
    editor.focus();
    editor.setCursorPosition(at);
    editor.revealPosition(at);
  } else {
    notebook.node.focus();
  }
}

/**
 * Edit a notebook as a finding's fix says, as one step.
 *
 * @returns the cell where something was done; undefined where one was only taken out.
 * @throws Error where the fix doesn't fit the document.
 */
export function mend(notebook: Notebook, finding: Finding): string | undefined {
  const shared = notebook.model?.sharedModel;
  if (!finding.fix || !shared) {
    throw new Error(trans.__('There is nothing to be fixed any more.'));
  }
  const steps = stepsOf(finding.fix, cellsOf(notebook));
  let shown = -1;
  shared.transact(() => {
    for (const step of steps) {
      switch (step.do) {
        case 'insert':
          shared.insertCell(step.before, {
            cell_type: 'code',
            source: step.source,
            metadata: { trusted: true }
          });
          shown = step.before;
          break;
        case 'replace':
          shared.getCell(step.cell).updateSource(step.start, step.end, step.text);
          shown = step.cell;
          break;
        case 'move':
          shared.moveCell(step.cell, step.before > step.cell ? step.before - 1 : step.before);
          shown = step.before;
          break;
        case 'drop':
          shared.deleteCell(step.cell);
          break;
      }
    }
  });
  return cellsOf(notebook)[shown]?.id;
}

/**
 * Silence a finding by a comment in its cell.
 *
 * @throws Error where the cell is gone.
 */
export function silence(notebook: Notebook, finding: Finding, scope: Scope, reason: string): void {
  const shared = notebook.model?.sharedModel;
  const cell = shared?.cells.find(each => each.getId() === finding.cell?.id);
  if (!shared || !cell) {
    throw new Error(trans.__('The cell is gone.'));
  }
  const { at, text } = silencing(cell.getSource(), finding, scope, reason);
  shared.transact(() => cell.updateSource(at, at, text));
}
