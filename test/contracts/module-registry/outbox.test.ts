import { describe, expect, test } from '@jest/globals';
import { makeDynamoOutbox } from '../../../contexts/module-registry/index.ts';
import { shards } from '../../../contexts/shared/adapters/audit-item.ts';
import { aRequest, at, inDynamodb, inMemory, type RegistryStand, registryTable, validating, waitingOf } from './registry-stand.ts';

const stored = async (it: RegistryStand): Promise<string> => {
  const request = aRequest(it.tenant);
  await it.jobs.commit(request);
  await it.jobs.commit(validating(request.job));
  return request.job.id;
};

const describeOutbox = (name: string, make: () => Promise<RegistryStand>): void => {
  describe(`An outbox ${name}`, () => {
    test('holds each event from the transaction that stored it, as its trail has it', async () => {
      const it = await make();
      const id = await stored(it);
      const waiting = await waitingOf(it, `JOB#${id}`);
      expect(waiting.toSorted((a, b) => a.sequence - b.sequence)).toEqual((await it.jobs.events(id, { limit: 10 })).items);
      expect(waiting).toHaveLength(2);
    });

    test('holds nothing of a transaction that was lost', async () => {
      const it = await make();
      await it.jobs.commit(aRequest(it.tenant));
      const lost = aRequest(it.tenant);
      await expect(it.jobs.commit(lost)).rejects.toMatchObject({ name: 'Contended' });
      expect(await waitingOf(it, `JOB#${lost.job.id}`)).toEqual([]);
    });

    test('holds an event until it is marked published, and its trail keeps it', async () => {
      const it = await make();
      const id = await stored(it);
      const [first, second] = (await waitingOf(it, `JOB#${id}`)).toSorted((a, b) => a.sequence - b.sequence);
      if (!first || !second) throw new Error('two events wait');
      await it.outbox.markPublished([first]);
      expect((await waitingOf(it, `JOB#${id}`)).map(({ sequence }) => sequence)).toEqual([2]);
      await it.outbox.markPublished([first, second]);
      expect(await waitingOf(it, `JOB#${id}`)).toEqual([]);
      expect((await it.jobs.events(id, { limit: 10 })).items).toEqual([first, second]);
    });

    test('does not show yet what was stored later than the moment it is asked about', async () => {
      const it = await make();
      const id = await stored(it);
      expect(await waitingOf(it, `JOB#${id}`, new Date(at.getTime() - 1))).toEqual([]);
    });

    test('shows no more than it is asked for', async () => {
      const it = await make();
      await stored(it);
      for (let shard = 0; shard < shards; shard += 1) {
        const all = await it.outbox.waiting(shard, at, 100);
        if (all.length > 1) expect(await it.outbox.waiting(shard, at, 1)).toEqual(all.slice(0, 1));
      }
    });

    test('marks more than one transaction can hold, and nothing when there is nothing', async () => {
      const it = await make();
      const requests = Array.from({ length: 101 }, (_, n) => aRequest(it.tenant, `m${n}`));
      for (const { job, events } of requests) await it.jobs.commit({ job, events, tenantModules: [] });
      await it.outbox.markPublished([]);
      await it.outbox.markPublished(requests.map(({ job }) => ({ aggregate: `JOB#${job.id}`, sequence: 1, at: at.toISOString() })));
      expect(await waitingOf(it, `JOB#${requests[100]?.job.id}`)).toEqual([]);
    });

    test('makes no event of one that was never stored', async () => {
      const it = await make();
      const nothing = { aggregate: `JOB#${aRequest(it.tenant).job.id}`, sequence: 1, at: at.toISOString() };
      await expect(it.outbox.markPublished([nothing])).rejects.toMatchObject({ name: 'Contended' });
    });
  });
};

describeOutbox('in memory', inMemory);
const useTable = registryTable();
describeOutbox('in DynamoDB', inDynamodb(useTable));

test('In DynamoDB an event that was told expires so many days after it happened, and reads as before; one that was not stays', async () => {
  const it = await inDynamodb(useTable)();
  const id = await stored(it);
  const [first, second] = (await waitingOf(it, `JOB#${id}`)).toSorted((a, b) => a.sequence - b.sequence);
  if (!first || !second) throw new Error('two events wait');
  await makeDynamoOutbox(useTable(), 2_557).markPublished([first]);
  const expiries = await Promise.all(['EVENT#000001', 'EVENT#000002'].map((sk) => useTable().get({ pk: `JOB#${id}`, sk })));
  expect(expiries.map((item) => item?.['expiresAt'])).toEqual([Date.UTC(2033, 0, 1) / 1000, undefined]);
  expect((await it.jobs.events(id, { limit: 10 })).items).toEqual([first, second]);
});
