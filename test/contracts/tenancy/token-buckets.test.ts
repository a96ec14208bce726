import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ulid } from 'ulid';
import type { TokenBuckets } from '../../../contexts/tenancy/application/ports.ts';
import { makeDynamoTokenBuckets } from '../../../contexts/tenancy/index.ts';
import { makeMemoryTokenBuckets } from '../../support/memory-token-buckets.ts';
import { startRegistryTable } from '../registry-table.ts';

const at = new Date('2026-01-01T00:00:00.000Z');
const later = new Date('2026-01-01T00:00:00.250Z');
const contended = { name: 'Contended' };

const describeTokenBuckets = (name: string, make: () => TokenBuckets): void => {
  describe(`Token buckets ${name}`, () => {
    test('are read as they were saved, each tenant’s by itself', async () => {
      const buckets = make();
      const [tenant, other] = [ulid(), ulid()];
      expect(await buckets.read(tenant)).toBeUndefined();
      await buckets.save(tenant, undefined, { tokens: 12.25, at });
      await buckets.save(tenant, { tokens: 12.25, at }, { tokens: 0, at: later });
      expect(await buckets.read(tenant)).toEqual({ tokens: 0, at: later });
      expect(await buckets.read(other)).toBeUndefined();
    });

    test('give to one of several that take at the same time', async () => {
      const buckets = make();
      const tenant = ulid();
      const first = await Promise.allSettled([1, 2, 3].map((tokens) => buckets.save(tenant, undefined, { tokens, at })));
      expect(first.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected', 'rejected']);
      const before = await buckets.read(tenant);
      const next = await Promise.allSettled([7, 8].map((tokens) => buckets.save(tenant, before, { tokens, at: later })));
      expect(next.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    });

    test.each([
      ['tokens', { tokens: 4, at }],
      ['time', { tokens: 5, at: later }],
    ])('are not changed by who read other %s', async (_, read) => {
      const buckets = make();
      const tenant = ulid();
      await buckets.save(tenant, undefined, { tokens: 5, at });
      await expect(buckets.save(tenant, read, { tokens: 1, at: later })).rejects.toMatchObject(contended);
      expect(await buckets.read(tenant)).toEqual({ tokens: 5, at });
    });
  });
};

let started: Awaited<ReturnType<typeof startRegistryTable>>;
beforeAll(async () => {
  started = await startRegistryTable();
});
afterAll(() => started?.stop());

describeTokenBuckets('in memory', makeMemoryTokenBuckets);
describeTokenBuckets('in DynamoDB', () => makeDynamoTokenBuckets(started.table));
