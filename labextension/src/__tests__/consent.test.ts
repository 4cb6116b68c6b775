import { describe, expect, it } from 'vitest';
import type { Agreed } from '../consent';
import { Consent } from '../consent';

function fresh(): [Consent, Agreed[]] {
  const kept: Agreed[] = [];
  return [new Consent(agreed => kept.push(agreed)), kept];
}

describe('what may be recorded', () => {
  it('is nothing before somebody says so', () => {
    const [consent] = fresh();
    expect([consent.allows('a'), consent.asks('a')]).toEqual([false, false]);
  });

  it.each([
    ['this', [true, false], [{ record: 'ask', notebooks: ['a'] }]],
    ['always', [true, true], [{ record: 'always', notebooks: [] }]],
    ['never', [false, false], [{ record: 'never', notebooks: [] }]],
    ['later', [false, false], []]
  ] as const)('is asked once: %s', (reply, allowed, written) => {
    const [consent, kept] = fresh();
    consent.wanted('a');
    expect([consent.asks('a'), consent.asks('b')]).toEqual([true, false]);
    consent.answer(reply, 'a');
    expect([consent.allows('a'), consent.allows('b')]).toEqual(allowed);
    expect(consent.asks('a')).toBe(false);
    expect(kept).toEqual(written);
  });

  it('is never, whatever was said of one notebook', () => {
    const [consent] = fresh();
    consent.take({ record: 'never', notebooks: ['a'] });
    consent.wanted('a');
    expect([consent.allows('a'), consent.asks('a')]).toEqual([false, false]);
  });

  it('is not asked where the answer could not be kept', () => {
    const consent = new Consent(null);
    consent.wanted('a');
    expect(consent.asks('a')).toBe(false);
  });

  it('goes with a notebook that is renamed', () => {
    const [consent, kept] = fresh();
    consent.take({ notebooks: ['a', 'b'] });
    consent.renamed('a', 'c');
    consent.renamed('x', 'y');
    expect(kept).toEqual([{ record: 'ask', notebooks: ['c', 'b'] }]);
    expect([consent.allows('a'), consent.allows('c')]).toEqual([false, true]);
  });
});
