import { describe, expect, it } from 'vitest';
import { Exporting, fitting, isName, proposed, targetsOf } from '../exporting';
import { NotebookModel } from '../model';
import type { Answer, Exported } from '../wire';

const ANSWER: Answer = { version: 1, kind: 'answer', id: 0, ok: true };
const MADE: Exported = {
  state: 'made',
  job: 0,
  name: 'a.py',
  files: { 'a.py': 'x = 1' },
  said: [],
  dropped: [],
  result: null,
  refused: null
};
const OPTIONS = {
  to: 'script',
  targets: [],
  functions: true,
  settings: true,
  cli: 'click',
  config: 'toml',
  name: ''
};

/** One that is answered so, one answer after the other. */
function exporting(...answers: (Answer | Error)[]): { made: Exporting; asked: [string, unknown][] } {
  const asked: [string, unknown][] = [];
  const made = new Exporting(
    new NotebookModel(),
    (kind, given) => {
      asked.push([kind, given]);
      const answer = answers.shift() ?? new Error('asked too often');
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
    () => 'dir/a.ipynb',
    () => Promise.resolve()
  );
  return { made, asked };
}

describe('an export', () => {
  it('is made of what is chosen', async () => {
    const { made, asked } = exporting({ ...ANSWER, export: MADE });
    made.aim(' score, out.csv ,');
    await made.make();
    expect(asked).toEqual([
      [
        'export',
        {
          options: {
            ...OPTIONS,
            functions: false,
            cli: 'none',
            config: 'none',
            targets: ['score', 'out.csv'],
            name: 'a.py'
          },
          verify: false
        }
      ]
    ]);
    expect([made.found, made.busy, made.error]).toEqual([MADE, false, '']);
  });

  it('is asked after until it has run, and its text is there meanwhile', async () => {
    const running = { ...MADE, state: 'running', job: 7 } as const;
    const result = { equal: true, summary: 'equal: 1 value', differences: [], notes: [], seconds: 1 };
    const { made, asked } = exporting(
      { ...ANSWER, export: running },
      { ...ANSWER, export: { ...running, files: {} } },
      { ...ANSWER, export: { ...MADE, state: 'done', job: 7, result } }
    );
    const seen: string[] = [];
    made.changed.connect(() =>
      seen.push(`${made.found?.state ?? ''} ${Object.keys(made.found?.files ?? {}).join()}`)
    );
    made.choose(true);
    await made.make();
    expect(asked.map(([kind]) => kind)).toEqual(['export', 'export-result', 'export-result']);
    expect(seen).toContain('running a.py');
    expect(seen).not.toContain('running ');
    expect(made.found?.result?.summary).toBe('equal: 1 value');
  });

  it('is still there to be saved where running it failed', async () => {
    const { made } = exporting(
      { ...ANSWER, export: { ...MADE, state: 'running', job: 7 } },
      new Error('stopped')
    );
    await made.make();
    expect([made.error, made.found?.state, made.busy]).toEqual(['stopped', 'made', false]);
  });

  it('waits for a cell that runs', async () => {
    const { made } = exporting({ ...ANSWER, export: null });
    await made.make();
    expect([made.late, made.found, made.busy]).toEqual([true, null, false]);
  });

  it('is told from one of another state of the notebook', async () => {
    const { made } = exporting({ ...ANSWER, export: MADE });
    await made.make();
    expect(made.outdated).toBe(false);
    (made as unknown as { model: NotebookModel }).model.setCells([{ id: 'a', source: 'x', kind: 'code' }]);
    expect(made.outdated).toBe(true);
  });

  it.each([
    ['script', 'click', true],
    ['module', 'click', false],
    ['notebook', 'none', false],
    ['dvc', 'none', false]
  ])('to %s goes with what fits', (to, cli, functions) => {
    expect(fitting({ ...OPTIONS, to })).toMatchObject({ cli, functions });
  });

  it.each([
    ['a.ipynb', 'script', 'a.py'],
    ['dir/b c.ipynb', 'notebook', 'b c_exported.ipynb'],
    ['RTC:a.ipynb', 'dvc', 'a_pipeline'],
    ['', 'module', 'notebook.py']
  ])('of %j to %s is called %s', (path, to, name) => {
    expect(proposed(path, to)).toBe(name);
  });

  it('knows targets and names', () => {
    expect(targetsOf(' a, ,[3],')).toEqual(['a', '[3]']);
    expect(['a.py', '..a', 'ü.py'].every(isName)).toBe(true);
    expect(['', '.', '..', 'a/b', '/a', 'a\\b'].some(isName)).toBe(false);
  });
});
