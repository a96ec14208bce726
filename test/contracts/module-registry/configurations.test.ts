import { describe, expect, test } from '@jest/globals';
import { ulid } from 'ulid';
import type { ConfigurationChange, ConfigurationStore } from '../../../contexts/module-registry/application/configuration-ports.ts';
import type { TenantModule } from '../../../contexts/module-registry/domain/tenant-module.ts';
import { makeDynamoConfigurations } from '../../../contexts/module-registry/index.ts';
import { makeMemoryConfigurations } from '../../support/memory-configurations.ts';
import { makeMemoryRegistry } from '../../support/memory-registry.ts';
import {
  aRequest,
  at,
  changeOf,
  contended,
  inDynamodb,
  inMemory,
  pagesOf,
  type RegistryStand,
  registryTable,
  store,
  waitingOf,
} from './registry-stand.ts';

interface Stand extends RegistryStand {
  readonly configurations: ConfigurationStore;
}

/** A tenant with one module that is Active. */
const installed = async (make: () => Promise<Stand>): Promise<{ readonly it: Stand; readonly module: TenantModule }> => {
  const it = await make();
  await store(it, aRequest(it.tenant, it.module), 'Active');
  return { it, module: await standing(it) };
};
const standing = async ({ tenantModules, tenant }: Stand): Promise<TenantModule> => {
  const [module] = (await tenantModules.read(tenant))?.modules ?? [];
  if (!module) throw new Error('the tenant has the module');
  return module;
};

const aChange = (before: TenantModule, more: Partial<ConfigurationChange> = {}): ConfigurationChange => ({
  before,
  after: { ...before, configuration: { currency: 'CHF' } },
  changes: 0,
  fields: ['currency'],
  actor: 'ada',
  at,
  ...more,
});
const later = (seconds: number): Date => new Date(at.getTime() + seconds * 1000);

const describeConfigurations = (name: string, make: () => Promise<Stand>): void => {
  describe(`Configurations ${name}`, () => {
    test('are stored with an event that names the fields and an entry in the history, and counted', async () => {
      const { it, module } = await installed(make);
      const secrets = { ref: 'r1', fields: ['key'] };
      await it.configurations.save(
        aChange(module, { after: { ...module, configuration: { currency: 'CHF' }, secrets }, fields: ['currency', 'key'] }),
      );

      expect(await standing(it)).toEqual({ ...module, configuration: { currency: 'CHF' }, secrets });
      expect(await it.configurations.changes(it.tenant, it.module)).toBe(1);
      expect((await it.configurations.history(it.tenant, it.module, { limit: 10 })).items[0]).toEqual({
        at,
        actor: 'ada',
        fields: ['currency', 'key'],
      });
      expect(await waitingOf(it, `CONFIGURATION#${it.tenant}#${it.module}`)).toEqual([
        {
          ...{ id: expect.any(String), sequence: 1, name: 'ModuleConfigured', aggregate: `CONFIGURATION#${it.tenant}#${it.module}` },
          ...{ tenantId: it.tenant, module: it.module, actor: 'ada', at: at.toISOString() },
          facts: { version: '1.0.0', fields: ['currency', 'key'] },
        },
      ]);
    });

    test('make a plan invalid that was made of what stood before', async () => {
      const { it, module } = await installed(make);
      const revision = async () => (await it.tenantModules.read(it.tenant))?.tenant.revision ?? 0;
      const before = await revision();
      await it.configurations.save(aChange(module));

      expect(await revision()).toBe(before + 1);
    });

    test('lose where their secrets are when none is left', async () => {
      const { it, module } = await installed(make);
      const set = { ...module, secrets: { ref: 'r1', fields: ['key'] } };
      await it.configurations.save(aChange(module, { after: set }));
      await it.configurations.save(aChange(set, { after: module, changes: 1 }));

      expect(await standing(it)).toEqual(module);
    });

    test('are never changed before', async () => {
      const { it } = await installed(make);

      expect(await it.configurations.changes(it.tenant, it.module)).toBe(0);
      expect((await it.configurations.history('nobody', it.module, { limit: 10 })).items).toEqual([]);
    });

    test('take one of several changes that saw the same, and the lost ones stored nothing', async () => {
      const { it, module } = await installed(make);
      const races = await Promise.allSettled([1, 2, 3].map(() => it.configurations.save(aChange(module))));

      expect(races.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const race of races) if (race.status === 'rejected') expect(race.reason).toMatchObject(contended);
      expect(await it.configurations.changes(it.tenant, it.module)).toBe(1);
    });

    test.each([
      ['another version', { version: '2.0.0' }],
      ['another installation', { installedBy: 'another job' }],
    ])('refuse a change of what is by now %s', async (_, other) => {
      const { it, module } = await installed(make);

      await expect(it.configurations.save(aChange({ ...module, ...other }))).rejects.toMatchObject(contended);
      expect(await standing(it)).toEqual(module);
    });

    test('refuse a change while a job has the module, and of a tenant that is not active', async () => {
      const { it, module } = await installed(make);
      await it.setStatus('suspended');
      await expect(it.configurations.save(aChange(module))).rejects.toMatchObject(contended);
      await it.setStatus('active');
      const { job, events } = aRequest(it.tenant, it.module);
      await it.jobs.commit({
        job,
        events,
        tenantModules: [{ module: it.module, before: module, after: { ...module, status: 'Changing', jobId: job.id } }],
      });

      await expect(it.configurations.save(aChange(module))).rejects.toMatchObject(contended);
    });

    test('keep an answer under its key, once', async () => {
      const { it, module } = await installed(make);
      const idempotency = { id: ulid(), bodyHash: 'b', answer: { module: it.module } };
      await it.configurations.save(aChange(module, { idempotency }));

      expect(await it.idempotency.find(idempotency.id, at)).toEqual(idempotency);
      await expect(it.configurations.save(aChange(await standing(it), { changes: 1, idempotency }))).rejects.toMatchObject(contended);
      expect(await it.configurations.changes(it.tenant, it.module)).toBe(1);
    });

    test('that a request for a job brings are kept with the job, in the history, and with the module until its end brings others', async () => {
      const it = await make();
      const { job, ...request } = aRequest(it.tenant, it.module);
      const secrets = { ref: 'r1', fields: ['key'] };
      const given = { configuration: { currency: 'EUR' }, secrets, fields: ['currency', 'key'], insteadOf: 'nothing' };
      const [change] = request.tenantModules;
      if (!change) throw new Error('the request locks a module');
      const locked = { ...change.after, secrets };
      await it.jobs.commit({ job, ...request, tenantModules: [{ ...change, after: locked }], configurations: { [it.module]: given } });

      expect(await it.jobs.configuration(job.id)).toEqual({ [it.module]: given });
      expect((await it.configurations.history(it.tenant, it.module, { limit: 10 })).items).toEqual([
        { at, actor: 'ada', fields: ['currency', 'key'], jobId: job.id },
      ]);
      const { secrets: _secrets, ...unknown } = locked;
      await it.jobs.commit({ ...changeOf(job, []), tenantModules: [{ module: it.module, before: unknown, after: unknown }] });
      expect((await standing(it)).secrets).toEqual(secrets);
      const others = { ref: 'r2', fields: ['key', 'more'] };
      await it.jobs.commit({
        ...changeOf(job, []),
        tenantModules: [{ module: it.module, before: unknown, after: { ...unknown, secrets: others } }],
      });
      expect((await standing(it)).secrets).toEqual(others);
    });

    test('list their history newest first, in pages', async () => {
      const { it, module } = await installed(make);
      for (const changes of [0, 1, 2])
        await it.configurations.save(aChange(module, { changes, at: later(changes), fields: [`f${changes}`] }));
      const pages = await pagesOf((cursor) =>
        it.configurations.history(it.tenant, it.module, { limit: 2, ...(cursor === undefined ? {} : { cursor }) }),
      );

      expect(
        pages
          .flat()
          .slice(0, 3)
          .map(({ fields }) => fields),
      ).toEqual([['f2'], ['f1'], ['f0']]);
      expect(pages[0]).toHaveLength(2);
    });
  });
};

const useTable = registryTable();
describeConfigurations('in memory', async () => {
  const memory = makeMemoryRegistry();
  return { ...(await inMemory(memory)), configurations: makeMemoryConfigurations(memory) };
});
describeConfigurations('in DynamoDB', async () => ({
  ...(await inDynamodb(useTable)()),
  configurations: makeDynamoConfigurations(useTable(), ulid),
}));
