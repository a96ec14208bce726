import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';

interface Price {
  readonly usd: number;
  readonly unit: string;
  readonly source: string;
  readonly stated: { readonly usd: number; readonly per: number };
  readonly readIn?: string;
  readonly unconfirmed?: string;
}

const { prices } = JSON.parse(readFileSync('bench/prices.json', 'utf8')) as { readonly prices: Readonly<Record<string, Price>> };

describe.each(Object.entries(prices))('The price %s', (_name, { usd, source, stated, readIn, unconfirmed }) => {
  test('is what its page states, for one unit', () => {
    expect((usd * stated.per) / stated.usd).toBeCloseTo(1, 4);
  });

  test('names AWS’s page, and either where the figure was read or that it was not', () => {
    expect(source).toMatch(/^https:\/\/aws\.amazon\.com\/.+\/pricing\//);
    expect([readIn, unconfirmed].filter((claim) => claim !== undefined)).toHaveLength(1);
    if (readIn !== undefined) expect(readIn).toMatch(/^https:\/\//);
  });
});
