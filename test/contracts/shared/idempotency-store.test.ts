import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ulid } from 'ulid';
import { makeDynamoIdempotency } from '../../../contexts/shared/adapters/dynamo-idempotency.ts';
import type { IdempotencyStore } from '../../../contexts/shared/application/idempotency.ts';
import { makeMemoryTrail } from '../../support/memory-trail.ts';
import { startRegistryTable } from '../registry-table.ts';

const at = new Date('2026-01-01T00:00:00.000Z');
const hoursLater = (hours: number): Date => new Date(at.getTime() + hours * 3_600_000);
const aRecord = (answer = {}) => ({ id: ulid(), bodyHash: 'b', answer: { jobId: 'J1', nested: { list: [1, 2] }, ...answer } });

const describeIdempotencyStore = (name: string, make: () => IdempotencyStore): void => {
  describe(`Kept answers ${name}`, () => {
    test('are found as they were kept, under their own key', async () => {
      const store = make();
      const record = aRecord();
      await store.keep(record, at);
      expect(await store.find(record.id, at)).toEqual(record);
      expect(await store.find(ulid(), at)).toBeUndefined();
    });

    test('are not written over while they stand, whatever the body', async () => {
      const store = make();
      const record = aRecord();
      await store.keep(record, at);
      for (const other of [record, { ...record, bodyHash: 'c', answer: {} }])
        await expect(store.keep(other, hoursLater(23))).rejects.toMatchObject({ name: 'Contended' });
      expect(await store.find(record.id, hoursLater(23))).toEqual(record);
    });

    test('are absent after 24 hours, though nothing has swept them yet, and their key is free', async () => {
      const store = make();
      const record = aRecord();
      await store.keep(record, at);
      expect(await store.find(record.id, hoursLater(24))).toBeUndefined();
      const next = { ...record, answer: { jobId: 'J2' } };
      await store.keep(next, hoursLater(24));
      expect(await store.find(record.id, hoursLater(47))).toEqual(next);
    });

    test('are kept for one of those that come at the same time', async () => {
      const store = make();
      const { id } = aRecord();
      const races = await Promise.allSettled([1, 2, 3].map((n) => store.keep({ id, bodyHash: 'b', answer: { n } }, at)));
      const won = races.findIndex(({ status }) => status === 'fulfilled') + 1;
      expect(races.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect((await store.find(id, at))?.answer).toEqual({ n: won });
    });
  });
};

let started: Awaited<ReturnType<typeof startRegistryTable>>;
beforeAll(async () => {
  started = await startRegistryTable();
});
afterAll(() => started?.stop());

describeIdempotencyStore('in memory', () => makeMemoryTrail().idempotency);
describeIdempotencyStore('in DynamoDB', () => makeDynamoIdempotency(started.table));
