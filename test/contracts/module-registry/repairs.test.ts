import { describe, expect, test } from '@jest/globals';
import { ulid } from 'ulid';
import type { Repair, Repairs } from '../../../contexts/module-registry/application/verify-module.ts';
import type { TenantModule } from '../../../contexts/module-registry/domain/tenant-module.ts';
import { makeDynamoRepairs } from '../../../contexts/module-registry/index.ts';
import { makeMemoryRegistry } from '../../support/memory-registry.ts';
import { makeMemoryRepairs } from '../../support/memory-repairs.ts';
import { aRequest, at, contended, inDynamodb, inMemory, type RegistryStand, registryTable, store, waitingOf } from './registry-stand.ts';

interface Stand extends RegistryStand {
  readonly repairs: Repairs;
}

const read = async ({ tenantModules, tenant }: Stand) => {
  const found = await tenantModules.read(tenant);
  return { revision: found?.tenant.revision ?? 0, module: found?.modules[0] };
};
const eventsOf = (it: Stand) => waitingOf(it, `REPAIRS#${it.tenant}#${it.module}`);

/** What everything that a repair writes looks like: to be compared before and after one that is lost. */
const everything = async (it: Stand) => ({ ...(await read(it)), events: await eventsOf(it), key: await it.idempotency.find('k', at) });

/** From what is stored now to `after`. */
const aRepair = async (it: Stand, after: TenantModule | undefined, more: Partial<Repair> = {}): Promise<Repair> => {
  const { revision, module: before } = await read(it);
  const about = { tenantId: it.tenant, module: it.module, revision: { from: revision, to: revision + 1 }, actor: 'ada', at };
  const versions = { recorded: before?.version ?? null, stands: after?.version ?? null };
  return { ...about, ...versions, change: { module: it.module, ...(before ? { before } : {}), ...(after ? { after } : {}) }, ...more };
};

const unrecorded = (it: Stand): TenantModule => ({
  ...{ tenantId: it.tenant, module: it.module, status: 'Active', version: '1.0.0', configuration: {}, installedAt: at },
});

/** A tenant with one module that is Active at 1.0.0. */
const installed = async (make: () => Promise<Stand>): Promise<{ readonly it: Stand; readonly module: TenantModule }> => {
  const it = await make();
  await store(it, aRequest(it.tenant, it.module), 'Active');
  const { module } = await read(it);
  if (!module) throw new Error('the tenant has the module');
  return { it, module };
};

const describeRepairs = (name: string, make: () => Promise<Stand>): void => {
  describe(`A repair ${name}`, () => {
    test('records what stands and was not recorded, with its event, and raises the revision', async () => {
      const it = await make();
      await it.repairs.save(await aRepair(it, unrecorded(it)));

      expect(await read(it)).toEqual({ revision: 2, module: unrecorded(it) });
      expect(await eventsOf(it)).toEqual([
        {
          ...{ id: expect.any(String), sequence: 1, name: 'ModuleRepaired', aggregate: `REPAIRS#${it.tenant}#${it.module}` },
          ...{ tenantId: it.tenant, module: it.module, actor: 'ada', at: at.toISOString() },
          facts: { recorded: null, stands: '1.0.0', revision: 2 },
        },
      ]);
    });

    test('changes the version and nothing else of what is recorded', async () => {
      const { it, module } = await installed(make);
      const { revision } = await read(it);
      await it.repairs.save(await aRepair(it, { ...module, version: '2.0.0' }));

      expect(await read(it)).toEqual({ revision: revision + 1, module: { ...module, version: '2.0.0' } });
      expect((await eventsOf(it))[0]?.facts).toEqual({ recorded: '1.0.0', stands: '2.0.0', revision: revision + 1 });
    });

    test('takes away what is recorded and does not stand', async () => {
      const { it } = await installed(make);
      const { revision } = await read(it);
      await it.repairs.save(await aRepair(it, undefined));

      expect(await read(it)).toEqual({ revision: revision + 1, module: undefined });
      expect((await eventsOf(it))[0]?.facts).toEqual({ recorded: '1.0.0', stands: null, revision: revision + 1 });
    });

    test('of the revision alone raises it as far as it says, and leaves a module alone that a job has in its hands', async () => {
      const it = await make();
      await it.jobs.commit(aRequest(it.tenant, it.module));
      const { revision, module } = await read(it);
      const { change: _change, ...repair } = await aRepair(it, module, { revision: { from: revision, to: 99 } });
      await it.repairs.save(repair);

      expect(await read(it)).toEqual({ revision: 99, module });
      expect((await eventsOf(it))[0]?.facts).toEqual({ recorded: null, stands: null, revision: 99 });
    });

    test('numbers its events without gaps, also after the module was taken away, and after one was lost', async () => {
      const it = await make();
      await it.repairs.save(await aRepair(it, unrecorded(it)));
      await expect(it.repairs.save(await aRepair(it, undefined, { revision: { from: 1, to: 2 } }))).rejects.toMatchObject(contended);
      await it.repairs.save(await aRepair(it, undefined));
      await it.repairs.save(await aRepair(it, unrecorded(it)));

      expect((await eventsOf(it)).map(({ sequence }) => sequence).toSorted()).toEqual([1, 2, 3]);
    });

    test.each([
      ['whose tenant’s revision has moved', ({ revision: { from, to } }: Repair) => ({ revision: { from: from - 1, to } })],
      [
        'of what has another version by now',
        ({ change }: Repair) => (change?.before ? { change: { ...change, before: { ...change.before, version: '0.9.0' } } } : {}),
      ],
    ])('%s loses, and writes nothing', async (_, stale) => {
      const { it, module } = await installed(make);
      const repair = await aRepair(it, { ...module, version: '2.0.0' }, { idempotency: { id: 'k', bodyHash: 'b', answer: {} } });
      const before = await everything(it);

      await expect(it.repairs.save({ ...repair, ...stale(repair) })).rejects.toMatchObject(contended);
      expect(await everything(it)).toEqual(before);
    });

    test('of what a job has in its hands loses though it was read so, and writes nothing', async () => {
      const it = await make();
      await it.jobs.commit(aRequest(it.tenant, it.module));
      const before = await everything(it);

      await expect(it.repairs.save(await aRepair(it, unrecorded(it)))).rejects.toMatchObject(contended);
      await expect(it.repairs.save(await aRepair(it, undefined))).rejects.toMatchObject(contended);
      expect(await everything(it)).toEqual(before);
    });

    test('that would record what somebody has recorded by now loses, and writes nothing', async () => {
      const { it } = await installed(make);
      const repair = await aRepair(it, unrecorded(it), { change: { module: it.module, after: unrecorded(it) } });
      const before = await everything(it);

      await expect(it.repairs.save(repair)).rejects.toMatchObject(contended);
      expect(await everything(it)).toEqual(before);
    });

    test('makes a request invalid that was planned from what was recorded before', async () => {
      const it = await make();
      const request = aRequest(it.tenant, it.module);
      await it.repairs.save(await aRepair(it, unrecorded(it)));
      await it.repairs.save(await aRepair(it, undefined));

      await expect(it.jobs.commit(request)).rejects.toMatchObject(contended);
    });

    test('of two at once, one is done', async () => {
      const it = await make();
      const repair = await aRepair(it, unrecorded(it));
      const ends = await Promise.allSettled([it.repairs.save(repair), it.repairs.save(repair)]);

      expect(ends.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
      expect(ends.find(({ status }) => status === 'rejected')).toMatchObject({ reason: contended });
      expect(await eventsOf(it)).toHaveLength(1);
    });

    test('keeps its answer for its key, and loses where the key is taken', async () => {
      const it = await make();
      const idempotency = { id: ulid(), bodyHash: 'b', answer: { module: it.module } };
      await it.repairs.save(await aRepair(it, unrecorded(it), { idempotency }));

      expect(await it.idempotency.find(idempotency.id, at)).toEqual(idempotency);
      await expect(it.repairs.save(await aRepair(it, undefined, { idempotency }))).rejects.toMatchObject(contended);
      expect(await read(it)).toEqual({ revision: 2, module: unrecorded(it) });
    });
  });
};

const useTable = registryTable();
describeRepairs('in memory', async () => {
  const memory = makeMemoryRegistry();
  return { ...(await inMemory(memory)), repairs: makeMemoryRepairs(memory) };
});
describeRepairs('in DynamoDB', async () => ({ ...(await inDynamodb(useTable)()), repairs: makeDynamoRepairs(useTable(), ulid) }));
