/** Where the nodes of the flow stand, and what goes between them. No DOM. */
import type { Edge, Flow, Node } from './wire';

export const ROW = 46;
export const BOX = 36;
export const WIDTH = 180;
/** Left of the boxes: what comes from outside. */
export const LEFT = 30;
/** Right of them: what goes from cell to cell. */
const RIGHT = 92;
/** What flows into more cells than this is drawn when it is asked for. */
const MANY = 10;

/** A node on its row. */
export interface Placed {
  readonly node: Node;
  readonly row: number;
  readonly into: readonly Edge[];
  readonly out: readonly Edge[];
}

/** An edge, and where it is drawn. */
export interface Line {
  readonly edge: Edge;
  readonly path: string;
  /** The middle of the arc, where its names stand. */
  readonly x: number;
  readonly y: number;
  /** One of many from the same cell. */
  readonly many: boolean;
}

/** All of it. */
export interface Picture {
  readonly placed: readonly Placed[];
  readonly at: ReadonlyMap<string, Placed>;
  readonly lines: readonly Line[];
  readonly width: number;
  readonly height: number;
  /** Cells whose outgoing lines are not all drawn, with how many there are. */
  readonly crowded: readonly Placed[];
}

/** Whether what flows is another thing when the notebook runs from top to bottom. */
export function isStale(edge: Edge): boolean {
  return edge.kind === 'session' || edge.kind === 'replay';
}

/** Cells in document order; before each what it is the first to take from outside, after it what it first gives. */
export function picture(flow: Flow): Picture {
  const into = new Map<string, Edge[]>();
  const out = new Map<string, Edge[]>();
  for (const edge of flow.edges) {
    put(into, edge.target, edge);
    put(out, edge.source, edge);
  }
  const cells = flow.nodes.filter(node => node.kind === 'cell');
  const known = new Map(flow.nodes.map(node => [node.id, node]));
  const rows: Node[] = [];
  const there = new Set<string>();
  const add = (id: string): void => {
    const node = known.get(id);
    if (node !== undefined && node.kind !== 'cell' && !there.has(id)) {
      there.add(id);
      rows.push(node);
    }
  };
  for (const cell of cells) {
    (into.get(cell.id) ?? []).forEach(edge => add(edge.source));
    rows.push(cell);
    (out.get(cell.id) ?? []).forEach(edge => add(edge.target));
  }
  flow.nodes.forEach(node => add(node.id));
  const placed = rows.map((node, row) => ({
    node,
    row,
    into: into.get(node.id) ?? [],
    out: out.get(node.id) ?? []
  }));
  const at = new Map(placed.map(each => [each.node.id, each]));
  const crowded = placed.filter(each => between(each.out, at).length > MANY);
  const many = new Set(crowded.map(each => each.node.id));
  const lines = flow.edges
    .map(edge => line(edge, at, many.has(edge.source)))
    .filter((each): each is Line => each !== null);
  return { placed, at, lines, width: LEFT + WIDTH + RIGHT, height: rows.length * ROW, crowded };
}

function put(into: Map<string, Edge[]>, id: string, edge: Edge): void {
  const those = into.get(id);
  if (those === undefined) {
    into.set(id, [edge]);
  } else {
    those.push(edge);
  }
}

function between(edges: readonly Edge[], at: ReadonlyMap<string, Placed>): readonly Edge[] {
  return edges.filter(edge => at.get(edge.target)?.node.kind === 'cell');
}

function line(edge: Edge, at: ReadonlyMap<string, Placed>, many: boolean): Line | null {
  const from = at.get(edge.source);
  const to = at.get(edge.target);
  if (from === undefined || to === undefined) {
    return null;
  }
  // What goes out leaves the lower part of a box, what comes in enters the upper part.
  const a = from.row * ROW + (BOX * 2) / 3;
  const b = to.row * ROW + BOX / 3;
  const far = Math.abs(to.row - from.row);
  if (edge.kind === 'outside') {
    const reach = LEFT - Math.min(8 + far * 3, LEFT - 4);
    const path = `M${LEFT},${a} C${reach},${a} ${reach},${b} ${LEFT - 4},${b}`;
    return { edge, path, x: reach, y: (a + b) / 2, many: false };
  }
  const edgeOf = LEFT + WIDTH;
  const reach = edgeOf + Math.min(12 + far * 4, 56);
  const path = `M${edgeOf},${a} C${reach},${a} ${reach},${b} ${edgeOf + 4},${b}`;
  return { edge, path, x: edgeOf + (reach - edgeOf) * 0.75, y: (a + b) / 2, many: many && !isStale(edge) };
}

/** Which lines are drawn, and which of them stand out, when a node is chosen. */
export function drawn(found: Picture, chosen: string): { line: Line; strong: boolean }[] {
  return found.lines
    .map(line => ({ line, strong: line.edge.source === chosen || line.edge.target === chosen }))
    .filter(({ line, strong }) => strong || !line.many);
}

/** Where the arrow keys lead from a node. */
export function step(found: Picture, from: string, key: string): string {
  const here = found.at.get(from);
  const { placed } = found;
  const first = placed[0]?.node.id ?? '';
  if (here === undefined) {
    return first;
  }
  const nearest = (ids: string[]): string =>
    ids
      .filter(id => found.at.has(id))
      .sort((a, b) => Math.abs(rowOf(found, a) - here.row) - Math.abs(rowOf(found, b) - here.row))[0] ?? from;
  switch (key) {
    case 'ArrowUp':
      return placed[here.row - 1]?.node.id ?? from;
    case 'ArrowDown':
      return placed[here.row + 1]?.node.id ?? from;
    case 'ArrowLeft':
      return nearest(here.into.map(edge => edge.source));
    case 'ArrowRight':
      return nearest(here.out.map(edge => edge.target));
    case 'Home':
      return first;
    case 'End':
      return placed[placed.length - 1]?.node.id ?? from;
    default:
      return from;
  }
}

function rowOf(found: Picture, id: string): number {
  return found.at.get(id)?.row ?? 0;
}
