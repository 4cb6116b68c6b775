/** What the panel shows of the notebook in front: which view, how listed, which page. No DOM. */
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import type { Listing, Severity } from './model';
import type { Follower } from './notebook';

export const VIEWS = ['findings', 'cells', 'data', 'flow', 'export'] as const;
export type View = (typeof VIEWS)[number];

/** A page of a rule that is open. */
export interface Page {
  readonly title: string;
  readonly text: string | null;
  readonly error: string;
}

/** What is to be seen in the notebook itself. */
export interface Seen {
  readonly marks: boolean;
  readonly underline: boolean;
  readonly lines: boolean;
  /** How outputs look that are out of date. */
  readonly outputs: 'plain' | 'marked' | 'dimmed';
}

/** Of what is found, what is shown. */
export interface Chosen {
  /** Rules that are switched off: codes, their beginnings, names, families. */
  readonly off: readonly string[];
  readonly least: Severity;
}

/** What is remembered from one visit to the next. */
export interface Remembered {
  readonly view: View;
  readonly by: Listing['by'];
  readonly notes: boolean;
}

/** The panel's own state. */
export class PanelState {
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  follower: Follower | null = null;
  view: View = 'findings';
  listing: Listing = { by: 'family', text: '', notes: false };
  page: Page | null = null;
  visible = false;
  seen: Seen = { marks: true, underline: true, lines: true, outputs: 'plain' };

  chosen: Chosen = { off: [], least: 'note' };

  choose({ off, least }: Chosen): void {
    this.chosen = { off, least };
  }

  /** The number of findings, or the verdict, may be another. */
  get counted(): ISignal<this, void> {
    return this._counted;
  }

  count(): void {
    this._counted.emit();
  }

  follow(follower: Follower | null): void {
    if (follower !== this.follower) {
      if (this.follower !== null) {
        this.follower.visible = false;
      }
      this.follower = follower;
      this.page = null;
      this.listing = { ...this.listing, text: '' };
      if (follower !== null) {
        follower.visible = this.visible;
      }
      this.tell();
    }
  }

  /** What of it is to be seen in notebooks. */
  draw(seen: Partial<Seen>): void {
    const { marks, underline, lines, outputs } = { ...this.seen, ...seen };
    this.seen = { marks, underline, lines, outputs };
    this._redrawn.emit();
  }

  /** What is to be seen in notebooks is other things than before. */
  get redrawn(): ISignal<this, void> {
    return this._redrawn;
  }

  see(visible: boolean): void {
    this.visible = visible;
    if (this.follower !== null) {
      this.follower.visible = visible;
    }
  }

  show(view: View): void {
    this.view = view;
    this.page = null;
    this.tell();
  }

  list(how: Partial<Listing>): void {
    this.listing = { ...this.listing, ...how };
    this.tell();
  }

  open(page: Page | null): void {
    this.page = page;
    this.tell();
  }

  /** What was asked for is being done; where it fails, that is said. */
  attempt(doing: Promise<void>): void {
    const model = this.follower?.model;
    model?.complain('');
    doing.catch((error: Error) => model?.complain(error.message));
  }

  /** Show the page of a rule. */
  async explain(code: string, name: string): Promise<void> {
    const title = `${code} ${name}`;
    this.open({ title, text: null, error: '' });
    const waiting = this.page;
    let page: Page;
    try {
      page = { title, text: (await this.follower?.explain(code)) ?? '', error: '' };
    } catch (error) {
      page = { title, text: null, error: (error as Error).message };
    }
    if (this.page === waiting) {
      this.open(page);
    }
  }

  get remembered(): Remembered {
    return { view: this.view, by: this.listing.by, notes: this.listing.notes };
  }

  recall(what: Partial<Remembered>): void {
    this.view = VIEWS.find(view => view === what.view) ?? 'findings';
    this.listing = {
      ...this.listing,
      by: what.by === 'cell' ? 'cell' : 'family',
      notes: what.notes === true
    };
    this.tell();
  }

  private tell(): void {
    this._changed.emit();
  }

  private readonly _changed = new Signal<this, void>(this);
  private readonly _counted = new Signal<this, void>(this);
  private readonly _redrawn = new Signal<this, void>(this);
}
