/** The panel as a whole: the verdict on top, where it comes from, and one of two views. */
import { ReactWidget, UseSignal } from '@jupyterlab/apputils';
import type { Message } from '@lumino/messaging';
import * as React from 'react';
import { debtIcon } from '../icon';
import type { NotebookModel } from '../model';
import type { Reply } from '../consent';
import type { Follower } from '../notebook';
import type { View } from '../state';
import { clean } from '../text';
import { Cells } from './cells';
import type { Tools } from './common';
import { Action, Empty, Hand, Sentence } from './common';
import { useKeptFocus } from './focus';
import { InOut } from './data';
import { Findings } from './findings';
import { ExportView } from './export';
import { FlowView } from './flow';
import { Page } from './page';

/** The widget in the right sidebar. */
export class DebtPanel extends ReactWidget {
  constructor(private readonly tools: Tools) {
    super();
    this.id = 'nbdebt-panel';
    this.addClass('nbdebt-Panel');
    this.title.icon = debtIcon;
    this.title.caption = 'nbdebt';
    this.title.className = 'nbdebt-Tab';
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', 'nbdebt');
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.tools.panel.see(true);
  }

  protected override onAfterHide(message: Message): void {
    super.onAfterHide(message);
    this.tools.panel.see(false);
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this.tools.panel.see(this.isVisible);
  }

  protected override render(): JSX.Element {
    return (
      <Hand.Provider value={this.tools}>
        <UseSignal signal={this.tools.panel.changed}>
          {() => {
            const follower = this.tools.panel.follower;
            return follower === null ? (
              <NoNotebook />
            ) : (
              <UseSignal key={follower.panel.id} signal={follower.model.changed}>
                {() => <Notebook follower={follower} />}
              </UseSignal>
            );
          }}
        </UseSignal>
      </Hand.Provider>
    );
  }
}

function NoNotebook(): JSX.Element {
  const { trans } = React.useContext(Hand);
  return (
    <Empty>
      <p>{trans.__('Open a notebook to see what it owes the next reader.')}</p>
    </Empty>
  );
}

function Notebook(props: { readonly follower: Follower }): JSX.Element {
  const { trans, panel } = React.useContext(Hand);
  const { follower } = props;
  const { model } = follower;
  if (model.language !== '') {
    return (
      <Empty>
        <p>
          {trans.__('nbdebt reads Python. This notebook is in another language: %1.', clean(model.language))}
        </p>
      </Empty>
    );
  }
  return (
    <>
      <Verdict model={model} />
      <Source follower={follower} />
      <Ask follower={follower} />
      {model.trouble !== '' && (
        <div className="nbdebt-Trouble" role="alert">
          <span>{clean(model.trouble)}</span>
          <Action label="×" title={trans.__('Dismiss')} onClick={() => model.complain('')} />
        </div>
      )}
      {model.error !== '' && (
        <div className="nbdebt-Trouble" role="alert">
          <span>{clean(model.error)}</span>
          <Action label={trans.__('Try again')} onClick={() => follower.look()} />
        </div>
      )}
      {panel.page !== null ? (
        <Page page={panel.page} />
      ) : model.report === null ? (
        model.error === '' && (
          <Empty>
            <p>{model.cells.length === 0 ? trans.__('The notebook is empty.') : trans.__('Looking…')}</p>
          </Empty>
        )
      ) : (
        <Views follower={follower} />
      )}
    </>
  );
}

function Views(props: { readonly follower: Follower }): JSX.Element {
  const { trans, panel } = React.useContext(Hand);
  const { model } = props.follower;
  const view = useKeptFocus();
  const again = model.plan?.again.length ?? 0;
  const tabs: [View, string, string][] = [
    ['findings', trans.__('Findings'), model.count > 0 ? `(${model.count})` : ''],
    ['cells', trans.__('Cells'), again > 0 ? trans.__('(%1 to run)', again) : ''],
    ['data', trans.__('Data'), ''],
    ['flow', trans.__('Flow'), ''],
    ['export', trans.__('Export…'), '']
  ];
  return (
    <>
      <div className="nbdebt-Tabs" role="tablist" aria-label={trans.__('Views')}>
        {tabs.map(([view, label, count]) => (
          <button
            key={view}
            type="button"
            role="tab"
            id={`nbdebt-tab-${view}`}
            aria-selected={panel.view === view}
            aria-controls="nbdebt-view"
            tabIndex={panel.view === view ? 0 : -1}
            onClick={() => panel.show(view)}
            onKeyDown={event => {
              if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') {
                const at = tabs.findIndex(([each]) => each === view) + (event.key === 'ArrowLeft' ? -1 : 1);
                const other = tabs[(at + tabs.length) % tabs.length]?.[0] ?? view;
                panel.show(other);
                document.getElementById(`nbdebt-tab-${other}`)?.focus();
              }
            }}
          >
            {label}
            {count !== '' && <span className="nbdebt-Tab-count"> {count}</span>}
          </button>
        ))}
      </div>
      <div
        className="nbdebt-View"
        id="nbdebt-view"
        role="tabpanel"
        ref={view}
        tabIndex={-1}
        aria-labelledby={`nbdebt-tab-${panel.view}`}
        aria-busy={!model.fresh}
      >
        {panel.view === 'cells' ? (
          <Cells follower={props.follower} />
        ) : panel.view === 'data' ? (
          <InOut follower={props.follower} />
        ) : panel.view === 'flow' ? (
          <FlowView follower={props.follower} />
        ) : panel.view === 'export' ? (
          <ExportView follower={props.follower} />
        ) : (
          <Findings follower={props.follower} />
        )}
        <Problems model={model} />
      </div>
    </>
  );
}

function Problems(props: { readonly model: NotebookModel }): JSX.Element | null {
  const { trans } = React.useContext(Hand);
  const report = props.model.report;
  const said = [
    ...(report?.problems ?? []).map(problem => problem.reason),
    ...(report?.not_run ?? []).map(item => trans.__('not looked at: %1: %2', item.what, item.reason))
  ];
  return said.length === 0 ? null : (
    <ul className="nbdebt-Problems">
      {said.map((text, number) => (
        <li key={number}>
          <Sentence text={text} />
        </li>
      ))}
    </ul>
  );
}

function Verdict(props: { readonly model: NotebookModel }): JSX.Element {
  const { trans } = React.useContext(Hand);
  const { verdict, fresh, report } = props.model;
  if (report === null) {
    return <></>;
  }
  const answer =
    verdict === null
      ? 'unknown'
      : verdict.reproduces === null
        ? 'unknown'
        : verdict.reproduces
          ? 'yes'
          : 'no';
  const sign = { yes: '✓', no: '✗', unknown: '?' }[answer];
  const sentence = verdict === null ? trans.__('can’t be known') : verdict.sentence;
  return (
    <h2 className={`nbdebt-Verdict nbdebt-verdict-${answer}`} aria-live="polite">
      <span className="nbdebt-mark" aria-hidden="true">
        {sign}
      </span>
      <span>
        Restart &amp; Run All: <Sentence text={sentence} />
        {!fresh && <span className="nbdebt-soft"> {trans.__('(looking again…)')}</span>}
      </span>
    </h2>
  );
}

/** Whether to do by itself from now on what somebody has just asked for. */
function Ask(props: { readonly follower: Follower }): JSX.Element {
  const { trans, consent } = React.useContext(Hand);
  const { follower } = props;
  const replies: [Reply, string][] = [
    ['this', trans.__('This notebook')],
    ['always', trans.__('Always')],
    ['never', trans.__('Never')],
    ['later', trans.__('Not now')]
  ];
  return (
    <UseSignal signal={consent.changed}>
      {() => {
        const path = follower.panel.context.path;
        return follower.model.kernel === 'recording' && consent.asks(path) ? (
          <div className="nbdebt-Ask" role="group" aria-label={trans.__('Record by itself?')}>
            <p>{trans.__('Record by itself when the kernel starts? Settings, nbdebt can change it.')}</p>
            <div className="nbdebt-Actions">
              {replies.map(([reply, label]) => (
                <Action key={reply} label={label} onClick={() => consent.answer(reply, path)} />
              ))}
            </div>
          </div>
        ) : null;
      }}
    </UseSignal>
  );
}

/** Where what is shown comes from, and how more could be known. */
function Source(props: { readonly follower: Follower }): JSX.Element | null {
  const { trans, panel, consent } = React.useContext(Hand);
  const { follower } = props;
  const { model } = follower;
  const record = (
    <Action
      label={trans.__('Record this kernel')}
      title={trans.__('Runs %load_ext nbdebt in the kernel: what runs from then on is recorded')}
      onClick={() => {
        model.byItself = false;
        panel.attempt(follower.record().then(() => consent.wanted(follower.panel.context.path)));
      }}
    />
  );
  switch (model.kernel) {
    case 'recording':
      return (
        <p className="nbdebt-Source">
          <span className="nbdebt-dot" aria-hidden="true">
            ●
          </span>
          {model.recording
            ? trans._n('Live: %1 run recorded', 'Live: %1 runs recorded', model.runs)
            : trans.__('Live, paused: what runs has no known origin')}
          {model.busy && trans.__(', a cell is running')}
          {model.byItself && trans.__(' (by itself, as the settings say)')}
        </p>
      );
    case 'silent':
      return (
        <p className="nbdebt-Source">
          {trans.__('From the document as it is on the screen.')} {record}
        </p>
      );
    case 'connecting':
      return (
        <p className="nbdebt-Source">
          {trans.__('Waiting for the kernel; meanwhile, from the document as it is on the screen.')}
        </p>
      );
    case 'disconnected':
      return (
        <p className="nbdebt-Source">
          {trans.__('The kernel is disconnected: this is what was known last.')}
        </p>
      );
    case 'none':
      return (
        <p className="nbdebt-Source">{trans.__('No kernel: from the document as it is on the screen.')}</p>
      );
  }
}
