/** An export of one notebook: what is wanted, what came of it, and where it was saved. No DOM. */
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import type { Asker } from './looking';
import type { NotebookModel } from './model';
import type { ExportOptions, Exported } from './wire';

/** What a notebook is exported to, and what there is to choose of each. */
export const TOOLS = ['dvc', 'make', 'snakemake', 'airflow', 'luigi', 'metaflow', 'prefect'] as const;

/** What goes with what: flags and functions are a script's. */
export function fitting(options: ExportOptions): ExportOptions {
  const plain = options.to === 'script' || options.to === 'module';
  return {
    ...options,
    cli: plain ? options.cli : 'none',
    config: plain ? options.config : 'none',
    functions: options.to === 'script' && options.functions
  };
}

/** The targets that a line of text names, with commas. */
export function targetsOf(text: string): string[] {
  return text
    .split(',')
    .map(word => word.trim())
    .filter(Boolean);
}

/** How an export is called if nobody says otherwise. */
export function proposed(path: string, to: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const stem = name.replace(/^.*:/, '').replace(/\.ipynb$/, '') || 'notebook';
  if ((TOOLS as readonly string[]).includes(to)) {
    return `${stem}_pipeline`;
  }
  return to === 'notebook' ? `${stem}_exported.ipynb` : `${stem}.py`;
}

/** What names a file or a directory beside the notebook, and nothing else. */
export function isName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/\\]/.test(name);
}

const PAUSE = 700;

/** Exports, one after the other. */
export class Exporting {
  constructor(
    private readonly model: NotebookModel,
    private readonly ask: Asker,
    private readonly path: () => string,
    private readonly wait: (milliseconds: number) => Promise<void> = milliseconds =>
      new Promise(resolve => setTimeout(resolve, milliseconds))
  ) {}

  options: ExportOptions = {
    to: 'script',
    targets: [],
    functions: false,
    settings: true,
    cli: 'none',
    config: 'none',
    name: ''
  };
  /** What it is for, as it was typed. */
  targets = '';
  /** Whether it is to be run; null where nobody has said so yet. */
  chosen: boolean | null = null;
  found: Exported | null = null;
  /** It is being made, or run. */
  busy = false;
  /** A cell is running: nothing could be made. */
  late = false;
  error = '';
  /** What was saved, in words, and where. */
  saved = '';
  place = '';

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Whether it is run and compared. A kernel has run it already; a server has not. */
  get verify(): boolean {
    return this.chosen ?? this.model.kernel === 'recording';
  }

  /** Whether the notebook is another one since. */
  get outdated(): boolean {
    return this.found !== null && this.of !== this.stamp;
  }

  set(options: Partial<ExportOptions>): void {
    this.options = fitting({ ...this.options, ...options });
    this.tell();
  }

  aim(text: string): void {
    this.targets = text;
    this.tell();
  }

  choose(verify: boolean): void {
    this.chosen = verify;
    this.tell();
  }

  /** Make it, and run it where that is wanted. */
  async make(): Promise<void> {
    const turn = ++this.turn;
    const options = {
      ...this.options,
      targets: targetsOf(this.targets),
      name: this.options.name.trim() || proposed(this.path(), this.options.to)
    };
    this.of = this.stamp;
    this.busy = true;
    this.late = false;
    this.error = this.saved = this.place = '';
    this.found = null;
    this.tell();
    try {
      let answer = await this.ask('export', { options, verify: this.verify });
      while (turn === this.turn) {
        this.late = (answer.export ?? null) === null;
        this.found = answer.export ?? null;
        if (this.found?.state !== 'running') {
          break;
        }
        this.job = this.found.job;
        this.tell();
        await this.wait(PAUSE);
        const made = this.found;
        answer = await this.ask('export-result', { job: this.job });
        if (answer.export?.state === 'running') {
          // The text is known already.
          answer = { ...answer, export: made };
        }
      }
    } catch (error) {
      if (turn === this.turn) {
        this.error = (error as Error).message;
        this.found = this.found?.state === 'running' ? { ...this.found, state: 'made' } : this.found;
      }
    } finally {
      if (turn === this.turn) {
        this.busy = false;
        this.job = 0;
        this.tell();
      }
    }
  }

  /** Run it no longer. */
  async stop(): Promise<void> {
    if (this.job !== 0) {
      await this.ask('export-stop', { job: this.job });
    }
  }

  /** It was saved. */
  keep(saved: string, place: string): void {
    this.saved = saved;
    this.place = place;
    this.tell();
  }

  private get stamp(): string {
    return `${this.model.name} ${this.model.runs} ${this.model.origin}`;
  }

  private tell(): void {
    this._changed.emit();
  }

  private turn = 0;
  private job = 0;
  private of = '';
  private readonly _changed = new Signal<this, void>(this);
}
