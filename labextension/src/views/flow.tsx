/** How data flow between the cells: drawn in document order, and as a list. */
import { UseSignal } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { Picture, Placed } from '../flow';
import { BOX, LEFT, ROW, WIDTH, drawn, isStale, picture, step } from '../flow';
import type { Follower } from '../notebook';
import { cellLabel, clean } from '../text';
import type { Edge, Flow, Node } from '../wire';
import { Action, Empty, Hand, SIGNS, stateWords } from './common';
import { Asking, useAsked } from './data';

const STEP = 1.25;
const FEW = 30;

/** The view, which asks for what it shows. */
export function FlowView(props: { readonly follower: Follower }): JSX.Element {
  return (
    <UseSignal signal={props.follower.more.changed}>{() => <Known follower={props.follower} />}</UseSignal>
  );
}

function Known(props: { readonly follower: Follower }): JSX.Element {
  const { trans } = React.useContext(Hand);
  const { more, model } = props.follower;
  const { flow } = more;
  useAsked(() => void flow.refresh(more.stamp), `${more.stamp} ${flow.of} ${flow.late && !model.busy}`);
  const cells = flow.value?.nodes.filter(node => node.kind === 'cell').length ?? 0;
  return (
    <>
      <Asking late={flow.late} paused={!model.recording} error={flow.error} again={() => flow.forget()} />
      {flow.value !== null && cells > 0 ? (
        <Shown follower={props.follower} flow={flow.value} />
      ) : (
        flow.error === '' && (
          <Empty>
            <p>
              {flow.value !== null
                ? trans.__('No cell holds code: nothing flows.')
                : flow.late
                  ? trans.__('Not known yet.')
                  : trans.__('Looking…')}
            </p>
          </Empty>
        )
      )}
    </>
  );
}

function Shown(props: { readonly follower: Follower; readonly flow: Flow }): JSX.Element {
  const { trans } = React.useContext(Hand);
  const [listed, list] = React.useState(false);
  const [zoom, setZoom] = React.useState(0);
  const found = React.useMemo(() => picture(props.flow), [props.flow]);
  const stale = props.flow.edges.filter(isStale).length;
  const ran = props.flow.nodes.some(node => node.state !== null && node.state !== 'never-run');
  return (
    <div className="nbdebt-Flow">
      <div className="nbdebt-Flow-bar">
        <Action
          label={listed ? trans.__('As a drawing') : trans.__('As a list')}
          onClick={() => list(!listed)}
        />
        {!listed && (
          <span className="nbdebt-Flow-zoom" role="group" aria-label={trans.__('Zoom')}>
            <Action label="−" title={trans.__('Smaller')} onClick={() => setZoom((zoom || 1) / STEP)} />
            <Action label="+" title={trans.__('Larger')} onClick={() => setZoom((zoom || 1) * STEP)} />
            <Action
              label={trans.__('Fit')}
              title={trans.__('As wide as the panel')}
              onClick={() => setZoom(0)}
            />
          </span>
        )}
      </div>
      <Legend stale={stale} ran={ran} crowded={found.crowded} />
      {listed ? (
        <List follower={props.follower} found={found} />
      ) : (
        <Drawing follower={props.follower} found={found} zoom={zoom} setZoom={setZoom} />
      )}
    </div>
  );
}

function Legend(props: {
  readonly stale: number;
  readonly ran: boolean;
  readonly crowded: readonly Placed[];
}): JSX.Element {
  const { trans } = React.useContext(Hand);
  return (
    <p className="nbdebt-Flow-legend nbdebt-soft">
      {props.stale === 0 ? (
        props.ran ? (
          trans.__('What flows between cells is the same on Restart & Run All.')
        ) : (
          trans.__('Nothing was run: this is what flows from top to bottom.')
        )
      ) : (
        <>
          <svg width="28" height="8" aria-hidden="true">
            <line className="nbdebt-line nbdebt-line-session" x1="0" x2="28" y1="4" y2="4" />
          </svg>{' '}
          {trans.__('dashed: only as it was run')} ·{' '}
          <svg width="28" height="8" aria-hidden="true">
            <line className="nbdebt-line nbdebt-line-replay" x1="0" x2="28" y1="4" y2="4" />
          </svg>{' '}
          {trans.__('thick: only on Restart & Run All')}
        </>
      )}
      {props.crowded.length > 0 && (
        <>
          {' '}
          {trans.__('What flows from %1 into many cells is drawn when a cell is chosen.', few(props.crowded))}
        </>
      )}
    </p>
  );
}

function few(crowded: readonly Placed[]): string {
  const labels = crowded.slice(0, 3).map(each => each.node.label);
  return crowded.length > 3 ? `${labels.join(', ')} …` : labels.join(', ');
}

// Drawn

function Drawing(props: {
  readonly follower: Follower;
  readonly found: Picture;
  readonly zoom: number;
  readonly setZoom: (zoom: number) => void;
}): JSX.Element {
  const { trans, panel } = React.useContext(Hand);
  const { follower, found, setZoom } = props;
  const place = React.useRef<HTMLDivElement>(null);
  const [wide, setWide] = React.useState(0);
  const [chosen, choose] = React.useState('');
  const [stop, setStop] = React.useState('');
  const fit = wide === 0 ? 1 : Math.min(Math.max((wide - 14) / found.width, 0.5), 1.2);
  const zoom = props.zoom === 0 ? fit : Math.min(Math.max(props.zoom, 0.2), 3);
  const scale = React.useRef(zoom);
  React.useEffect(() => {
    scale.current = zoom;
  });
  React.useEffect(() => {
    const host = place.current;
    if (host === null) {
      return;
    }
    const watcher = new ResizeObserver(() => setWide(host.clientWidth));
    watcher.observe(host);
    const turn = (event: WheelEvent): void => {
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        setZoom(scale.current * (event.deltaY < 0 ? STEP : 1 / STEP));
      }
    };
    host.addEventListener('wheel', turn, { passive: false });
    const end = pannable(host);
    return () => {
      watcher.disconnect();
      host.removeEventListener('wheel', turn);
      end();
    };
  }, [setZoom]);
  const first = found.at.has(stop) ? stop : (found.placed[0]?.node.id ?? '');
  const go = React.useCallback(
    (node: Node): void => {
      setStop(node.id);
      const cell = node.kind === 'cell' ? node.cell : (neighbour(found, node.id)?.cell ?? '');
      if (cell !== '') {
        panel.attempt(follower.goTo(cell));
      }
    },
    [found, follower, panel]
  );
  const lines = drawn(found, chosen);
  return (
    <>
      <div
        className="nbdebt-Flow-place"
        ref={place}
        role="group"
        aria-label={trans.__('The flow of data, drawn; arrow keys lead along it')}
        onKeyDown={event => {
          const next = step(found, stop || first, event.key);
          if (event.key === '+' || event.key === '-' || event.key === '0') {
            setZoom(event.key === '0' ? 0 : zoom * (event.key === '+' ? STEP : 1 / STEP));
          } else if (/^(Arrow|Home|End)/.test(event.key)) {
            event.preventDefault();
            setStop(next);
            const button = [...(place.current?.querySelectorAll('button') ?? [])][
              found.at.get(next)?.row ?? 0
            ];
            button?.focus();
          }
        }}
      >
        <div
          className="nbdebt-Flow-page"
          style={{ height: found.height * zoom, width: found.width * zoom }}
          onMouseLeave={() => choose('')}
        >
          <div style={{ transform: `scale(${zoom})`, transformOrigin: '0 0' }}>
            <svg width={found.width} height={found.height} aria-hidden="true">
              {lines.map(({ line, strong }, number) => (
                <g
                  key={number}
                  className={`nbdebt-Flow-edge nbdebt-edge-${line.edge.kind}${
                    strong ? ' nbdebt-mod-strong' : chosen === '' ? '' : ' nbdebt-mod-weak'
                  }`}
                >
                  <title>{sentenceOf(trans, found, line.edge)}</title>
                  <path className={`nbdebt-line nbdebt-line-${line.edge.kind}`} d={line.path} />
                  <path className="nbdebt-Flow-head" d={headOf(found, line.edge)} />
                  {line.edge.kind !== 'outside' && (strong || isStale(line.edge) || lines.length < FEW) && (
                    <text x={line.x + 4} y={line.y + 3}>
                      {short(clean(line.edge.names.join(', ')), 9)}
                    </text>
                  )}
                </g>
              ))}
            </svg>
            {found.placed.map(each => (
              <Box
                key={each.node.id}
                live={follower.model.origin === 'kernel'}
                found={found}
                placed={each}
                stop={each.node.id === first}
                strong={each.node.id === chosen}
                choose={choose}
                go={go}
              />
            ))}
          </div>
        </div>
      </div>
      <p className="nbdebt-Flow-chosen nbdebt-soft">
        {chosen === ''
          ? trans.__('Choose a cell to see what it takes and gives.')
          : told(trans, found, chosen)}
      </p>
    </>
  );
}

/** One node: a button, which goes to its cell. */
const Box = React.memo(function Box(props: {
  readonly live: boolean;
  readonly found: Picture;
  readonly placed: Placed;
  readonly stop: boolean;
  readonly strong: boolean;
  readonly choose: (id: string) => void;
  readonly go: (node: Node) => void;
}): JSX.Element {
  const { trans } = React.useContext(Hand);
  const { found, placed } = props;
  const { node } = placed;
  const name = nameOf(node);
  const state = node.state === null ? '' : stateWords(trans, node.state, props.live);
  return (
    <button
      type="button"
      className={`nbdebt-Flow-node nbdebt-node-${node.kind} nbdebt-state-${node.state ?? 'none'}${
        props.strong ? ' nbdebt-mod-strong' : ''
      }`}
      style={{ height: BOX, left: LEFT, top: placed.row * ROW, width: WIDTH }}
      tabIndex={props.stop ? 0 : -1}
      aria-label={[name, state, told(trans, found, node.id)].filter(Boolean).join(': ')}
      title={[name, state, clean(node.text)].filter(Boolean).join(' · ')}
      onClick={() => props.go(node)}
      onFocus={() => props.choose(node.id)}
      onMouseEnter={() => props.choose(node.id)}
    >
      <span className="nbdebt-Flow-name">
        {node.state !== null && <span className="nbdebt-mark">{SIGNS[node.state]}</span>}
        <span>{node.kind === 'cell' ? name : end(name)}</span>
        {node.state !== null && node.state !== 'same' && <span className="nbdebt-soft">{state}</span>}
      </span>
      <code>{node.kind === 'cell' ? clean(node.text) : node.kind}</code>
    </button>
  );
});

function nameOf(node: Node): string {
  return clean(node.kind === 'cell' && node.index !== null ? cellOf(node) : node.label);
}

/** A cell as the other views call it. */
function cellOf(node: Node): string {
  const count = /\[(\d+)\]/.exec(node.label)?.[1];
  return cellLabel(node.index ?? 0, count === undefined ? null : Number(count));
}

/** The end of a path says more than its beginning. */
function end(name: string): string {
  return name.length > 24 ? `…${name.slice(-23)}` : name;
}

function short(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

/** The arrow's head. */
function headOf(found: Picture, edge: Edge): string {
  const y = (found.at.get(edge.target)?.row ?? 0) * ROW + BOX / 3;
  return edge.kind === 'outside' ? `M${LEFT},${y} l-6,-3 v6 z` : `M${LEFT + WIDTH},${y} l6,-3 v6 z`;
}

/** The cell that touches something outside. */
function neighbour(found: Picture, id: string): Node | undefined {
  const here = found.at.get(id);
  const other = here?.out[0]?.target ?? here?.into[0]?.source ?? '';
  return found.at.get(other)?.node;
}

/** Drag to move what is seen; gives what ends it. */
function pannable(host: HTMLElement): () => void {
  let from: { x: number; y: number; left: number; top: number } | null = null;
  const down = (event: PointerEvent): void => {
    if (event.button === 0 && !(event.target as Element).closest('button')) {
      from = { x: event.clientX, y: event.clientY, left: host.scrollLeft, top: host.scrollTop };
      host.setPointerCapture(event.pointerId);
    }
  };
  const move = (event: PointerEvent): void => {
    if (from !== null) {
      host.scrollLeft = from.left - (event.clientX - from.x);
      host.scrollTop = from.top - (event.clientY - from.y);
    }
  };
  const up = (): void => {
    from = null;
  };
  host.addEventListener('pointerdown', down);
  host.addEventListener('pointermove', move);
  host.addEventListener('pointerup', up);
  host.addEventListener('pointercancel', up);
  return () => {
    host.removeEventListener('pointerdown', down);
    host.removeEventListener('pointermove', move);
    host.removeEventListener('pointerup', up);
    host.removeEventListener('pointercancel', up);
  };
}

// In words

function remark(trans: TranslationBundle, edge: Edge): string {
  return edge.kind === 'session'
    ? trans.__(' (only as it was run)')
    : edge.kind === 'replay'
      ? trans.__(' (only on Restart & Run All)')
      : '';
}

function otherOf(found: Picture, id: string): string {
  const node = found.at.get(id)?.node;
  return node === undefined ? clean(id) : nameOf(node);
}

function sentenceOf(trans: TranslationBundle, found: Picture, edge: Edge): string {
  const what = clean(edge.names.join(', '));
  return `${what === '' ? '' : `${what}: `}${otherOf(found, edge.source)} → ${otherOf(found, edge.target)}${remark(trans, edge)}`;
}

/** What a node takes and gives. */
function told(trans: TranslationBundle, found: Picture, id: string): string {
  const here = found.at.get(id);
  if (here === undefined) {
    return '';
  }
  const side = (edges: readonly Edge[], other: (edge: Edge) => string): string =>
    edges
      .map(edge => {
        const what = clean(edge.names.join(', '));
        return `${what === '' ? '' : `${what} · `}${otherOf(found, other(edge))}${remark(trans, edge)}`;
      })
      .join('; ');
  const parts = [
    here.into.length > 0
      ? trans.__(
          'takes %1',
          side(here.into, edge => edge.source)
        )
      : '',
    here.out.length > 0
      ? trans.__(
          'gives %1',
          side(here.out, edge => edge.target)
        )
      : ''
  ];
  return parts.filter(Boolean).join('. ') || trans.__('takes nothing and gives nothing');
}

function List(props: { readonly follower: Follower; readonly found: Picture }): JSX.Element {
  const { trans, panel } = React.useContext(Hand);
  const { follower, found } = props;
  const live = follower.model.origin === 'kernel';
  return (
    <ol className="nbdebt-List nbdebt-Flow-list">
      {found.placed
        .filter(each => each.node.kind === 'cell')
        .map(({ node, into, out }) => (
          <li key={node.id} className={`nbdebt-state-${node.state ?? 'none'}`}>
            <button
              type="button"
              className="nbdebt-Link"
              title={trans.__('Go to cell')}
              onClick={() => panel.attempt(follower.goTo(node.cell))}
            >
              {nameOf(node)}
            </button>{' '}
            {node.state !== null && (
              <>
                <span className="nbdebt-mark" aria-hidden="true">
                  {SIGNS[node.state]}
                </span>
                {stateWords(trans, node.state, live)}
              </>
            )}
            <ul>
              {into.map((edge, number) => (
                <li key={`i${number}`}>
                  ←{' '}
                  {edge.names.length === 0
                    ? otherOf(found, edge.source)
                    : trans.__('%1 from %2', clean(edge.names.join(', ')), otherOf(found, edge.source))}
                  {remark(trans, edge)}
                </li>
              ))}
              {out
                .filter(edge => edge.kind === 'outside')
                .map((edge, number) => (
                  <li key={`o${number}`}>→ {otherOf(found, edge.target)}</li>
                ))}
            </ul>
          </li>
        ))}
    </ol>
  );
}
