/** Whether a kernel may be recorded without being asked for each time: what somebody said, once. No DOM. */
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

/** What is set: `ask` is what nobody has answered yet. */
export interface Agreed {
  readonly record: 'ask' | 'never' | 'always';
  /** Paths of notebooks whose kernels are recorded, whatever else is set but *never*. */
  readonly notebooks: readonly string[];
}

export type Reply = 'this' | 'always' | 'never' | 'later';

/** What was agreed to, and whether there is a question left. */
export class Consent {
  /**
   * @param keep - writes an answer into the settings; null where nothing can be kept, and so nothing is asked.
   */
  constructor(private readonly keep: ((agreed: Agreed) => void) | null) {}

  agreed: Agreed = { record: 'ask', notebooks: [] };

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The settings are these now. */
  take(agreed: Partial<Agreed>): void {
    this.agreed = { ...this.agreed, ...agreed };
    this._changed.emit();
  }

  /** Whether this notebook's kernel may be told to record by itself. */
  allows(path: string): boolean {
    const { record, notebooks } = this.agreed;
    return record === 'always' || (record !== 'never' && notebooks.includes(path));
  }

  /** Somebody had this notebook's kernel recorded: there may be something to ask. */
  wanted(path: string): void {
    this.byHand.add(path);
    this._changed.emit();
  }

  /** Whether to ask: only who wants a kernel to be recorded is, and only once. */
  asks(path: string): boolean {
    return this.keep !== null && this.agreed.record === 'ask' && this.byHand.has(path) && !this.allows(path);
  }

  answer(reply: Reply, path: string): void {
    this.byHand.delete(path);
    const { record, notebooks } = this.agreed;
    switch (reply) {
      case 'later':
        break;
      case 'this':
        this.set({ record, notebooks: [...notebooks, path] });
        break;
      default:
        this.set({ record: reply, notebooks });
    }
    this._changed.emit();
  }

  /** A notebook has another name: what was said of it is said of that. */
  renamed(before: string, now: string): void {
    const { record, notebooks } = this.agreed;
    if (this.byHand.delete(before)) {
      this.byHand.add(now);
    }
    if (notebooks.includes(before)) {
      this.set({ record, notebooks: notebooks.map(path => (path === before ? now : path)) });
    }
  }

  private set(agreed: Agreed): void {
    this.agreed = agreed;
    this.keep?.(agreed);
  }

  private readonly byHand = new Set<string>();
  private readonly _changed = new Signal<this, void>(this);
}
