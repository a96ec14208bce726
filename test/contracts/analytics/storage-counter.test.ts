import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ulid } from 'ulid';
import type { StorageCounter } from '../../../contexts/analytics/application/ports.ts';
import { makeDynamoStorageCounter } from '../../../contexts/analytics/index.ts';
import { makeMemoryStorageCounter } from '../../support/memory-storage-counter.ts';
import { startRegistryTable } from '../registry-table.ts';

const minute = (number: number): Date => new Date(Date.UTC(2026, 0, 1, 0, number));
const contended = { name: 'Contended' };

const describeCounter = (name: string, make: () => StorageCounter): void => {
  describe(`The counter of storage ${name}`, () => {
    const aStorage = () => ({ tenantId: ulid(), measuredAt: minute(1), byModule: { finance: 7 } });
    const total = async ({ bytesByModule }: StorageCounter, module: string) =>
      (await bytesByModule()).find((one) => one.module === module)?.bytes;

    test('remembers what was measured of a tenant, until it is gone', async () => {
      const counter = make();
      const [before, other] = [aStorage(), ulid()];
      const after = { ...before, measuredAt: minute(2), byModule: { cards: 1 } };
      const seen = [await counter.storageOf(before.tenantId)];
      for (const change of [{ after: before }, { before, after }, { before: after }]) {
        await counter.countStorage({ ...change, moves: [] });
        seen.push(await counter.storageOf(before.tenantId));
      }
      expect([seen, await counter.storageOf(other)]).toEqual([[undefined, before, after, undefined], undefined]);
    });

    test('adds up what modules store, and leaves out what has come to nothing', async () => {
      const counter = make();
      const module = `m_${ulid().toLowerCase()}`;
      const totals: unknown[] = [];
      for (const by of [5, 7, -12]) {
        await counter.countStorage({ after: aStorage(), moves: [{ module, by }] });
        totals.push(await total(counter, module));
      }
      expect(totals).toEqual([5, 12, undefined]);
    });

    test('refuses a change of what was measured meanwhile, with all that it brought', async () => {
      const counter = make();
      const module = `m_${ulid().toLowerCase()}`;
      const [before, moves] = [aStorage(), [{ module, by: 1 }]];
      await counter.countStorage({ after: before, moves });
      const stale = { ...before, measuredAt: minute(0) };
      for (const change of [{ after: before }, { before: stale, after: before }, { before: stale }])
        await expect(counter.countStorage({ ...change, moves })).rejects.toMatchObject(contended);
      expect([await counter.storageOf(before.tenantId), await total(counter, module)]).toEqual([before, 1]);
    });
  });
};

let started: Awaited<ReturnType<typeof startRegistryTable>>;
beforeAll(async () => {
  started = await startRegistryTable();
});
afterAll(() => started?.stop());

describeCounter('in memory', makeMemoryStorageCounter);
describeCounter('in DynamoDB', () => makeDynamoStorageCounter(started.table));
