/** The notebook's verdict and the number of its findings, in the bar below; a click opens the panel. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import { button } from './dom';
import type { PanelState } from './state';
import { clean } from './text';

export class Status extends Widget {
  constructor(
    private readonly state: PanelState,
    private readonly trans: TranslationBundle,
    open: () => void
  ) {
    super();
    this.addClass('nbdebt-Status');
    this.said = button('nbdebt-Status-button', '', '', open);
    this.node.append(this.said);
  }

  /** Whether there is a notebook of which something is known. */
  get active(): boolean {
    return this.state.follower?.model.report !== null && this.state.follower !== null;
  }

  /** Say what is so now. */
  refresh(): void {
    const { trans } = this;
    const model = this.state.follower?.model;
    if (!model?.report) {
      this.said.textContent = '';
      return;
    }
    const { verdict, count } = model;
    const sign = verdict === null || verdict.reproduces === null ? '?' : verdict.reproduces ? '✓' : '✗';
    const found = trans._n('%1 finding', '%1 findings', count);
    const sentence = clean((verdict?.sentence ?? trans.__('can’t be known')).replace(/`/g, ''));
    const text = `nbdebt ${sign} ${count}`;
    const title = `${trans.__('Restart & Run All: %1', sentence)}. ${found}`;
    if (this.said.textContent !== text) {
      this.said.textContent = text;
    }
    if (this.said.title !== title) {
      this.said.title = title;
      this.said.setAttribute('aria-label', `nbdebt: ${title}`);
    }
  }

  private readonly said: HTMLButtonElement;
}
