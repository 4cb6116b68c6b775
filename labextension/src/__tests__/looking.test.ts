import { describe, expect, it } from 'vitest';
import { Looked, Looking, careful, standing } from '../looking';
import { NotebookModel } from '../model';
import { misfit } from '../shape';
import type { Answer, Item } from '../wire';
import { SHAPES } from '../wire';

const ITEM: Item = {
  key: 'r1',
  op: 'reads',
  kind: 'file',
  name: 'in.csv',
  exact: true,
  basis: 'parsed',
  certain: true,
  via: 'open',
  cells: [{ index: 0, id: 'a', execution_count: null, line: 1 }],
  own: false,
  words: 'not versioned',
  facts: [],
  version: { state: 'unversioned', by: '', identity: '', reason: '', pinned: '', changes: [] },
  exposure: null,
  declared: null,
  pattern: '',
  pin: 'pin',
  readers: [],
  more_readers: 0
};
const ANSWER: Answer = { version: 1, kind: 'answer', id: 0, ok: true };
const WITH_DATA: Answer = { ...ANSWER, data: { items: [ITEM], ledger: false, days: 30, owner: 'Ann' } };

describe('the shape of an answer', () => {
  const answer = SHAPES.answer ?? {};
  it.each([
    [WITH_DATA, ''],
    [{ ...ANSWER, data: null }, ''],
    [{ ...ANSWER, more: 1 }, 'more is not expected in the answer'],
    [{ ...ANSWER, version: 2 }, '.version is not 1'],
    [{ ...ANSWER, ok: 'yes' }, '.ok is no boolean'],
    [{ version: 1, kind: 'answer', ok: true }, 'the answer has no id'],
    [
      { ...ANSWER, data: { items: [{ ...ITEM, op: 'eats' }], ledger: false, days: 1, owner: '' } },
      '.data.items[0].op'
    ],
    [[], 'the answer is no object'],
    [null, 'the answer is no object']
  ])('%#', (value, wanted) => {
    const found = misfit(value, answer);
    expect(wanted === '' ? found : found.includes(wanted) || found).toBe(wanted === '' ? '' : true);
  });

  it('is looked at before it is believed', async () => {
    const ask = careful(() => Promise.resolve({ ...ANSWER, said: 3 } as unknown as Answer));
    await expect(ask('pin', {})).rejects.toThrow('.said is no string');
  });
});

describe('what is asked for', () => {
  it('is asked for once, until it rests on something else', async () => {
    let asked = 0;
    const looked = new Looked(
      () => Promise.resolve(++asked),
      () => undefined
    );
    await looked.refresh('a');
    await looked.refresh('a');
    expect([looked.value, asked]).toEqual([1, 1]);
    await looked.refresh('b');
    looked.forget();
    await looked.refresh('b');
    expect(looked.value).toBe(3);
  });

  it('stays as it was while a cell runs, and where an answer comes late', async () => {
    const answers: (number | null)[] = [1, null, 2];
    const looked = new Looked(
      () => Promise.resolve(answers.shift()),
      () => undefined
    );
    await looked.refresh('a');
    await looked.refresh('b');
    expect([looked.value, looked.late]).toEqual([1, true]);
    await looked.refresh('b');
    expect([looked.value, looked.late]).toEqual([2, false]);
    const ends: ((value: number) => void)[] = [];
    const slow = new Looked(
      () => new Promise<number>(end => ends.push(end)),
      () => undefined
    );
    const [first, second] = [slow.refresh('a'), slow.refresh('b')];
    ends[1]?.(2);
    ends[0]?.(1);
    await Promise.all([first, second]);
    expect(slow.value).toBe(2);
  });

  it('says what went wrong, and is asked for again', async () => {
    const looked = new Looked<number>(
      () => Promise.reject(new Error('gone')),
      () => undefined
    );
    await looked.refresh('a');
    expect([looked.error, looked.asking]).toEqual(['gone', false]);
  });

  it('is known anew after something was done about it', async () => {
    const asked: string[] = [];
    let after = 0;
    const looking = new Looking(
      new NotebookModel(),
      kind => {
        asked.push(kind);
        return Promise.resolve(kind === 'data' ? WITH_DATA : { ...ANSWER, said: 'done' });
      },
      () => after++
    );
    await looking.data.refresh('a');
    await looking.pin(ITEM);
    expect([looking.said, looking.doing, looking.data.of, after]).toEqual(['done', '', '', 1]);
    expect(asked).toEqual(['data', 'pin']);
  });
});

describe('how an item stands', () => {
  const version = (state: string) => ({ ...ITEM, version: { ...ITEM.version, state } }) as Item;
  const written = { ...ITEM, op: 'writes', version: null } as Item;
  const exposure = { readers: 'everyone', words: '', writers: 'owner', places: [], notable: true } as const;
  it.each<[Item, string]>([
    [version('versioned'), 'good'],
    [version('unversioned'), 'warning'],
    [version('absent'), 'missing'],
    [version('unknown'), 'unknown'],
    [{ ...version('unversioned'), own: true }, 'plain'],
    [written, 'plain'],
    [{ ...written, exposure: { ...exposure, places: [] } }, 'warning'],
    [{ ...written, declared: { pattern: '', owner: '', consumers: [], note: '', expires: '' } }, 'good']
  ])('%#', (item, wanted) => {
    expect(standing(item)).toBe(wanted);
  });
});
