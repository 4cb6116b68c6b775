import { beforeEach, describe, expect, test } from 'vitest';
import { NotebookModel, keyOf, listed } from '../model';
import type { Finding, Report, State } from '../wire';

const finding = (code: string, cell: string | null, more: Partial<Finding> = {}): Finding => ({
  code,
  name: `rule-${code}`,
  family: 'order',
  severity: 'warning',
  basis: 'observed',
  path: 'a.ipynb',
  cell: cell === null ? null : { index: 0, id: cell, execution_count: 1 },
  start: { line: 1, column: 1 },
  end: { line: 1, column: 2 },
  message: `\`x\` in ${cell}`,
  advice: '',
  source: '',
  evidence: [],
  related: [],
  fix: null,
  ...more
});
const verdict = (states: [string, 'same' | 'stale' | 'never-run'][]): Report['verdicts'][number] => ({
  path: 'a.ipynb',
  reproduces: null,
  sentence: 'would',
  cells: states.map(([id, state], index) => ({ index, id, state, because: state === 'stale' ? ['y'] : [] })),
  names: {},
  left_over: [],
  missing: []
});
const report = (findings: Finding[], states: [string, 'same' | 'stale' | 'never-run'][] = []): Report => ({
  version: 1,
  findings,
  verdicts: [verdict(states)],
  problems: [],
  not_run: [],
  summary: {} as Report['summary']
});
const state = (document: string, found: Report): State => ({
  version: 1,
  nbdebt: '0',
  seq: 1,
  kind: 'state',
  document,
  recording: true,
  level: 'normal',
  runs: 3,
  ignored: ['NBD201'],
  failures: [],
  report: found
});
const cells = ['a', 'b', 'c'].map(id => ({ id, kind: 'code', source: id }));

describe('a notebook', () => {
  let model: NotebookModel;
  let told: number;
  beforeEach(() => {
    model = new NotebookModel();
    told = 0;
    model.changed.connect(() => {
      told += 1;
    });
    model.setCells(cells);
  });

  test('says no more under a cell what is fixed or pinned', () => {
    const [pinned, other] = [finding('NBD401', 'a'), finding('NBD201', 'b')];
    const notice = { version: 1 as const, nbdebt: '0', seq: 1, kind: 'notice' as const };
    model.takeState(state(model.name, report([pinned, other])));
    model.takeNotice({ ...notice, cell: 'a', findings: [pinned], settled: [] });
    model.takeNotice({ ...notice, cell: 'b', findings: [pinned, other], settled: [] });
    model.takeNotice({ ...notice, cell: 'c', findings: [pinned], settled: ['`x` is up to date again'] });
    model.takeState(state(model.name, report([{ ...other, message: 'in other words' }])));
    const left = [...model.said].map(([cell, said]) => [cell, said.findings.length, said.settled.length]);
    expect(left).toEqual([
      ['b', 1, 0],
      ['c', 0, 1]
    ]);
  });

  test('is fresh while the report speaks of it as it is', () => {
    expect(model.fresh).toBe(false);
    model.takeState(state(model.name, report([])));
    expect([model.fresh, model.origin, model.kernel, model.runs]).toEqual([true, 'kernel', 'recording', 3]);
    model.setCells(cells.slice(1));
    expect(model.fresh).toBe(false);
  });

  test('tells only what changed', () => {
    model.setCells(cells.map(cell => ({ ...cell })));
    model.setKernel('none');
    expect(told).toBe(1);
  });

  test('a kernel knows better than the server', () => {
    model.takeCheck(report([finding('NBD101', 'a')]), model.name);
    expect([model.origin, model.count]).toEqual(['server', 1]);
    model.takeState(state(model.name, report([])));
    model.takeCheck(report([finding('NBD101', 'a')]), model.name);
    expect([model.origin, model.count]).toEqual(['kernel', 0]);
  });

  test('a kernel that is gone takes what it knew with it', () => {
    model.takeState(state(model.name, report([finding('NBD101', 'a')])));
    model.takeNotice({
      version: 1,
      nbdebt: '0',
      seq: 2,
      kind: 'notice',
      cell: 'a',
      findings: [],
      settled: ['s']
    });
    expect(model.said.size).toBe(1);
    model.setKernel('silent');
    expect([model.report, model.said.size, model.runs, model.ignored]).toEqual([null, 0, 0, []]);
  });

  test('one that is disconnected leaves what was known', () => {
    model.takeState(state(model.name, report([finding('NBD101', 'a')])));
    model.setKernel('disconnected');
    expect(model.count).toBe(1);
  });

  test('a run that changed nothing makes its cell fresh', () => {
    model.takeState(
      state(
        model.name,
        report(
          [],
          [
            ['a', 'stale'],
            ['b', 'never-run']
          ]
        )
      )
    );
    expect(model.troubled).toBe(true);
    model.takeRun({ version: 1, nbdebt: '0', seq: 2, kind: 'run', cell: 'a', runs: 4 });
    expect(model.lines).toEqual([
      { id: 'a', index: 0, state: 'same', because: [] },
      { id: 'b', index: 1, state: 'never-run', because: [] }
    ]);
    expect([model.troubled, model.runs]).toEqual([false, 4]);
  });

  test('cells are listed where they stand now, and no more when they are gone', () => {
    model.takeState(
      state(
        'old',
        report(
          [],
          [
            ['a', 'same'],
            ['gone', 'same'],
            ['c', 'stale']
          ]
        )
      )
    );
    model.setCells([cells[2], cells[0]] as typeof cells);
    expect(model.lines.map(line => [line.id, line.index])).toEqual([
      ['c', 0],
      ['a', 1]
    ]);
  });
});

describe('lists', () => {
  const findings = [
    finding('NBD201', 'b', { family: 'seeds' }),
    finding('NBD102', 'a', { message: 'Other' }),
    finding('NBD101', 'b', { severity: 'error' }),
    finding('NBD307', null, { family: 'outputs', severity: 'note' })
  ];
  const codes = (by: 'family' | 'cell', text = '', notes = false) =>
    listed(findings, { by, text, notes }).map(group => [group.key, ...group.findings.map(each => each.code)]);

  test('by family, the worst first', () => {
    expect(codes('family')).toEqual([
      ['order', 'NBD101', 'NBD102'],
      ['seeds', 'NBD201']
    ]);
  });
  test('by cell, with notes', () => {
    expect(codes('cell', '', true)).toEqual([
      ['b', 'NBD201', 'NBD101'],
      ['a', 'NBD102'],
      ['', 'NBD307']
    ]);
  });
  test('by words', () => {
    expect(codes('family', 'nbd1 OTHER')).toEqual([['order', 'NBD102']]);
    expect(codes('family', 'nowhere')).toEqual([]);
  });
  test('no two have the same key', () => {
    expect(new Set(findings.map(keyOf)).size).toBe(findings.length);
  });
});
