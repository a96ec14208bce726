import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Malformed } from '../../../contexts/shared/domain/errors.ts';
import { pageByName, pageInOrder, pageQuery } from '../../../functions/http/paging.ts';

describe('A list that was read whole', () => {
  test('is shown page by page, each item once and in order', () => {
    const names = fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9_]{1,29}$/), { maxLength: 30 });
    fc.assert(
      fc.property(names, fc.integer({ min: 1, max: 10 }), (all, limit) => {
        const seen: string[] = [];
        let cursor: string | undefined;
        for (let pages = 0; pages <= all.length; pages += 1) {
          const page = pageByName(all, (name) => name, { limit, cursor });
          expect(page.items.length).toBeLessThanOrEqual(limit);
          if (pages > 0) expect(page.items).not.toEqual([]);
          seen.push(...page.items);
          cursor = page.cursor;
          if (cursor === undefined) break;
        }
        expect(seen).toEqual(all.toSorted());
      }),
    );
  });

  test('refuses a cursor that it did not give', () => {
    expect(() => pageByName([], String, { limit: 1, cursor: '!!' })).toThrow(Malformed);
  });
});

describe('A list with an order of its own', () => {
  const ranked = ['votes', 'cards', 'finance', 'accounts'];

  test('is shown page by page in that order, and ends without a cursor', () => {
    const first = pageInOrder(ranked, String, { limit: 2 });
    const second = pageInOrder(ranked, String, { limit: 2, cursor: first.cursor });
    expect([first.items, second]).toEqual([['votes', 'cards'], { items: ['finance', 'accounts'] }]);
  });

  test('refuses a cursor that names nothing in it', () => {
    expect(() => pageInOrder(ranked, String, { limit: 2, cursor: Buffer.from('gone').toString('base64url') })).toThrow(Malformed);
  });
});

describe('A limit', () => {
  test.each(['0', '101', '-1', '1.5', 'many', ''])('of %j is refused', (limit) => {
    expect(pageQuery.safeParse({ limit }).success).toBe(false);
  });

  test('is 20 unless given, and at most 100', () => {
    expect([pageQuery.parse({}).limit, pageQuery.parse({ limit: '100' }).limit]).toEqual([20, 100]);
  });
});
