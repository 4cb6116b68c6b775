/** The small form that *Declare…* opens: who answers for an output, who reads it, what it is for, until when. */
import * as React from 'react';
import type { Saying } from '../looking';
import { clean } from '../text';
import type { Item } from '../wire';
import { Action, Hand } from './common';

export function Declare(props: {
  readonly item: Item;
  readonly owner: string;
  readonly busy: boolean;
  readonly save: (saying: Saying) => void;
  readonly cancel: () => void;
}): JSX.Element {
  const { trans } = React.useContext(Hand);
  const known = props.item.declared;
  const [saying, say] = React.useState<Saying>({
    pattern: props.item.pattern,
    owner: known?.owner ?? props.owner,
    consumers: known?.consumers.join(', ') ?? '',
    note: known?.note ?? '',
    expires: known?.expires ?? ''
  });
  const first = React.useRef<HTMLInputElement>(null);
  React.useEffect(() => first.current?.focus(), []);
  const fields: [keyof Saying, string, string, string][] = [
    ['owner', trans.__('Owner'), trans.__('who answers for it'), 'text'],
    ['consumers', trans.__('Read by'), trans.__('notebooks or people, with commas'), 'text'],
    ['note', trans.__('Note'), trans.__('what it is for'), 'text'],
    ['expires', trans.__('Look at it again on'), '', 'date']
  ];
  return (
    <form
      className="nbdebt-Declare"
      aria-label={trans.__('Declare %1', clean(props.item.pattern))}
      onSubmit={event => {
        event.preventDefault();
        props.save(saying);
      }}
      onKeyDown={event => {
        if (event.key === 'Escape') {
          event.stopPropagation();
          props.cancel();
        }
      }}
    >
      {known === null && clean(props.item.pattern) === props.item.pattern ? (
        <label>
          <span>{trans.__('Declares, in the project’s configuration')}</span>
          <input
            type="text"
            className="nbdebt-mod-code"
            spellCheck={false}
            required
            value={saying.pattern}
            title={trans.__('* stands for any name, ** for directories, too')}
            onChange={event => say({ ...saying, pattern: event.target.value })}
          />
        </label>
      ) : (
        <p>
          {trans.__('In the project’s configuration:')} <code>{clean(props.item.pattern)}</code>
        </p>
      )}
      {fields.map(([name, label, hint, type], number) => (
        <label key={name}>
          <span>{label}</span>
          <input
            ref={number === 0 ? first : undefined}
            type={type}
            placeholder={hint}
            value={saying[name]}
            onChange={event => say({ ...saying, [name]: event.target.value })}
          />
        </label>
      ))}
      <div className="nbdebt-Actions">
        <button type="submit" className="nbdebt-Action nbdebt-mod-main" disabled={props.busy}>
          {known === null ? trans.__('Declare') : trans.__('Save')}
        </button>
        <Action label={trans.__('Cancel')} onClick={props.cancel} />
      </div>
    </form>
  );
}
