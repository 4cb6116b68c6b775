/** What is seen in the notebook itself: a mark at cells in debt, a line under a cell, and what is wrong underlined. */
import type { Cell, CodeCell } from '@jupyterlab/cells';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Debouncer } from '@lumino/polling';
import { button } from './dom';
import { InSight } from './insight';
import type { CellLine, Said } from './model';
import { keyOf } from './model';
import type { Follower } from './notebook';
import { notice } from './notice';
import type { PanelState } from './state';
import { clean } from './text';
import { underline } from './underlining';
import { SIGNS, stateWords } from './views/common';
import type { Finding } from './wire';

/** What is seen at a cell. */
interface Drawn {
  mark: string;
  said: Said | undefined;
  underlined: string;
}

/** Milliseconds of drawing, after which something else has its turn. */
const AT_ONCE = 8;
/** Milliseconds after an edit: cells are made anew when they move, and when the notebook is loaded. */
const SETTLED = 150;

/** Draws into one notebook, whenever what is known of it changes: only what changed, where somebody looks. */
export class Marks {
  constructor(
    private readonly follower: Follower,
    private readonly trans: TranslationBundle,
    private readonly panel: PanelState,
    private readonly open: () => void
  ) {
    const { model, notebook } = follower;
    const sight = new InSight(notebook, () => this.soon());
    this.sight = sight;
    const settled = new Debouncer(() => this.soon(), SETTLED);
    model.changed.connect(this.soon, this);
    notebook.modelContentChanged.connect(() => void settled.invoke(), this);
    panel.redrawn.connect(this.soon, this);
    follower.panel.disposed.connect(() => {
      panel.redrawn.disconnect(this.soon, this);
      this.ended = true;
      settled.dispose();
      sight.dispose();
    });
  }

  /** When the next frame is painted: then nothing is to be laid out for the question what is in sight. */
  private soon(): void {
    if (!this.waiting && !this.ended) {
      this.waiting = true;
      window.requestAnimationFrame(() => window.setTimeout(() => this.begin()));
    }
  }

  private begin(): void {
    const { notebook, model } = this.follower;
    this.waiting = false;
    if (this.ended) {
      return;
    }
    const { outputs, marks, lines } = this.panel.seen;
    notebook.node.classList.toggle('nbdebt-mod-dim', outputs === 'dimmed');
    notebook.node.classList.toggle('nbdebt-mod-tell', outputs === 'marked');
    notebook.node.classList.toggle('nbdebt-mod-unmarked', !marks);
    // What is said under a cell moves those below: it is there before somebody comes.
    const said = new Set([...this.lined, ...(lines ? model.said.keys() : [])]);
    const cells = said.size === 0 ? [] : notebook.widgets.filter(cell => said.has(cell.model.id));
    this.todo = [...new Set([...cells, ...this.sight.cells()])];
    this.draw();
  }

  /** Draw, a few cells at a time: who types isn't kept waiting. What changes meanwhile begins it anew. */
  private draw(): void {
    window.clearTimeout(this.timer);
    const until = performance.now() + AT_ONCE;
    while (!this.ended && this.todo.length > 0 && performance.now() < until) {
      const cell = this.todo.shift();
      if (cell?.model.type === 'code' && !cell.isDisposed) {
        this.at(cell as CodeCell);
      }
    }
    if (this.todo.length > 0) {
      this.timer = window.setTimeout(() => this.draw());
    }
  }

  /** Bring one cell up to date. */
  private at(cell: CodeCell): void {
    const { model } = this.follower;
    const { seen } = this.panel;
    const id = cell.model.id;
    const drawn = this.drawn.get(cell) ?? { mark: '', said: undefined, underlined: '' };
    this.drawn.set(cell, drawn);
    const said = seen.lines ? model.said.get(id) : undefined;
    if (drawn.said !== said) {
      drawn.said = said;
      this.line(cell, said);
    }
    this.mark(cell, drawn, seen.marks || seen.outputs !== 'plain' ? model.line(id) : undefined);
    if (model.fresh) {
      this.underline(cell, drawn, seen.underline ? (model.byCell.get(id) ?? []) : []);
    }
  }

  // What is wrong in it

  private underline(cell: CodeCell, drawn: Drawn, found: readonly Finding[]): void {
    const findings = found.filter(finding => finding.severity !== 'note');
    const key = findings.map(keyOf).join('\n');
    if (key === drawn.underlined) {
      return;
    }
    const means = {
      trans: this.trans,
      fix: (finding: Finding) => this.panel.attempt(this.follower.fix(finding)),
      explain: (finding: Finding) => this.explain(finding)
    };
    if (underline(cell, findings, means)) {
      drawn.underlined = key;
    } else {
      void cell.ready.then(() => this.soon());
    }
  }

  private explain(finding: Finding): void {
    this.open();
    void this.panel.explain(finding.code, finding.name);
  }

  // The mark beside a cell

  private mark(cell: CodeCell, drawn: Drawn, line: CellLine | undefined): void {
    const state = line === undefined || isCalm(line) ? '' : line.state;
    const why = state === '' ? '' : clean((line?.because ?? []).join('; ').replace(/`/g, ''));
    const mark = state === '' ? '' : `${state} ${this.follower.model.origin} ${why}`;
    if (drawn.mark === mark) {
      return;
    }
    drawn.mark = mark;
    const old = state !== '' && state !== 'unknown';
    cell.node.classList.toggle('nbdebt-mod-old', old);
    if (old) {
      cell.outputArea.node.dataset.nbdebtOld = this.trans.__('out of date');
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
    cell.node.querySelector(':scope > .nbdebt-Notice')?.remove();
    if (said === undefined) {
      this.lined.delete(cell.model.id);
      return;
    }
    this.lined.add(cell.model.id);
    const { model } = this.follower;
    cell.node.append(
      notice(cell.model.id, said, model, {
        trans: this.trans,
        fix: finding => this.panel.attempt(this.follower.fix(finding)),
        explain: finding => this.explain(finding),
        show: () => {
          this.panel.show('data');
          this.open();
        },
        dismiss: () => model.dismiss(cell.model.id)
      })
    );
  }

  private ended = false;
  private waiting = false;
  private timer = 0;
  private todo: Cell[] = [];
  private readonly sight: InSight;
  private readonly drawn = new WeakMap<Cell, Drawn>();
  /** The cells under which something is said. */
  private readonly lined = new Set<string>();
}

function isCalm(line: CellLine | undefined): boolean {
  return line === undefined || line.state === 'same' || line.state === 'never-run';
}
