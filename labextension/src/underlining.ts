/** What is wrong in a cell, underlined in its editor: hover to read it, and to fix it. */
import type { CodeCell } from '@jupyterlab/cells';
import type { CodeMirrorEditor } from '@jupyterlab/codemirror';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Diagnostic } from '@codemirror/lint';
import { linter, setDiagnostics } from '@codemirror/lint';
import type { Extension } from '@codemirror/state';
import type { EditorView } from '@codemirror/view';
import { isOfDocument, placeOf } from './document';
import { clean } from './text';
import type { Finding } from './wire';

/**
 * What editors have from the beginning, so that they can be told what to underline.
 *
 * Told later, an editor is set up anew, with its styles, and the browser styles the whole page again for each.
 */
export const UNDERLINING: Extension = linter(null);

/** What can be done about what is underlined. */
export interface Means {
  readonly trans: TranslationBundle;
  readonly fix: (finding: Finding) => void;
  readonly explain: (finding: Finding) => void;
}

/** Underline these findings in a cell's editor, and nothing else; false where it has none yet. */
export function underline(cell: CodeCell, findings: readonly Finding[], means: Means): boolean {
  const view = (cell.editor as CodeMirrorEditor | null)?.editor as EditorView | undefined;
  if (view === undefined) {
    return false;
  }
  const source = view.state.doc.toString();
  const diagnostics = findings
    .map(finding => diagnostic(finding, source, means))
    .filter((each): each is Diagnostic => each !== null)
    .sort((a, b) => a.from - b.from);
  view.dispatch(setDiagnostics(view.state, diagnostics));
  return true;
}

function diagnostic(finding: Finding, source: string, means: Means): Diagnostic | null {
  const place = placeOf(finding, source);
  if (place === null) {
    return null;
  }
  const [from, end] = place;
  const stop = source.indexOf('\n', from);
  const to = end > from ? end : stop < 0 ? source.length : stop;
  const advice = finding.advice === '' ? '' : `\n→ ${finding.advice}`;
  const actions = [{ name: means.trans.__('Explain'), apply: () => means.explain(finding) }];
  if (isOfDocument(finding.fix)) {
    actions.unshift({ name: means.trans.__('Fix'), apply: () => means.fix(finding) });
  }
  return {
    from: Math.min(from, source.length),
    to: Math.min(to, source.length),
    severity: finding.severity === 'error' ? 'error' : 'warning',
    source: `nbdebt ${finding.code}`,
    message: clean(`${finding.message}${advice}`.replace(/`/g, '')).replace(/⟨000a⟩/g, '\n'),
    actions
  };
}
