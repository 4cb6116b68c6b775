import { describe, expect, it } from 'vitest';
import { LEFT, ROW, WIDTH, drawn, isStale, picture, step } from '../flow';
import type { Edge, Flow, Node } from '../wire';

const cell = (index: number): Node => ({
  id: `c${index}`,
  kind: 'cell',
  label: `cell [${index + 1}]`,
  cell: `id${index}`,
  index,
  state: 'same',
  text: ''
});
const file = (name: string): Node => ({
  id: `file:${name}`,
  kind: 'file',
  label: name,
  cell: '',
  index: null,
  state: null,
  text: ''
});
const edge = (source: string, target: string, kind: Edge['kind'] = 'both', ...names: string[]): Edge => ({
  source,
  target,
  names,
  kind
});

const FLOW: Flow = {
  nodes: [cell(0), cell(1), cell(2), file('out.csv'), file('in.csv')],
  edges: [
    edge('c0', 'c1', 'both', 'x'),
    edge('c2', 'c1', 'session', 'x'),
    edge('file:in.csv', 'c1', 'outside'),
    edge('c1', 'file:out.csv', 'outside'),
    edge('c1', 'unheard-of')
  ]
};
const FOUND = picture(FLOW);

describe('the flow', () => {
  it('stands in document order, what is outside where it is met first', () => {
    expect(FOUND.placed.map(each => each.node.id)).toEqual(['c0', 'file:in.csv', 'c1', 'file:out.csv', 'c2']);
    expect(FOUND.height).toBe(5 * ROW);
    expect(FOUND.lines).toHaveLength(4);
  });

  it('is drawn left from outside, right between cells, within the page', () => {
    for (const { edge: each, path, x } of FOUND.lines) {
      const outside = each.kind === 'outside';
      expect(path.startsWith(outside ? `M${LEFT},` : `M${LEFT + WIDTH},`)).toBe(true);
      expect(outside ? x < LEFT : x > LEFT + WIDTH).toBe(true);
      expect(x > 0 && x < FOUND.width).toBe(true);
    }
    expect(FLOW.edges.filter(isStale).map(each => each.source)).toEqual(['c2']);
  });

  it('draws what goes to many when it is chosen, what is stale always', () => {
    const targets = Array.from({ length: 12 }, (_, index) => cell(index + 1));
    const edges = targets.map((node, index) => edge('c0', node.id, index === 3 ? 'session' : 'both', 'pd'));
    const found = picture({ nodes: [cell(0), ...targets], edges });
    expect(found.crowded.map(each => each.node.id)).toEqual(['c0']);
    expect(drawn(found, '').map(each => each.line.edge.target)).toEqual(['c4']);
    expect(drawn(found, 'c7').map(each => [each.line.edge.target, each.strong])).toEqual([
      ['c4', false],
      ['c7', true]
    ]);
    expect(drawn(found, 'c0')).toHaveLength(12);
  });

  it.each([
    ['c1', 'ArrowUp', 'file:in.csv'],
    ['c1', 'ArrowDown', 'file:out.csv'],
    ['c1', 'ArrowLeft', 'file:in.csv'],
    ['c1', 'ArrowRight', 'file:out.csv'],
    ['c0', 'ArrowUp', 'c0'],
    ['c0', 'ArrowLeft', 'c0'],
    ['c2', 'ArrowDown', 'c2'],
    ['c1', 'Home', 'c0'],
    ['c1', 'End', 'c2'],
    ['gone', 'ArrowDown', 'c0']
  ])('from %s %s leads to %s', (from, key, to) => {
    expect(step(FOUND, from, key)).toBe(to);
  });
});
