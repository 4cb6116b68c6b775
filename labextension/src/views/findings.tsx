/** The findings, under heads, with what can be done about each. */
import * as React from 'react';
import { isOfDocument, isOfProject } from '../document';
import type { Group } from '../model';
import { listed } from '../model';
import { namesOf } from '../order';
import type { Follower } from '../notebook';
import { cellLabel, clean } from '../text';
import type { Finding } from '../wire';
import { trans } from '../words';
import { Action, Empty, Hand, MARKS, Sentence } from './common';
import type { RowProps } from './long';
import { Long } from './long';

/** How a finding's cell is called now, wherever it has moved. */
function placeOf(finding: Finding, index: number): string {
  if (finding.cell === null) {
    return trans.__('notebook');
  }
  const label = cellLabel(index < 0 ? finding.cell.index : index, finding.cell.execution_count);
  return finding.start === null ? label : trans.__('%1, line %2', label, finding.start.line);
}

const NOTHING: readonly Finding[] = [];

/** The list, and what narrows it. */
export function Findings(props: { readonly follower: Follower }): JSX.Element {
  const { trans, panel } = React.useContext(Hand);
  const { model } = props.follower;
  const findings = model.report?.findings ?? NOTHING;
  const listing = panel.listing;
  const groups = React.useMemo(() => listed(findings, listing), [findings, listing]);
  const notes = findings.filter(finding => finding.severity === 'note').length;
  return (
    <>
      <div className="nbdebt-Filter">
        <input
          type="search"
          className="nbdebt-Filter-text"
          placeholder={trans.__('Filter')}
          aria-label={trans.__('Filter the findings')}
          value={panel.listing.text}
          onChange={event => panel.list({ text: event.target.value })}
        />
        <select
          className="nbdebt-Filter-by"
          aria-label={trans.__('Group the findings')}
          value={panel.listing.by}
          onChange={event => panel.list({ by: event.target.value === 'cell' ? 'cell' : 'family' })}
        >
          <option value="family">{trans.__('by kind')}</option>
          <option value="cell">{trans.__('by cell')}</option>
        </select>
        {notes > 0 && (
          <label className="nbdebt-Filter-notes">
            <input
              type="checkbox"
              checked={panel.listing.notes}
              onChange={event => panel.list({ notes: event.target.checked })}
            />
            {trans._n('%1 note', '%1 notes', notes)}
          </label>
        )}
      </div>
      {groups.length === 0 ? (
        <None follower={props.follower} any={findings.length > 0} notes={notes} />
      ) : (
        <Groups key={`${panel.listing.by} ${panel.listing.text}`} follower={props.follower} groups={groups} />
      )}
      <Ignored follower={props.follower} />
    </>
  );
}

/** A row of the list: the head of a group, or one of its findings. */
interface Line {
  readonly group: Group;
  /** Which of the group's findings; -1 for its head. */
  readonly at: number;
  readonly key: string;
}

/** Pixels, of rows that were never seen. */
const HEAD = 32;
const FINDING = 140;

/** The groups, one below the other; of those findings that are in sight, no more. */
function Groups(props: { readonly follower: Follower; readonly groups: readonly Group[] }): JSX.Element {
  const { model } = props.follower;
  const { groups } = props;
  const report = model.report;
  const names = React.useMemo(() => namesOf(report?.findings ?? []), [report]);
  const at = React.useMemo(() => new Map(model.cells.map((cell, index) => [cell.id, index])), [model.cells]);
  const lines = React.useMemo(() => {
    const made: Line[] = [];
    for (const group of groups) {
      made.push({ group, at: -1, key: `= ${group.key}` });
      group.findings.forEach((finding, number) =>
        made.push({ group, at: number, key: names.get(finding) ?? '' })
      );
    }
    return made;
  }, [groups, names]);
  const keys = React.useMemo(() => lines.map(line => line.key), [lines]);
  return (
    <Long
      keys={keys}
      guess={key => (key.startsWith('= ') ? HEAD : FINDING)}
      headOf={row => row - (lines[row]?.at ?? -1) - 1}
    >
      {(rows, given) => {
        const made = new Map<Group, { head: number; items: number[] }>();
        for (const row of rows) {
          const line = lines[row];
          if (line !== undefined) {
            const those = made.get(line.group) ?? { head: row - line.at - 1, items: [] };
            made.set(line.group, those);
            if (line.at >= 0) {
              those.items.push(row);
            }
          }
        }
        return [...made].map(([group, { head, items }]) => (
          <Section
            key={group.key}
            follower={props.follower}
            group={group}
            index={finding => at.get(finding.cell?.id ?? '') ?? -1}
            given={given(head)}
          >
            {items.map(row => {
              const number = lines[row]?.at ?? 0;
              const finding = group.findings[number];
              return finding === undefined ? null : (
                <Item
                  key={keys[row]}
                  follower={props.follower}
                  finding={finding}
                  index={at.get(finding.cell?.id ?? '') ?? -1}
                  number={number + 1}
                  of={group.findings.length}
                  row={keys[row] ?? ''}
                  above={Number(given(row).style?.marginTop ?? 0)}
                />
              );
            })}
          </Section>
        ));
      }}
    </Long>
  );
}

function None(props: {
  readonly follower: Follower;
  readonly any: boolean;
  readonly notes: number;
}): JSX.Element {
  const { trans, panel } = React.useContext(Hand);
  if (panel.listing.text !== '') {
    return (
      <Empty>
        <p>{trans.__('No finding matches.')}</p>
        <Action label={trans.__('Clear the filter')} onClick={() => panel.list({ text: '' })} />
      </Empty>
    );
  }
  if (props.follower.model.hidden > 0) {
    return (
      <Empty>
        <p>{trans.__('Nothing of what the settings let be shown.')}</p>
        <p className="nbdebt-soft">{trans.__('Not shown here: %1', props.follower.model.hidden)}</p>
      </Empty>
    );
  }
  return (
    <Empty sign="✓">
      <p>{props.notes > 0 ? trans.__('No findings, only notes.') : trans.__('No findings.')}</p>
      {props.follower.model.origin === 'server' && (
        <p className="nbdebt-soft">{trans.__('That is what the document alone says; nothing was run.')}</p>
      )}
    </Empty>
  );
}

function Ignored(props: { readonly follower: Follower }): JSX.Element | null {
  const { trans, panel } = React.useContext(Hand);
  const ignored = props.follower.model.ignored;
  if (ignored.length === 0) {
    return null;
  }
  return (
    <p className="nbdebt-Ignored">
      {trans.__('Ignored while this kernel runs:')}
      {ignored.map(code => (
        <Action
          key={code}
          label={`${code} ×`}
          title={trans.__('Say it again')}
          onClick={() => panel.attempt(props.follower.ignore(code, true))}
        />
      ))}
    </p>
  );
}

function Section(props: {
  readonly follower: Follower;
  readonly group: Group;
  readonly index: (finding: Finding) => number;
  readonly given: RowProps;
  readonly children: React.ReactNode;
}): JSX.Element {
  const { trans, panel } = React.useContext(Hand);
  const { group } = props;
  const first = group.findings[0];
  const families: Record<string, string> = {
    order: trans.__('Order'),
    seeds: trans.__('Seeds'),
    outputs: trans.__('Outputs'),
    data: trans.__('Data'),
    nbdebt: 'nbdebt'
  };
  const head =
    panel.listing.by === 'family'
      ? (families[group.key] ?? group.key)
      : first === undefined
        ? ''
        : placeOf({ ...first, start: null }, props.index(first));
  return (
    <section className="nbdebt-Section">
      <h3 className="nbdebt-Section-head" {...props.given}>
        {head} <span className="nbdebt-soft">{group.findings.length}</span>
      </h3>
      <ul className="nbdebt-List">{props.children}</ul>
    </section>
  );
}

/** Whose evidence is shown: it still is, when somebody has scrolled away and comes back. */
const unfolded = new WeakSet<Finding>();

/** One finding; drawn anew when it, or its place in the notebook, is another. */
const Item = React.memo(function Item(props: {
  readonly follower: Follower;
  readonly finding: Finding;
  readonly index: number;
  /** Which of how many under its head it is. */
  readonly number: number;
  readonly of: number;
  readonly row: string;
  readonly above: number;
}): JSX.Element {
  const { trans, panel, silence } = React.useContext(Hand);
  const { follower, finding, index } = props;
  const place = placeOf(finding, index);
  const cell = finding.cell;
  const here = cell !== null && index >= 0;
  const basis: Record<Finding['basis'], string> = {
    observed: trans.__('seen as it ran'),
    parsed: trans.__('the code says so'),
    inferred: trans.__('inferred from the order of runs')
  };
  return (
    <li
      className={`nbdebt-Finding nbdebt-is-${finding.severity}`}
      data-row={props.row}
      style={props.above > 0 ? { marginTop: props.above } : undefined}
      aria-posinset={props.number}
      aria-setsize={props.of}
    >
      <div className="nbdebt-Finding-head">
        <span className="nbdebt-mark" role="img" aria-label={finding.severity}>
          {MARKS[finding.severity]}
        </span>
        <span className="nbdebt-Finding-code" title={finding.name}>
          {finding.code}
        </span>
        {here ? (
          <button
            type="button"
            className="nbdebt-Link nbdebt-Finding-place"
            title={trans.__('Go to cell')}
            onClick={() => panel.attempt(follower.goTo(cell.id, finding))}
          >
            {place}
          </button>
        ) : (
          <span className="nbdebt-soft nbdebt-Finding-place">{place}</span>
        )}
      </div>
      <p className="nbdebt-Finding-message">
        <Sentence text={finding.message} />
      </p>
      {finding.advice !== '' && (
        <p className="nbdebt-Finding-advice">
          <span aria-hidden="true">→ </span>
          <Sentence text={finding.advice} />
        </p>
      )}
      <details
        className="nbdebt-Finding-more"
        open={unfolded.has(finding)}
        onToggle={event => void unfolded[event.currentTarget.open ? 'add' : 'delete'](finding)}
      >
        <summary>{trans.__('Evidence')}</summary>
        {finding.source.trim() !== '' && <pre>{clean(finding.source.trim())}</pre>}
        <ul>
          {finding.evidence.map((fact, number) => (
            <li key={number}>
              <Sentence text={fact} />
            </li>
          ))}
          {finding.related.map((related, number) => (
            <li key={`r${number}`}>
              <Related follower={follower} related={related} />
            </li>
          ))}
          <li className="nbdebt-soft">
            {finding.name} · {basis[finding.basis]}
          </li>
        </ul>
      </details>
      <div className="nbdebt-Actions">
        {isOfDocument(finding.fix) && (
          <Action
            main
            label={trans.__('Fix')}
            title={
              finding.fix.safety === 'safe'
                ? finding.fix.title
                : trans.__('%1 (results may change)', finding.fix.title)
            }
            onClick={() => panel.attempt(follower.fix(finding))}
          />
        )}
        {isOfProject(finding.fix) && (
          <Action
            label={finding.family === 'data' ? trans.__('Pin…') : trans.__('Declare…')}
            title={finding.fix.title}
            onClick={() => panel.show('data')}
          />
        )}
        {here && (
          <Action
            label={trans.__('Go to cell')}
            onClick={() => panel.attempt(follower.goTo(cell.id, finding))}
          />
        )}
        {here && <Action label={trans.__('Ignore…')} onClick={() => silence(finding)} />}
        <Action label={trans.__('Explain')} onClick={() => void panel.explain(finding.code, finding.name)} />
      </div>
    </li>
  );
});

function Related(props: {
  readonly follower: Follower;
  readonly related: Finding['related'][number];
}): JSX.Element {
  const { panel } = React.useContext(Hand);
  const { follower, related } = props;
  const cell = related.cell;
  const index = cell === null ? -1 : follower.model.cells.findIndex(each => each.id === cell.id);
  return (
    <>
      {cell !== null && index >= 0 && (
        <>
          <button type="button" className="nbdebt-Link" onClick={() => panel.attempt(follower.goTo(cell.id))}>
            {cellLabel(index, cell.execution_count)}
          </button>
          {': '}
        </>
      )}
      <Sentence text={related.message} />
    </>
  );
}
