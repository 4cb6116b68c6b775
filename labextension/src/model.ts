/** What is known of one notebook, whoever said it. No DOM, and nothing of JupyterLab but its signals. */
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import type { Cell } from './document';
import { nameOf } from './document';
import { isOff } from './order';
import type { Finding, Notice, Plan, Report, Run, State, Verdict } from './wire';

/** How a notebook and its kernel stand to each other. */
export type Kernel = 'none' | 'connecting' | 'silent' | 'recording' | 'disconnected';
export type CellState = Verdict['cells'][number]['state'];
export type Severity = Finding['severity'];

/** What is said under a cell. */
export interface Said {
  readonly findings: readonly Finding[];
  readonly settled: readonly string[];
}

/** What is known of a cell. */
export interface CellLine {
  readonly id: string;
  readonly index: number;
  readonly state: CellState;
  readonly because: readonly string[];
}

export const RANK: Record<Severity, number> = { error: 0, warning: 1, note: 2 };
const TROUBLED: readonly CellState[] = ['fails', 'differs', 'stale'];

/** One notebook: its report, where that comes from, and how fresh it is. */
export class NotebookModel {
  /** Something changed that is shown. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The notebook's cells as they are on the screen. */
  cells: readonly Cell[] = [];
  /** What these cells are called. */
  name = '';
  /** What the report calls the cells that it speaks of. */
  reported = '';
  report: Report | null = null;
  /** What was reported, with what is switched off here. */
  private whole: Report | null = null;
  /** Who reported: the kernel, of what ran in it, or the server, of the document alone. */
  origin: 'kernel' | 'server' | null = null;
  kernel: Kernel = 'none';
  busy = false;
  /** The language, where it is not Python. */
  language = '';
  /** What went wrong, in words; empty where nothing did. */
  error = '';
  /** What could not be done when somebody asked for it. */
  trouble = '';
  recording = true;
  /** Nobody pressed a button for it: it was agreed to before. */
  byItself = false;
  runs = 0;
  ignored: readonly string[] = [];
  plan: Plan | null = null;
  readonly said = new Map<string, Said>();

  // What is heard

  /** The document is this now. */
  setCells(cells: readonly Cell[]): void {
    const name = nameOf(cells);
    if (name !== this.name) {
      this.name = name;
      this.cells = cells;
      this.tell();
    }
  }

  /** The kernel is, or does, this now. */
  setKernel(kernel: Kernel, busy = false): void {
    if (kernel === this.kernel && busy === this.busy) {
      return;
    }
    if (this.kernel === 'recording' && (kernel === 'silent' || kernel === 'none')) {
      this.forgetSession();
    }
    this.kernel = kernel;
    this.busy = busy;
    this.tell();
  }

  /** What ran is gone: the kernel is another one. */
  forgetSession(): void {
    this.said.clear();
    this.plan = null;
    this.runs = 0;
    this.ignored = [];
    if (this.origin === 'kernel') {
      this.report = this.whole = null;
      this.origin = null;
      this.reported = '';
    }
    this.tell();
  }

  takeState(state: State): void {
    this.hold(state.report);
    this.origin = 'kernel';
    this.reported = state.document;
    this.recording = state.recording;
    this.runs = state.runs;
    this.ignored = state.ignored;
    this.error = '';
    this.plan = null;
    this.kernel = 'recording';
    this.forgetSettled();
    this.tell();
  }

  takeRun(run: Run): void {
    this.runs = run.runs;
    const verdicts = (report: Report) =>
      report.verdicts.map(verdict => ({
        ...verdict,
        cells: verdict.cells.map(cell =>
          cell.id === run.cell ? { ...cell, state: 'same' as const, because: [] as string[] } : cell
        )
      }));
    this.whole = this.whole && { ...this.whole, verdicts: verdicts(this.whole) };
    this.report = this.report && { ...this.report, verdicts: verdicts(this.report) };
    this.tell();
  }

  /** What was said under a cell and is so no more, for it was fixed or pinned, is said no more. */
  private forgetSettled(): void {
    const about = (finding: Finding) => `${finding.code} ${finding.cell?.id ?? ''}`;
    const left = new Set(this.whole?.findings.map(about));
    for (const [cell, said] of this.said) {
      const findings = said.findings.filter(finding => left.has(about(finding)));
      if (findings.length === 0 && said.settled.length === 0) {
        this.said.delete(cell);
      } else if (findings.length < said.findings.length) {
        this.said.set(cell, { ...said, findings });
      }
    }
  }

  takeNotice(notice: Notice): void {
    const findings = notice.findings.filter(finding => this.shows(finding));
    if (findings.length > 0 || notice.settled.length > 0) {
      this.said.set(notice.cell, { findings, settled: notice.settled });
      this.tell();
    }
  }

  /** What was said under a cell is read, or of a run that is past. */
  dismiss(cell: string): void {
    if (this.said.delete(cell)) {
      this.tell();
    }
  }

  takePlan(plan: Plan | null): void {
    this.plan = plan;
    this.tell();
  }

  takeCheck(report: Report, name: string): void {
    if (this.kernel === 'recording' && this.origin === 'kernel') {
      return;
    }
    this.hold(report);
    this.origin = 'server';
    this.reported = name;
    this.error = '';
    this.tell();
  }

  setLanguage(language: string): void {
    if (language !== this.language) {
      this.language = language;
      this.tell();
    }
  }

  fail(error: string): void {
    this.error = error;
    this.tell();
  }

  complain(trouble: string): void {
    this.trouble = trouble;
    this.tell();
  }

  /** What is shown is this now: rules that are switched off, and the least that is told. */
  show(off: readonly string[], least: Severity): void {
    if (least !== this.least || off.join(' ') !== this.off.join(' ')) {
      this.off = off;
      this.least = least;
      if (this.whole !== null) {
        this.hold(this.whole);
      }
      this.tell();
    }
  }

  private shows(finding: Finding): boolean {
    return RANK[finding.severity] <= RANK[this.least] && !isOff(finding, this.off);
  }

  private hold(report: Report): void {
    this.whole = report;
    this.report = kept(this.report, {
      ...report,
      findings: report.findings.filter(finding => this.shows(finding))
    });
  }

  /** How many findings are not shown, for their rules are switched off here. */
  get hidden(): number {
    return (this.whole?.findings.length ?? 0) - (this.report?.findings.length ?? 0);
  }

  // What is to be seen

  get verdict(): Verdict | null {
    return this.report?.verdicts[0] ?? null;
  }

  /** Whether the report speaks of the document as it is. */
  get fresh(): boolean {
    return this.report !== null && this.reported === this.name;
  }

  /** How many findings there are, but for notes. */
  get count(): number {
    return this.report === null ? 0 : this.report.findings.filter(f => f.severity !== 'note').length;
  }

  /** The cells that something is known of, in document order. */
  get lines(): readonly CellLine[] {
    const { cells, verdict } = this;
    if (this.lined?.cells !== cells || this.lined.verdict !== verdict) {
      const at = new Map(cells.map((cell, index) => [cell.id, index]));
      const lines: CellLine[] = [];
      for (const cell of verdict?.cells ?? []) {
        const index = at.get(cell.id);
        if (index !== undefined) {
          lines.push({ ...cell, index });
        }
      }
      lines.sort((a, b) => a.index - b.index);
      this.lined = { cells, verdict, lines, byId: new Map(lines.map(line => [line.id, line])) };
    }
    return this.lined.lines;
  }

  /** What is known of one cell. */
  line(id: string): CellLine | undefined {
    return this.lines.length === 0 ? undefined : this.lined?.byId.get(id);
  }

  /** Whether there may be cells to run again. */
  get troubled(): boolean {
    return (
      this.origin === 'kernel' &&
      this.lines.some(line => TROUBLED.includes(line.state) || line.state === 'unknown')
    );
  }

  /** The findings of each cell; those of the whole notebook under ''. */
  get byCell(): ReadonlyMap<string, readonly Finding[]> {
    const { report } = this;
    if (this.sorted?.report !== report) {
      const found = new Map<string, Finding[]>();
      for (const finding of report?.findings ?? []) {
        const key = finding.cell?.id ?? '';
        const those = found.get(key);
        if (those === undefined) {
          found.set(key, [finding]);
        } else {
          those.push(finding);
        }
      }
      this.sorted = { report, found };
    }
    return this.sorted.found;
  }

  private tell(): void {
    this._changed.emit();
  }

  // What is made of it is made once, however often it is asked for.
  private lined: {
    readonly cells: readonly Cell[];
    readonly verdict: Verdict | null;
    readonly lines: readonly CellLine[];
    readonly byId: ReadonlyMap<string, CellLine>;
  } | null = null;
  private sorted: {
    readonly report: Report | null;
    readonly found: ReadonlyMap<string, readonly Finding[]>;
  } | null = null;
  private off: readonly string[] = [];
  private least: Severity = 'note';
  private readonly _changed = new Signal<this, void>(this);
}

/** A report in which findings that are as they were are the same objects, so that they need not be drawn anew. */
function kept(before: Report | null, now: Report): Report {
  if (before === null) {
    return now;
  }
  const known = new Map(before.findings.map(finding => [JSON.stringify(finding), finding]));
  return { ...now, findings: now.findings.map(finding => known.get(JSON.stringify(finding)) ?? finding) };
}

/** How findings are listed. */
export interface Listing {
  readonly by: 'family' | 'cell';
  readonly text: string;
  readonly notes: boolean;
}

/** Findings under one head. */
export interface Group {
  readonly key: string;
  readonly findings: readonly Finding[];
}

/** What tells findings apart, from one report to the next. */
export function keyOf(finding: Finding): string {
  return [
    finding.code,
    finding.cell?.id ?? '',
    finding.start?.line ?? '',
    finding.start?.column ?? '',
    finding.message
  ].join('|');
}

const FAMILIES = ['order', 'seeds', 'outputs', 'data', 'nbdebt'];

/** The findings that are asked for, under heads; the worst first where they stand under their family. */
export function listed(findings: readonly Finding[], listing: Listing): Group[] {
  const words = listing.text.toLowerCase().split(/\s+/).filter(Boolean);
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    if (finding.severity === 'note' && !listing.notes) {
      continue;
    }
    const text = [
      finding.code,
      finding.name,
      finding.family,
      finding.severity,
      finding.message,
      finding.advice,
      finding.source
    ]
      .join(' ')
      .toLowerCase();
    if (!words.every(word => text.includes(word))) {
      continue;
    }
    const key = listing.by === 'family' ? finding.family : (finding.cell?.id ?? '');
    const those = groups.get(key);
    if (those === undefined) {
      groups.set(key, [finding]);
    } else {
      those.push(finding);
    }
  }
  const made = [...groups].map(([key, those]) => ({ key, findings: those }));
  if (listing.by === 'family') {
    made.sort((a, b) => FAMILIES.indexOf(a.key) - FAMILIES.indexOf(b.key));
    made.forEach(group => group.findings.sort((a, b) => RANK[a.severity] - RANK[b.severity]));
  }
  return made;
}
