/** What comes in and goes out: how it is versioned, who can read it, and what is to be done about it. */
import { UseSignal } from '@jupyterlab/apputils';
import * as React from 'react';
import type { Standing } from '../looking';
import { standing } from '../looking';
import type { Follower } from '../notebook';
import { cellLabel, clean } from '../text';
import type { Data, Item } from '../wire';
import { Action, Empty, Hand, More, Sentence, useGrowing } from './common';
import { Declare } from './declare';

const SIGNS: Record<Standing, string> = { good: '✓', warning: '▲', unknown: '?', missing: '✗', plain: '·' };

/** The view, which asks for what it shows. */
export function InOut(props: { readonly follower: Follower }): JSX.Element {
  return (
    <UseSignal signal={props.follower.more.changed}>{() => <Known follower={props.follower} />}</UseSignal>
  );
}

function Known(props: { readonly follower: Follower }): JSX.Element {
  const { trans } = React.useContext(Hand);
  const { more, model } = props.follower;
  const { data } = more;
  useAsked(() => void data.refresh(more.stamp), `${more.stamp} ${data.of} ${data.late && !model.busy}`);
  return (
    <>
      <Asking late={data.late} paused={!model.recording} error={data.error} again={() => data.forget()} />
      <p className="nbdebt-Said" role="status">
        {more.said !== '' && <Sentence text={more.said} />}
      </p>
      {data.value !== null ? (
        <Lists follower={props.follower} data={data.value} />
      ) : (
        data.error === '' && (
          <Empty>
            <p>{data.late ? trans.__('Not known yet.') : trans.__('Looking…')}</p>
          </Empty>
        )
      )}
    </>
  );
}

/** Ask when something is another than before, and has been so for a moment. */
export function useAsked(ask: () => void, of: string): void {
  const { panel } = React.useContext(Hand);
  const { visible } = panel;
  const last = React.useRef(ask);
  React.useEffect(() => {
    last.current = ask;
  });
  React.useEffect(() => {
    if (!visible) {
      return;
    }
    const timer = window.setTimeout(() => last.current(), 200);
    return () => window.clearTimeout(timer);
  }, [of, visible]);
}

/** What is in the way of knowing it as it is. */
export function Asking(props: {
  readonly late: boolean;
  readonly paused: boolean;
  readonly error: string;
  readonly again: () => void;
}): JSX.Element | null {
  const { trans } = React.useContext(Hand);
  if (props.error !== '') {
    return (
      <div className="nbdebt-Trouble" role="alert">
        <span>{clean(props.error)}</span>
        <Action label={trans.__('Try again')} onClick={props.again} />
      </div>
    );
  }
  return props.late ? (
    <p className="nbdebt-Late">
      {props.paused
        ? trans.__('Recording is paused: this is what was known before. %nbdebt on goes on with it.')
        : trans.__('While a cell runs, this is what was known before.')}
    </p>
  ) : null;
}

function Lists(props: { readonly follower: Follower; readonly data: Data }): JSX.Element {
  const { trans } = React.useContext(Hand);
  const { items } = props.data;
  const comes = items.filter(item => item.op === 'reads');
  const goes = items.filter(item => item.op !== 'reads');
  if (items.length === 0) {
    return (
      <Empty>
        <p>{trans.__('Nothing comes in, nothing goes out.')}</p>
        <p className="nbdebt-soft">
          {trans.__('No cell reads or writes a file, an address or a table, as far as is known.')}
        </p>
      </Empty>
    );
  }
  return (
    <>
      <List
        follower={props.follower}
        data={props.data}
        items={comes}
        head={trans.__('Data in')}
        none={trans.__('Nothing is read.')}
      />
      <List
        follower={props.follower}
        data={props.data}
        items={goes}
        head={trans.__('Data out')}
        none={trans.__('Nothing is written.')}
      />
    </>
  );
}

function List(props: {
  readonly follower: Follower;
  readonly data: Data;
  readonly items: readonly Item[];
  readonly head: string;
  readonly none: string;
}): JSX.Element {
  const [shown, end] = useGrowing(props.items.length);
  return (
    <section className="nbdebt-Section" aria-label={props.head}>
      <h3 className="nbdebt-Section-head">
        {props.head} <span className="nbdebt-soft">{props.items.length}</span>
      </h3>
      {props.items.length === 0 ? (
        <p className="nbdebt-None nbdebt-soft">{props.none}</p>
      ) : (
        <ul className="nbdebt-List">
          {props.items.slice(0, shown).map(item => (
            <Row key={item.key} follower={props.follower} data={props.data} item={item} />
          ))}
        </ul>
      )}
      <More left={props.items.length - shown} end={end} />
    </section>
  );
}

function Row(props: { readonly follower: Follower; readonly data: Data; readonly item: Item }): JSX.Element {
  const { trans, panel } = React.useContext(Hand);
  const { follower, item } = props;
  const { more } = follower;
  const [declaring, declare] = React.useState(false);
  const opener = React.useRef<HTMLDivElement>(null);
  const stands = standing(item);
  const words: Record<Standing, string> = {
    good: trans.__('in order'),
    warning: trans.__('owed'),
    unknown: trans.__('not known'),
    missing: trans.__('not there'),
    plain: trans.__('nothing is owed')
  };
  const name = clean(item.name);
  const busy = more.doing === item.key;
  const close = (): void => {
    declare(false);
    window.requestAnimationFrame(() => opener.current?.querySelector<HTMLElement>('[data-declare]')?.focus());
  };
  return (
    <li className={`nbdebt-Item nbdebt-item-${stands}`}>
      <div className="nbdebt-Item-head">
        <span className="nbdebt-mark" role="img" aria-label={words[stands]} title={words[stands]}>
          {SIGNS[stands]}
        </span>
        <code className="nbdebt-Item-name" title={name}>
          {name}
        </code>
        <Cells follower={follower} item={item} />
      </div>
      <p className="nbdebt-Item-words">
        <Sentence text={item.words} />
      </p>
      <ul className="nbdebt-Item-facts">
        {item.facts.map((fact, number) => (
          <li key={number}>
            <Sentence text={fact} />
          </li>
        ))}
        <li>
          <How item={item} />
        </li>
      </ul>
      <Readers item={item} data={props.data} />
      <div className="nbdebt-Actions" ref={opener}>
        {item.pin !== '' && (
          <Action
            main
            disabled={busy}
            label={item.pin === 'again' ? trans.__('Pin again') : trans.__('Pin')}
            title={
              item.pin === 'again'
                ? trans.__('What %1 holds now is what is meant', name)
                : trans.__('Record the content of %1 in nbdebt.lock, so that a change is noticed', name)
            }
            onClick={() => panel.attempt(more.pin(item))}
          />
        )}
        {item.pattern !== '' && !declaring && (
          <button
            type="button"
            data-declare
            className={`nbdebt-Action${stands === 'warning' ? ' nbdebt-mod-main' : ''}`}
            disabled={busy}
            title={trans.__('Say who answers for %1, and who reads it', name)}
            onClick={() => declare(true)}
          >
            {item.declared === null ? trans.__('Declare…') : trans.__('Change declaration…')}
          </button>
        )}
      </div>
      {declaring && (
        <Declare
          item={item}
          owner={props.data.owner}
          busy={busy}
          cancel={close}
          save={saying => panel.attempt(more.declare(item, saying).then(close))}
        />
      )}
    </li>
  );
}

function Cells(props: { readonly follower: Follower; readonly item: Item }): JSX.Element {
  const { trans, panel } = React.useContext(Hand);
  const at = new Map(props.follower.model.cells.map((cell, index) => [cell.id, index]));
  const there = props.item.cells.filter(cell => at.has(cell.id));
  return (
    <span className="nbdebt-Item-cells">
      {there.slice(0, 3).map(cell => (
        <button
          key={cell.id}
          type="button"
          className="nbdebt-Link"
          title={trans.__('Go to cell')}
          onClick={() => panel.attempt(props.follower.goTo(cell.id))}
        >
          {cellLabel(at.get(cell.id) ?? 0, cell.execution_count)}
        </button>
      ))}
      {there.length > 3 && <span className="nbdebt-soft">{trans.__('and %1 more', there.length - 3)}</span>}
      {there.length === 0 && <span className="nbdebt-soft">{trans.__('no cell any more')}</span>}
    </span>
  );
}

/** How it is known, and what does it. */
function How(props: { readonly item: Item }): JSX.Element {
  const { trans } = React.useContext(Hand);
  const { item } = props;
  const how = {
    observed: trans.__('seen as it ran'),
    parsed: trans.__('in the code'),
    inferred: trans.__('inferred')
  }[item.basis];
  return (
    <>
      {how}
      {!item.certain && trans.__(', perhaps')}
      {item.via !== '' && (
        <>
          {', '}
          <code>{clean(item.via)}</code>
        </>
      )}
    </>
  );
}

function Readers(props: { readonly item: Item; readonly data: Data }): JSX.Element | null {
  const { trans } = React.useContext(Hand);
  const { readers, more_readers: rest } = props.item;
  if (readers.length === 0) {
    return props.data.ledger && props.item.op === 'writes' ? (
      <p className="nbdebt-soft nbdebt-Item-words">
        {trans.__('Nobody else read it in the last %1 days, says the ledger.', props.data.days)}
      </p>
    ) : null;
  }
  return (
    <details className="nbdebt-Finding-more">
      <summary>
        {trans._n(
          '%1 reader in the last %2 days',
          '%1 readers in the last %2 days',
          readers.length + rest,
          props.data.days
        )}
      </summary>
      <ul>
        {readers.map((reader, number) => (
          <li key={number}>
            <code>{clean(reader.job)}</code>
            {reader.actor !== '' && ` (${clean(reader.actor)})`}, {reader.at.slice(0, 10)}
          </li>
        ))}
        {rest > 0 && <li>{trans.__('and %1 more', rest)}</li>}
      </ul>
    </details>
  );
}
