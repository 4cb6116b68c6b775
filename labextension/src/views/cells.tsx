/** The cells with their state, and what is to be run again. */
import * as React from 'react';
import type { CellLine } from '../model';
import type { Follower } from '../notebook';
import { cellLabel, clean } from '../text';
import { Action, Empty, Hand, SIGNS, Sentence, stateWords } from './common';
import type { RowProps } from './long';
import { Long } from './long';

/** The first line of a cell that says something. */
function firstLine(source: string): string {
  const lines = source.split('\n').map(line => line.trim());
  return clean(lines.find(line => line !== '' && !line.startsWith('#')) ?? lines[0] ?? '');
}

/** Pixels, of a line that was never seen. */
const LINE = 28;

/** All that is known of the cells. */
export function Cells(props: { readonly follower: Follower }): JSX.Element {
  const { trans } = React.useContext(Hand);
  const { model } = props.follower;
  const lines = model.lines;
  const keys = React.useMemo(() => lines.map(line => line.id), [lines]);
  if (lines.length === 0) {
    return (
      <Empty>
        <p>{trans.__('Nothing is known of any cell yet.')}</p>
      </Empty>
    );
  }
  return (
    <>
      <Again follower={props.follower} />
      <Long keys={keys} guess={() => LINE}>
        {(rows, given) => (
          <ol className="nbdebt-List nbdebt-Cells">
            {rows.map(row => {
              const line = lines[row];
              return line === undefined ? null : (
                <Line
                  key={line.id}
                  follower={props.follower}
                  line={line}
                  number={row + 1}
                  of={lines.length}
                  given={given(row)}
                />
              );
            })}
          </ol>
        )}
      </Long>
    </>
  );
}

function Again(props: { readonly follower: Follower }): JSX.Element | null {
  const { trans, panel } = React.useContext(Hand);
  const { model } = props.follower;
  const plan = model.plan;
  if (plan === null || (plan.again.length === 0 && plan.mend.length === 0)) {
    return null;
  }
  const at = new Map(model.cells.map((cell, index) => [cell.id, index]));
  const named = (id: string) => cellLabel(at.get(id) ?? -1);
  return (
    <div className="nbdebt-Again">
      {plan.again.length > 0 && (
        <>
          <p>
            {trans._n(
              '%1 cell to run again, in this order: %2.',
              '%1 cells to run again, in this order: %2.',
              plan.again.length,
              few(plan.again.map(step => named(step.cell)))
            )}
          </p>
          <Action
            main
            label={trans.__('Run what is stale, in order')}
            disabled={model.busy}
            title={model.busy ? trans.__('A cell is running') : undefined}
            onClick={() => panel.attempt(props.follower.runStale())}
          />
        </>
      )}
      {plan.mend.length > 0 && (
        <>
          <p>{trans.__('Running again does not mend this, an edit does:')}</p>
          <ul>
            {plan.mend.map(step => (
              <li key={step.cell}>
                <button
                  type="button"
                  className="nbdebt-Link"
                  onClick={() => panel.attempt(props.follower.goTo(step.cell))}
                >
                  {named(step.cell)}
                </button>{' '}
                <Sentence text={step.because} />
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}

function few(labels: readonly string[]): string {
  return labels.length > 8
    ? `${labels.slice(0, 6).join(', ')} … ${labels[labels.length - 1]}`
    : labels.join(', ');
}

function Line(props: {
  readonly follower: Follower;
  readonly line: CellLine;
  readonly number: number;
  readonly of: number;
  readonly given: RowProps;
}): JSX.Element {
  const { trans, panel } = React.useContext(Hand);
  const { follower, line } = props;
  const { model } = follower;
  const words = stateWords(trans, line.state, model.origin === 'kernel');
  const calm = line.state === 'same' || line.state === 'never-run';
  return (
    <li
      className={`nbdebt-Cell nbdebt-state-${line.state}`}
      aria-posinset={props.number}
      aria-setsize={props.of}
      {...props.given}
    >
      <button
        type="button"
        className="nbdebt-Cell-go"
        title={words}
        onClick={() => panel.attempt(follower.goTo(line.id))}
      >
        <span className="nbdebt-Cell-number">{line.index + 1}</span>
        <span className="nbdebt-mark" role="img" aria-label={words}>
          {SIGNS[line.state]}
        </span>
        <code className="nbdebt-Cell-source">{firstLine(model.cells[line.index]?.source ?? '')}</code>
      </button>
      {!calm && (
        <p className="nbdebt-Cell-because">
          <span className="nbdebt-Cell-state">{words}</span>
          {line.because.slice(0, 3).map((because, number) => (
            <React.Fragment key={number}>
              {number > 0 ? '; ' : ': '}
              <Sentence text={because} />
            </React.Fragment>
          ))}
        </p>
      )}
    </li>
  );
}
