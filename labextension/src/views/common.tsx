/** What the views share: signs, sentences, and the words that are translated. */
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { Consent } from '../consent';
import type { CellState, Severity } from '../model';
import type { Follower } from '../notebook';
import type { PanelState } from '../state';
import { clean, pieces } from '../text';
import type { Exported, Finding } from '../wire';

/** What every part of the panel has at hand. */
export interface Tools {
  readonly trans: TranslationBundle;
  readonly rendermime: IRenderMimeRegistry;
  readonly panel: PanelState;
  readonly consent: Consent;
  readonly silence: (finding: Finding) => void;
  /** Save an export beside its notebook. */
  readonly save: (follower: Follower, name: string, exported: Exported) => Promise<void>;
  /** Open a file. */
  readonly show: (path: string) => void;
}

export const Hand = React.createContext<Tools>(undefined as unknown as Tools);

export const MARKS: Record<Severity, string> = { error: '✗', warning: '▲', note: '·' };

/** The signs of states; each differs in its shape, too. */
export const SIGNS: Record<CellState, string> = {
  same: '✓',
  stale: '▲',
  differs: '▲',
  fails: '✗',
  unknown: '?',
  'never-run': '○'
};

/** States in a word or two, live and of a saved document. */
export function stateWords(trans: TranslationBundle, state: CellState, live: boolean): string {
  switch (state) {
    case 'same':
      return trans.__('gives the same');
    case 'stale':
      return live ? trans.__('out of date') : trans.__('stale output');
    case 'differs':
      return trans.__('gives another result');
    case 'fails':
      return trans.__('would fail');
    case 'unknown':
      return trans.__('can’t be known');
    case 'never-run':
      return trans.__('not run');
  }
}

/** A sentence, with what stands in backticks as code. */
export function Sentence(props: { readonly text: string }): JSX.Element {
  return (
    <>
      {pieces(props.text).map((piece, number) =>
        piece.code ? (
          <code key={number}>{piece.text}</code>
        ) : (
          <React.Fragment key={number}>{piece.text}</React.Fragment>
        )
      )}
    </>
  );
}

/** A real button, as small as its words. */
export function Action(props: {
  readonly label: string;
  readonly title?: string;
  readonly main?: boolean;
  readonly disabled?: boolean;
  readonly onClick: () => void;
}): JSX.Element {
  return (
    <button
      type="button"
      className={`nbdebt-Action${props.main ? ' nbdebt-mod-main' : ''}`}
      title={props.title === undefined ? undefined : clean(props.title)}
      disabled={props.disabled}
      onClick={props.onClick}
    >
      {props.label}
    </button>
  );
}

/** What there is to say in place of a list. */
export function Empty(props: { readonly sign?: string; readonly children: React.ReactNode }): JSX.Element {
  return (
    <div className="nbdebt-Empty">
      {props.sign && (
        <div className="nbdebt-Empty-sign" aria-hidden="true">
          {props.sign}
        </div>
      )}
      {props.children}
    </div>
  );
}

const AT_ONCE = 60;

/** How much of a long list is made: more whenever its end comes into view. Gives the end, to be put there. */
export function useGrowing(all: number): [number, React.RefObject<HTMLDivElement>] {
  const [shown, show] = React.useState(AT_ONCE);
  const end = React.useRef<HTMLDivElement>(null);
  React.useEffect(() => {
    const watcher = new IntersectionObserver(entries => {
      if (entries.some(entry => entry.isIntersecting)) {
        show(before => before + AT_ONCE);
      }
    });
    if (end.current !== null) {
      watcher.observe(end.current);
    }
    return () => watcher.disconnect();
  }, [shown, all]);
  return [shown, end];
}

/** The end of a list that is not made to its end. */
export function More(props: {
  readonly left: number;
  readonly end: React.RefObject<HTMLDivElement>;
}): JSX.Element | null {
  const { trans } = React.useContext(Hand);
  return props.left <= 0 ? null : (
    <div className="nbdebt-More nbdebt-soft" ref={props.end}>
      {trans.__('%1 more…', props.left)}
    </div>
  );
}
