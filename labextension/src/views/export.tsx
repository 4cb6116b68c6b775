/** The notebook as a script, or as something else: options, what it looks like, what running it has shown. */
import { UseSignal } from '@jupyterlab/apputils';
import * as React from 'react';
import { TOOLS, proposed } from '../exporting';
import type { Follower } from '../notebook';
import { clean } from '../text';
import type { Exported } from '../wire';
import { Action, Hand, Sentence } from './common';

/** Longer texts are shown in part; what is saved is all of it. */
const LONGEST = 60_000;

export function ExportView(props: { readonly follower: Follower }): JSX.Element {
  return (
    <UseSignal signal={props.follower.exporting.changed}>
      {() => <Shown follower={props.follower} />}
    </UseSignal>
  );
}

function Shown(props: { readonly follower: Follower }): JSX.Element {
  const { trans, panel } = React.useContext(Hand);
  const { exporting, model } = props.follower;
  const { found } = exporting;
  return (
    <div className="nbdebt-Export">
      <Options follower={props.follower} />
      {exporting.error !== '' && (
        <div className="nbdebt-Trouble" role="alert">
          <span>
            <Sentence text={exporting.error} />
          </span>
        </div>
      )}
      {exporting.late && (
        <p className="nbdebt-Late">
          {model.recording
            ? trans.__('A cell is running: export again when it is done.')
            : trans.__('Recording is paused: %nbdebt on goes on with it, and then this can be exported.')}
        </p>
      )}
      <div role="status">
        {exporting.busy && (
          <p className="nbdebt-Export-busy">
            <span className="nbdebt-Spinner" aria-hidden="true" />
            {found === null
              ? trans.__('Making it…')
              : trans.__('Running it in a copy of the directory, twice; cells can run meanwhile.')}
            {found !== null && (
              <Action label={trans.__('Stop')} onClick={() => panel.attempt(exporting.stop())} />
            )}
          </p>
        )}
        {found?.result && <Result exported={found} />}
      </div>
      {found?.refused && <Refused follower={props.follower} exported={found} />}
      {found !== null && found.state !== 'refused' && <Made follower={props.follower} found={found} />}
    </div>
  );
}

function Options(props: { readonly follower: Follower }): JSX.Element {
  const { trans, panel } = React.useContext(Hand);
  const { exporting, model } = props.follower;
  const { options } = exporting;
  const plain = options.to === 'script' || options.to === 'module';
  const live = model.kernel === 'recording';
  return (
    <form
      className="nbdebt-Form"
      aria-label={trans.__('Export')}
      onSubmit={event => {
        event.preventDefault();
        panel.attempt(exporting.make());
      }}
    >
      <label>
        <span>{trans.__('Export to')}</span>
        <select value={options.to} onChange={event => exporting.set({ to: event.target.value })}>
          <option value="script">{trans.__('a script')}</option>
          <option value="notebook">{trans.__('a notebook, in the order of its runs')}</option>
          <option value="module">{trans.__('a module of functions')}</option>
          <optgroup label={trans.__('a pipeline: a program for each section')}>
            {TOOLS.map(tool => (
              <option key={tool} value={tool}>
                {tool}
              </option>
            ))}
          </optgroup>
        </select>
      </label>
      <label>
        <span>{trans.__('For')}</span>
        <input
          type="text"
          placeholder={trans.__('all; or names, files, cells: score, out.csv, [3]')}
          value={exporting.targets}
          onChange={event => exporting.aim(event.target.value)}
        />
      </label>
      <details>
        <summary>{trans.__('Options')}</summary>
        <Check
          label={trans.__('Paths, seeds and parameters at the top')}
          checked={options.settings}
          disabled={options.to === 'notebook'}
          change={settings => exporting.set({ settings })}
        />
        <Check
          label={trans.__('A function for each section')}
          checked={options.functions || !['script', 'notebook'].includes(options.to)}
          disabled={options.to !== 'script'}
          change={functions => exporting.set({ functions })}
        />
        <label>
          <span>{trans.__('Flags for its settings')}</span>
          <select
            value={options.cli}
            disabled={!plain}
            onChange={event => exporting.set({ cli: event.target.value })}
          >
            {['none', 'argparse', 'click', 'fire'].map(cli => (
              <option key={cli} value={cli}>
                {cli === 'none' ? trans.__('none') : cli}
              </option>
            ))}
          </select>
        </label>
        <label>
          <span>{trans.__('A file that may hold them')}</span>
          <select
            value={options.config}
            disabled={!plain}
            onChange={event => exporting.set({ config: event.target.value })}
          >
            {['none', 'json', 'toml'].map(config => (
              <option key={config} value={config}>
                {config === 'none' ? trans.__('none') : config}
              </option>
            ))}
          </select>
        </label>
      </details>
      <Check
        label={trans.__('Run it and compare')}
        checked={exporting.verify}
        change={verify => exporting.choose(verify)}
      />
      <p className="nbdebt-soft nbdebt-Form-note">
        {live
          ? trans.__('From what ran in this kernel.')
          : trans.__('From the document as it is on the screen; no kernel records.')}{' '}
        {exporting.verify &&
          (live
            ? trans.__('It runs twice, in processes of its own, in a copy of the directory.')
            : trans.__(
                'This runs the notebook’s code, with the Python of the server, in a copy of the directory.'
              ))}
      </p>
      <div className="nbdebt-Actions">
        <button type="submit" className="nbdebt-Action nbdebt-mod-main" disabled={exporting.busy}>
          {exporting.verify ? trans.__('Export and verify') : trans.__('Preview')}
        </button>
      </div>
    </form>
  );
}

function Check(props: {
  readonly label: string;
  readonly checked: boolean;
  readonly disabled?: boolean;
  readonly change: (checked: boolean) => void;
}): JSX.Element {
  return (
    <label className="nbdebt-Form-check">
      <input
        type="checkbox"
        checked={props.checked}
        disabled={props.disabled}
        onChange={event => props.change(event.target.checked)}
      />
      <span>{props.label}</span>
    </label>
  );
}

/** What running it has shown, as the report says it. */
function Result(props: { readonly exported: Exported }): JSX.Element | null {
  const { trans } = React.useContext(Hand);
  const { result } = props.exported;
  if (result === null) {
    return null;
  }
  return (
    <div className={`nbdebt-Result nbdebt-verdict-${result.equal ? 'yes' : 'no'}`}>
      <p>
        <span className="nbdebt-mark" aria-hidden="true">
          {result.equal ? '✓' : '✗'}
        </span>
        <Sentence text={result.summary} />
      </p>
      <Sentences head={trans.__('What differs')} texts={result.differences} open />
      <Sentences head={trans.__('What could not be compared')} texts={result.notes} />
    </div>
  );
}

function Refused(props: { readonly follower: Follower; readonly exported: Exported }): JSX.Element | null {
  const { trans, panel } = React.useContext(Hand);
  const { follower, exported } = props;
  const { refused } = exported;
  if (refused === null) {
    return null;
  }
  const { cell } = refused;
  const place =
    refused.line > 0 ? trans.__('%1, line %2', clean(refused.label), refused.line) : clean(refused.label);
  return (
    <div className="nbdebt-Result nbdebt-verdict-no" role="alert">
      <p>
        <span className="nbdebt-mark" aria-hidden="true">
          ✗
        </span>
        {trans.__('Not exported:')} {place !== '' && `${place}: `}
        <Sentence text={refused.reason} />
      </p>
      {cell !== '' && follower.model.cells.some(each => each.id === cell) && (
        <div className="nbdebt-Actions">
          <Action
            label={trans.__('Go to cell')}
            onClick={() => panel.attempt(follower.goTo(cell, refused.line))}
          />
        </div>
      )}
    </div>
  );
}

function Made(props: { readonly follower: Follower; readonly found: Exported }): JSX.Element {
  const { trans, panel, save, show } = React.useContext(Hand);
  const { follower, found } = props;
  const { exporting } = follower;
  const [name, rename] = React.useState(found.name);
  const files = Object.entries(found.files);
  return (
    <>
      {exporting.outdated && (
        <p className="nbdebt-Late">{trans.__('The notebook has changed since, or more has run.')}</p>
      )}
      <form
        className="nbdebt-Save"
        aria-label={trans.__('Save as…')}
        onSubmit={event => {
          event.preventDefault();
          panel.attempt(save(follower, name.trim(), found));
        }}
      >
        <input
          type="text"
          aria-label={files.length > 1 ? trans.__('Name of the directory') : trans.__('Name of the file')}
          placeholder={proposed(follower.panel.context.path, exporting.options.to)}
          value={name}
          onChange={event => rename(event.target.value)}
        />
        <button type="submit" className="nbdebt-Action nbdebt-mod-main" disabled={name.trim() === ''}>
          {trans.__('Save')}
        </button>
      </form>
      <p className="nbdebt-Said" role="status">
        {exporting.saved !== '' && (
          <>
            {exporting.saved}{' '}
            {files.length === 1 && <Action label={trans.__('Open')} onClick={() => show(exporting.place)} />}
          </>
        )}
      </p>
      <Sentences head={trans.__('Left out')} texts={found.dropped} />
      <Sentences head={trans.__('To know')} texts={found.said} open />
      {files.map(([file, text]) => (
        <File key={file} name={file} text={text} only={files.length === 1} />
      ))}
    </>
  );
}

function File(props: { readonly name: string; readonly text: string; readonly only: boolean }): JSX.Element {
  const { trans } = React.useContext(Hand);
  const shown = props.name.endsWith('.ipynb') ? cellsOf(props.text) : props.text;
  return (
    <details className="nbdebt-Preview" open={props.only}>
      <summary>{clean(props.name)}</summary>
      <pre tabIndex={0} role="region" aria-label={trans.__('What %1 holds', clean(props.name))}>
        {cleanLines(shown.slice(0, LONGEST))}
        {shown.length > LONGEST && `\n${trans.__('… %1 more characters', shown.length - LONGEST)}`}
      </pre>
    </details>
  );
}

/** Line by line: what ends a line is no character that hides. */
function cleanLines(text: string): string {
  return text.split('\n').map(clean).join('\n');
}

/** A notebook as text: its cells, one below the other. */
function cellsOf(text: string): string {
  try {
    const { cells } = JSON.parse(text) as {
      cells: { cell_type: string; source: string | string[] }[];
    };
    return cells
      .map(cell => {
        const source = Array.isArray(cell.source) ? cell.source.join('') : cell.source;
        return cell.cell_type === 'markdown'
          ? `# %% [markdown]\n${source.replace(/^/gm, '# ')}`
          : `# %%\n${source}`;
      })
      .join('\n\n');
  } catch {
    return text;
  }
}

function Sentences(props: {
  readonly head: string;
  readonly texts: readonly string[];
  readonly open?: boolean;
}): JSX.Element | null {
  return props.texts.length === 0 ? null : (
    <details className="nbdebt-Sentences" open={props.open}>
      <summary>
        {props.head} ({props.texts.length})
      </summary>
      <ul>
        {props.texts.map((text, number) => (
          <li key={number}>
            <Sentence text={text} />
          </li>
        ))}
      </ul>
    </details>
  );
}
