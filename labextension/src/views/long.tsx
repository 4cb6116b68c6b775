/** Long lists, of which only what is in sight is made: it costs the same whether ten are listed or a thousand. */
import * as React from 'react';
import { between, gapsOf, placesOf, wanted } from '../sight';

/** What a row of a long list is given: to be put on its outermost element. */
export interface RowProps {
  readonly 'data-row': string;
  /** The room that is left for what isn't made above it. */
  readonly style: React.CSSProperties | undefined;
}

/** Pixels beyond what is in sight that are made, too: so that nobody scrolls, or goes by keys, into nothing. */
const BEYOND = 400;

/**
 * A list of which only what is in sight is made.
 *
 * @param props.keys - a name for each row, the same as long as the row is the same.
 * @param props.guess - how high a row is that was never seen, by its name.
 * @param props.headOf - the row that is made wherever this one is; itself, where there are no heads.
 * @param props.children - makes the rows of these numbers, which ascend; each puts what it is given on its element.
 */
export function Long(props: {
  readonly keys: readonly string[];
  readonly guess: (key: string) => number;
  readonly headOf?: (row: number) => number;
  readonly children: (rows: readonly number[], given: (row: number) => RowProps) => React.ReactNode;
}): JSX.Element {
  const { keys, guess } = props;
  const host = React.useRef<HTMLDivElement>(null);
  const heights = React.useRef(new Map<string, number>());
  const [, again] = React.useReducer((count: number) => count + 1, 0);
  const [sight, see] = React.useState<readonly [number, number]>([0, 1000]);
  const [held, hold] = React.useState<string | null>(null);
  const places = placesOf(keys, key => heights.current.get(key) ?? guess(key));
  const seen = between(places, sight[0] - BEYOND, sight[1] + BEYOND);
  // Who is at a row by keys finds it again, however far somebody has scrolled.
  const rows = wanted(seen, held === null ? -1 : keys.indexOf(held), props.headOf ?? (row => row));
  const { above, below } = gapsOf(rows, places);

  React.useLayoutEffect(() => {
    const node = host.current;
    const scroller = node === null ? null : scrollerOf(node);
    if (node === null || scroller === null) {
      return;
    }
    const look = (): void => {
      const top = scroller.getBoundingClientRect().top - node.getBoundingClientRect().top;
      const bottom = top + scroller.clientHeight;
      // Not for each pixel: what is made reaches beyond what is seen.
      see(before =>
        Math.abs(before[0] - top) < BEYOND / 4 && Math.abs(before[1] - bottom) < BEYOND / 4
          ? before
          : [top, bottom]
      );
    };
    const sized = new ResizeObserver(look);
    sized.observe(scroller);
    scroller.addEventListener('scroll', look, { passive: true });
    look();
    return () => {
      sized.disconnect();
      scroller.removeEventListener('scroll', look);
    };
  }, []);

  const measured = React.useRef<ResizeObserver | null>(null);
  const watched = React.useRef(new Set<Element>());
  React.useLayoutEffect(() => {
    const watcher = (measured.current ??= new ResizeObserver(entries => {
      let other = false;
      for (const { target, borderBoxSize } of entries) {
        const key = (target as HTMLElement).dataset.row;
        const height = borderBoxSize[0]?.blockSize ?? 0;
        if (key !== undefined && height > 0 && Math.abs((heights.current.get(key) ?? 0) - height) > 0.5) {
          heights.current.set(key, height);
          other = true;
        }
      }
      if (other) {
        again();
      }
    }));
    const now = new Set(host.current?.querySelectorAll('[data-row]'));
    for (const element of watched.current) {
      if (!now.has(element)) {
        watcher.unobserve(element);
      }
    }
    for (const element of now) {
      if (!watched.current.has(element)) {
        watcher.observe(element);
      }
    }
    watched.current = now;
  });
  React.useEffect(
    () => () => {
      measured.current?.disconnect();
      measured.current = null;
      watched.current.clear();
    },
    []
  );

  const given = (row: number): RowProps => {
    const gap = above.get(row) ?? 0;
    return { 'data-row': keys[row] ?? '', style: gap > 0 ? { marginTop: gap } : undefined };
  };
  return (
    <div
      ref={host}
      className="nbdebt-Long"
      style={{ paddingBottom: below }}
      onFocus={event => hold(rowOf(event.target))}
      onBlur={event => {
        if (!event.currentTarget.contains(event.relatedTarget)) {
          hold(null);
        }
      }}
    >
      {props.children(rows, given)}
    </div>
  );
}

function rowOf(target: Element): string | null {
  return target.closest<HTMLElement>('[data-row]')?.dataset.row ?? null;
}

function scrollerOf(node: Element): HTMLElement | null {
  return node.closest<HTMLElement>('.nbdebt-Panel');
}
