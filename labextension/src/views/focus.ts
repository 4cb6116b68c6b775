/** The keyboard's place in a list whose items come and go. */
import * as React from 'react';

/**
 * Keeps the focus within an element: where what had it is gone, what stands at its place has it.
 *
 * @returns what to give the element as its `ref`.
 */
export function useKeptFocus(): React.RefObject<HTMLDivElement> {
  const within = React.useRef<HTMLDivElement>(null);
  const last = React.useRef<{ element: Element; at: number } | null>(null);
  React.useEffect(() => {
    const host = within.current;
    const come = (event: FocusEvent): void => {
      const element = event.target as Element;
      last.current = { element, at: places(host).findIndex(place => place.contains(element)) };
    };
    // What is taken out loses the focus as well, and is not in the page any more when this is looked at.
    const go = (event: FocusEvent): void => {
      const element = event.target as Element;
      window.setTimeout(() => {
        if (element.isConnected && last.current?.element === element) {
          last.current = null;
        }
      });
    };
    host?.addEventListener('focusin', come);
    host?.addEventListener('focusout', go);
    return () => {
      host?.removeEventListener('focusin', come);
      host?.removeEventListener('focusout', go);
    };
  }, []);
  React.useLayoutEffect(() => {
    const lost = last.current;
    const active = document.activeElement;
    if (lost !== null && !lost.element.isConnected && (active === null || active === document.body)) {
      last.current = null;
      const left = places(within.current);
      const place = left[Math.min(lost.at, left.length - 1)];
      (place?.querySelector<HTMLElement>('button') ?? within.current)?.focus();
    }
  });
  return within;
}

function places(host: HTMLElement | null): Element[] {
  return [...(host?.querySelectorAll('.nbdebt-Finding, .nbdebt-Cell') ?? [])];
}
