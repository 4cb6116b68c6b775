/** The line under a cell: what its last run added to the debt, or settled. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { isOfDocument, isOfProject } from './document';
import { button, element } from './dom';
import type { NotebookModel, Said } from './model';
import { cellLabel, clean, pieces } from './text';
import { MARKS } from './views/common';
import type { Finding } from './wire';

/** What can be done about what is said. */
export interface Means {
  readonly trans: TranslationBundle;
  readonly fix: (finding: Finding) => void;
  readonly explain: (finding: Finding) => void;
  readonly show: () => void;
  readonly dismiss: () => void;
}

/** The line, of what was said under the cell of this id. */
export function notice(id: string, said: Said, model: NotebookModel, means: Means): HTMLElement {
  const { trans } = means;
  const box = element('div', 'nbdebt-Notice');
  box.setAttribute('role', 'note');
  box.setAttribute('aria-label', 'nbdebt');
  const [first, ...others] = said.findings;
  if (first !== undefined) {
    box.classList.add(`nbdebt-is-${first.severity}`);
    box.append(line(id, first, model, means));
    if (others.length > 0) {
      const fold = element('details', 'nbdebt-Notice-more');
      fold.append(element('summary', '', trans.__('and %1 more', others.length)));
      fold.append(...others.map(finding => line(id, finding, model, means)));
      box.append(fold);
    }
  }
  for (const text of said.settled) {
    box.append(element('div', 'nbdebt-Notice-line', mark('✓', 'good'), sentence(text)));
  }
  const dismiss = button('nbdebt-Notice-dismiss', '×', trans.__('Dismiss'), means.dismiss);
  dismiss.setAttribute('aria-label', trans.__('Dismiss'));
  box.append(dismiss);
  return box;
}

function line(id: string, finding: Finding, model: NotebookModel, means: Means): HTMLElement {
  const { trans } = means;
  const where = finding.start === null ? '' : trans.__('line %1', finding.start.line);
  const index = model.cells.findIndex(each => each.id === finding.cell?.id);
  const elsewhere = finding.cell?.id !== id && index >= 0;
  const at = elsewhere
    ? [cellLabel(index, finding.cell?.execution_count), where].filter(Boolean).join(', ')
    : where;
  const made = element('div', 'nbdebt-Notice-line', mark(MARKS[finding.severity], finding.severity));
  made.append(element('b', '', finding.code), ' ');
  if (at !== '') {
    made.append(element('span', 'nbdebt-soft', `${at}: `));
  }
  made.append(sentence(finding.message));
  if (finding.advice !== '') {
    made.append(element('span', 'nbdebt-soft', ' → ', sentence(finding.advice)));
  }
  if (isOfDocument(finding.fix)) {
    const title = clean(finding.fix.title);
    made.append(
      ' ',
      button('nbdebt-Action', trans.__('Fix'), title, () => means.fix(finding))
    );
  }
  if (isOfProject(finding.fix)) {
    const label = finding.family === 'data' ? trans.__('Pin…') : trans.__('Declare…');
    made.append(' ', button('nbdebt-Action', label, clean(finding.fix.title), means.show));
  }
  made.append(
    ' ',
    button('nbdebt-Action', trans.__('Explain'), finding.name, () => means.explain(finding))
  );
  return made;
}

function mark(sign: string, kind: string): HTMLElement {
  const made = element('span', `nbdebt-mark nbdebt-mark-${kind}`, sign);
  made.title = kind;
  return made;
}

function sentence(text: string): HTMLElement {
  const made = element('span', '');
  made.append(...pieces(text).map(piece => (piece.code ? element('code', '', piece.text) : piece.text)));
  return made;
}
