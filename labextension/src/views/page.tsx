/** The page of a rule, rendered as any Markdown in a notebook is. */
import * as React from 'react';
import type { Page as Shown } from '../state';
import { clean } from '../text';
import { Action, Empty, Hand } from './common';

export function Page(props: { readonly page: Shown }): JSX.Element {
  const { trans, panel, rendermime } = React.useContext(Hand);
  const { page } = props;
  const place = React.useRef<HTMLDivElement>(null);
  React.useEffect(() => {
    const host = place.current;
    if (host === null || page.text === null) {
      return;
    }
    const renderer = rendermime.createRenderer('text/markdown');
    const model = rendermime.createModel({ data: { 'text/markdown': page.text }, trusted: false });
    void renderer.renderModel(model).then(() => host.replaceChildren(renderer.node));
    return () => {
      renderer.dispose();
    };
  }, [page.text, rendermime]);
  return (
    <div className="nbdebt-Page">
      <div className="nbdebt-Page-head">
        <Action label={trans.__('← Back')} onClick={() => panel.open(null)} />
      </div>
      {page.error !== '' ? (
        <Empty sign="✗">
          <p>{clean(page.error)}</p>
        </Empty>
      ) : page.text === null ? (
        <Empty>
          <p>{trans.__('Looking for the page of %1…', page.title)}</p>
        </Empty>
      ) : null}
      <div className="nbdebt-Page-text" ref={place} />
    </div>
  );
}
