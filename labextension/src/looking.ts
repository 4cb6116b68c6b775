/** What is asked for only where somebody looks at it: what comes in and goes out, the flow. No DOM. */
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import type { NotebookModel } from './model';
import { misfit } from './shape';
import type { Answer, Data, Declaration, Flow, Item } from './wire';
import { SHAPES } from './wire';
import { trans } from './words';

/** What is asked: a kind of request, and what goes with it. */
export type Asker = (kind: string, given: Readonly<Record<string, unknown>>) => Promise<Answer>;

/** Ask, and believe no answer that isn't what the schema says. */
export function careful(ask: Asker): Asker {
  return async (kind, given) => {
    const answer = await ask(kind, given);
    const wrong = misfit(answer, SHAPES.answer ?? {});
    if (wrong !== '') {
      throw new Error(
        trans.__('What was answered is not understood here (%1): upgrade nbdebt, or reload the page.', wrong)
      );
    }
    return answer;
  };
}

/** One thing that is known of a notebook, and how fresh it is. */
export class Looked<T> {
  constructor(
    private readonly ask: () => Promise<T | null | undefined>,
    private readonly tell: () => void
  ) {}

  value: T | null = null;
  error = '';
  /** What it was asked for. */
  of = '';
  asking = false;
  /** A cell is running: it could not be known. */
  late = false;

  /** Ask, unless this is known. */
  async refresh(of: string): Promise<void> {
    if (of === this.of && !this.late && this.error === '') {
      return;
    }
    this.of = of;
    this.asking = true;
    this.tell();
    let answer: T | null | undefined;
    let error = '';
    try {
      answer = await this.ask();
    } catch (problem) {
      error = (problem as Error).message;
    }
    if (this.of !== of) {
      return;
    }
    this.asking = false;
    this.error = error;
    this.late = error === '' && (answer ?? null) === null;
    this.value = answer ?? this.value;
    this.tell();
  }

  /** What is known may be so no more. */
  forget(): void {
    this.of = '';
    this.tell();
  }
}

/** What is said of an output. */
export type Saying = Pick<Declaration, 'pattern' | 'owner' | 'note' | 'expires'> & {
  readonly consumers: string;
};

/** The views that are asked for, of one notebook. */
export class Looking {
  constructor(
    private readonly model: NotebookModel,
    private readonly ask: Asker,
    private readonly after: () => void
  ) {
    const tell = (): void => this._changed.emit();
    this.data = new Looked(async () => (await ask('data', {})).data, tell);
    this.flow = new Looked(async () => (await ask('flow', {})).flow, tell);
  }

  readonly data: Looked<Data>;
  readonly flow: Looked<Flow>;
  /** What was done last, in words. */
  said = '';
  /** What is being done: the key of an item. */
  doing = '';

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** What all of it rests on: asked for anew when this is another. */
  get stamp(): string {
    const { name, origin, runs, recording, kernel } = this.model;
    return [name, origin, runs, recording, kernel].join(' ');
  }

  async pin(item: Item): Promise<void> {
    await this.done('pin', item, {});
  }

  async declare(item: Item, saying: Saying): Promise<void> {
    await this.done('declare', item, { ...saying });
  }

  private async done(kind: string, item: Item, given: Readonly<Record<string, string>>): Promise<void> {
    this.said = '';
    this.doing = item.key;
    this._changed.emit();
    try {
      this.said = (await this.ask(kind, { key: item.key, ...given })).said ?? '';
      this.data.forget();
      this.after();
    } finally {
      this.doing = '';
      this._changed.emit();
    }
  }

  private readonly _changed = new Signal<this, void>(this);
}

/** What an item is a sign of. */
export type Standing = 'good' | 'warning' | 'unknown' | 'missing' | 'plain';

/** How an item stands: what is owed for it, if anything. */
export function standing(item: Item): Standing {
  if (item.op === 'reads') {
    if (item.own) {
      return 'plain';
    }
    switch (item.version?.state) {
      case 'versioned':
        return 'good';
      case 'versioned-locally':
      case 'unversioned':
        return 'warning';
      case 'absent':
        return 'missing';
      default:
        return 'unknown';
    }
  }
  if (item.declared !== null) {
    return 'good';
  }
  return item.op === 'writes' && item.exposure?.notable ? 'warning' : 'plain';
}
