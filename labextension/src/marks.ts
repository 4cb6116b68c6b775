/** What is seen in the notebook itself: a mark at cells in debt, a line under a cell, and what is wrong underlined. */
import type { Cell, CodeCell } from '@jupyterlab/cells';
import type { CodeMirrorEditor } from '@jupyterlab/codemirror';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Diagnostic } from '@codemirror/lint';
import { setDiagnostics } from '@codemirror/lint';
import type { EditorView } from '@codemirror/view';
import { isOfDocument, placeOf } from './document';
import { button, element } from './dom';
import type { CellLine, Said } from './model';
import { RANK, keyOf } from './model';
import type { Follower } from './notebook';
import type { PanelState } from './state';
import { cellLabel, clean, pieces } from './text';
import { MARKS, SIGNS, stateWords } from './views/common';
import type { Finding } from './wire';

/** What is to be underlined in a cell: whether somebody sees it, and whether its editor knows. */
interface Underlined {
  readonly key: string;
  readonly findings: readonly Finding[];
  seen: boolean;
  done: boolean;
}

/** Milliseconds of drawing, after which something else has its turn. */
const AT_ONCE = 12;

/** Draws into one notebook, whenever what is known of it changes, and only what changed. */
export class Marks {
  constructor(
    private readonly follower: Follower,
    private readonly trans: TranslationBundle,
    private readonly panel: PanelState,
    private readonly open: () => void
  ) {
    follower.model.changed.connect(this.soon, this);
    // Cells are made anew when they move, and when the notebook is loaded.
    follower.notebook.modelContentChanged.connect(this.soon, this);
    panel.redrawn.connect(this.soon, this);
    follower.panel.disposed.connect(() => {
      panel.redrawn.disconnect(this.soon, this);
      this.ended = true;
      this.watcher.disconnect();
    });
  }

  private soon(): void {
    this.drawn = 0;
    if (!this.waiting) {
      this.waiting = true;
      window.requestAnimationFrame(() => this.draw());
    }
  }

  /** Draw, a few cells at a time: who types isn't kept waiting. What changes meanwhile begins it anew. */
  private draw(): void {
    const { model, notebook } = this.follower;
    if (this.ended) {
      return;
    }
    const lines = new Map(model.lines.map(line => [line.id, line]));
    const found = model.byCell;
    const seen = this.panel.seen;
    notebook.node.classList.toggle('nbdebt-mod-dim', seen.outputs === 'dimmed');
    notebook.node.classList.toggle('nbdebt-mod-tell', seen.outputs === 'marked');
    notebook.node.classList.toggle('nbdebt-mod-unmarked', !seen.marks);
    const until = performance.now() + AT_ONCE;
    const cells = notebook.widgets;
    while (this.drawn < cells.length && performance.now() < until) {
      const cell = cells[this.drawn++];
      if (cell === undefined || cell.model.type !== 'code') {
        continue;
      }
      const id = cell.model.id;
      this.mark(cell, seen.marks || seen.outputs !== 'plain' ? lines.get(id) : undefined);
      this.line(cell, seen.lines ? model.said.get(id) : undefined);
      if (model.fresh) {
        this.underline(
          cell as CodeCell,
          (seen.underline ? (found.get(id) ?? []) : []).filter(finding => finding.severity !== 'note')
        );
      }
    }
    this.waiting = this.drawn < cells.length;
    if (this.waiting) {
      window.setTimeout(() => this.draw());
    }
  }

  // The mark beside a cell

  private mark(cell: Cell, line: CellLine | undefined): void {
    const state = line === undefined || line.state === 'same' || line.state === 'never-run' ? '' : line.state;
    const why = state === '' ? '' : clean((line?.because ?? []).join('; ').replace(/`/g, ''));
    const drawn = this.marked.get(cell);
    if (drawn === `${state} ${why}` || (drawn === undefined && state === '')) {
      return;
    }
    this.marked.set(cell, `${state} ${why}`);
    const old = state !== '' && state !== 'unknown';
    cell.node.classList.toggle('nbdebt-mod-old', old);
    if (old) {
      (cell as CodeCell).outputArea.node.dataset.nbdebtOld = this.trans.__('out of date');
    }
    cell.node.querySelector(':scope > .nbdebt-CellMark')?.remove();
    cell.node.classList.toggle('nbdebt-mod-marked', state !== '');
    if (line !== undefined && state !== '') {
      const words = stateWords(this.trans, line.state, this.follower.model.origin === 'kernel');
      const made = button(
        `nbdebt-CellMark nbdebt-state-${line.state}`,
        `${SIGNS[line.state]} ${words}`,
        why === '' ? words : `${words}: ${why}`,
        () => {
          this.panel.show('cells');
          this.open();
        }
      );
      made.tabIndex = -1;
      cell.node.append(made);
    }
  }

  // The line under a cell

  private line(cell: Cell, said: Said | undefined): void {
    if (this.lined.get(cell) === said) {
      return;
    }
    this.lined.set(cell, said);
    cell.node.querySelector(':scope > .nbdebt-Notice')?.remove();
    if (said === undefined) {
      return;
    }
    const box = element('div', 'nbdebt-Notice');
    box.setAttribute('role', 'note');
    box.setAttribute('aria-label', 'nbdebt');
    const [first, ...others] = said.findings;
    if (first !== undefined) {
      box.classList.add(`nbdebt-is-${first.severity}`);
      box.append(this.said(cell, first));
      if (others.length > 0) {
        const fold = element('details', 'nbdebt-Notice-more');
        fold.append(element('summary', '', this.trans.__('and %1 more', others.length)));
        fold.append(...others.map(finding => this.said(cell, finding)));
        box.append(fold);
      }
    }
    for (const text of said.settled) {
      box.append(element('div', 'nbdebt-Notice-line', mark('✓', 'good'), sentence(text)));
    }
    const dismiss = button('nbdebt-Notice-dismiss', '×', this.trans.__('Dismiss'), () =>
      this.follower.model.dismiss(cell.model.id)
    );
    dismiss.setAttribute('aria-label', this.trans.__('Dismiss'));
    box.append(dismiss);
    cell.node.append(box);
  }

  private said(cell: Cell, finding: Finding): HTMLElement {
    const { model } = this.follower;
    const line = finding.start === null ? '' : this.trans.__('line %1', finding.start.line);
    const id = finding.cell?.id;
    const index = model.cells.findIndex(each => each.id === id);
    const elsewhere = id !== cell.model.id && index >= 0;
    const at = elsewhere
      ? [cellLabel(index, finding.cell?.execution_count), line].filter(Boolean).join(', ')
      : line;
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
        button('nbdebt-Action', this.trans.__('Fix'), title, () =>
          this.panel.attempt(this.follower.fix(finding))
        )
      );
    }
    made.append(
      ' ',
      button('nbdebt-Action', this.trans.__('Explain'), finding.name, () => {
        this.open();
        void this.panel.explain(finding.code, finding.name);
      })
    );
    return made;
  }

  // What is underlined

  /** Underline where somebody looks: each editor that is told has the page laid out anew. */
  private underline(cell: CodeCell, findings: Finding[]): void {
    const key = findings.map(keyOf).join('\n');
    const before = this.underlined.get(cell);
    if ((before?.key ?? '') === key) {
      return;
    }
    this.underlined.set(cell, { key, findings, seen: before?.seen ?? false, done: false });
    if (before === undefined) {
      this.cells.set(cell.node, cell);
      this.watcher.observe(cell.node);
    } else if (before.seen) {
      this.tellEditor(cell);
    }
  }

  private come(entries: IntersectionObserverEntry[]): void {
    for (const entry of entries) {
      const cell = this.cells.get(entry.target);
      const lines = cell && this.underlined.get(cell);
      if (cell === undefined || lines === undefined) {
        continue;
      }
      lines.seen = entry.isIntersecting;
      if (lines.seen && !lines.done) {
        this.tellEditor(cell);
      }
    }
  }

  private tellEditor(cell: CodeCell): void {
    void cell.ready.then(() => {
      const view = (cell.editor as CodeMirrorEditor | null)?.editor as EditorView | undefined;
      const lines = this.underlined.get(cell);
      if (view === undefined || cell.isDisposed || lines === undefined || lines.done) {
        return;
      }
      lines.done = true;
      const source = view.state.doc.toString();
      const diagnostics = lines.findings
        .map(finding => this.diagnostic(finding, source))
        .filter((each): each is Diagnostic => each !== null)
        .sort((a, b) => a.from - b.from);
      view.dispatch(setDiagnostics(view.state, diagnostics));
    });
  }

  private diagnostic(finding: Finding, source: string): Diagnostic | null {
    const place = placeOf(finding, source);
    if (place === null) {
      return null;
    }
    const [from, end] = place;
    const stop = source.indexOf('\n', from);
    const to = end > from ? end : stop < 0 ? source.length : stop;
    const advice = finding.advice === '' ? '' : `\n→ ${finding.advice}`;
    const actions = [
      {
        name: this.trans.__('Explain'),
        apply: () => {
          this.open();
          void this.panel.explain(finding.code, finding.name);
        }
      }
    ];
    if (isOfDocument(finding.fix)) {
      actions.unshift({
        name: this.trans.__('Fix'),
        apply: () => this.panel.attempt(this.follower.fix(finding))
      });
    }
    return {
      from: Math.min(from, source.length),
      to: Math.min(to, source.length),
      severity: RANK[finding.severity] === 0 ? 'error' : 'warning',
      source: `nbdebt ${finding.code}`,
      message: clean(`${finding.message}${advice}`.replace(/`/g, '')).replace(/⟨000a⟩/g, '\n'),
      actions
    };
  }

  private ended = false;
  private waiting = false;
  private drawn = 0;
  private readonly marked = new WeakMap<Cell, string>();
  private readonly lined = new WeakMap<Cell, Said | undefined>();
  private readonly underlined = new WeakMap<Cell, Underlined>();
  private readonly cells = new WeakMap<Element, CodeCell>();
  private readonly watcher = new IntersectionObserver(entries => this.come(entries), { rootMargin: '200px' });
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
