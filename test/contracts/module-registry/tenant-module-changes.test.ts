import { describe, expect, test } from '@jest/globals';
import { ulid } from 'ulid';
import type { TenantModuleChange } from '../../../contexts/module-registry/application/ports.ts';
import {
  beginRollback,
  beginValidating,
  beginWork,
  complete,
  evolve,
  fail,
  type Job,
  type JobEvent,
  needIntervention,
  requestJob,
} from '../../../contexts/module-registry/domain/job.ts';
import { type TenantModule, tenantModuleAfter } from '../../../contexts/module-registry/domain/tenant-module.ts';
import { aChange, archiveDays, type Change, givenOf } from '../../support/module-job.ts';
import { at, contended, inDynamodb, inMemory, type RegistryStand, registryTable, timing } from './registry-stand.ts';

type Decision = (job: Job) => readonly JobEvent[];
type Configuration = TenantModule['configuration'];
const error = { name: 'Defect', message: 'it broke' };
const days = (n: number): Date => new Date(at.getTime() + n * 86_400_000);

const ways: Readonly<Record<'done' | 'failed' | 'stuck', readonly Decision[]>> = {
  done: [(job) => complete(job, timing)],
  failed: [(job) => beginRollback(job, {}, timing), (job) => fail(job, {}, timing)],
  stuck: [(job) => beginRollback(job, {}, timing), (job) => needIntervention(job, error, timing)],
};

const moduleOf = async ({ tenantModules, tenant }: RegistryStand, name = 'finance'): Promise<TenantModule | undefined> =>
  (await tenantModules.read(tenant))?.modules.find(({ module }) => module === name);

const change = (module: string, before: TenantModule | undefined, after: TenantModule | undefined): TenantModuleChange => ({
  module,
  ...(before ? { before } : {}),
  ...(after ? { after } : {}),
});

/** Stores a request, as the use case would: the module is in the job's hands from then on. */
const ask = async (it: RegistryStand, asked: Change, configuration?: Configuration): Promise<Job> => {
  const read = await it.tenantModules.read(it.tenant);
  const expected = read?.tenant.revision ?? 0;
  const { module } = asked;
  const about = { id: ulid(), kind: asked.change, tenantId: it.tenant, tenantSlug: 'acme', modules: [asked], requested: [module] };
  const { job, events } = requestJob({ ...about, fence: expected + 1, requestedBy: 'ada', attemptsMax: 3 }, timing);
  const before = read?.modules.find((known) => known.module === module);
  const locked = job.modules.flatMap((one) => tenantModuleAfter(job, one, before, { archiveDays }) ?? [])[0];
  const after = locked && !before && configuration ? { ...locked, configuration } : locked;
  const configurations = configuration ? { [module]: givenOf(configuration) } : {};
  await it.jobs.commit({ job, events, tenantModules: [change(module, before, after)], configurations, tenantRevision: { expected } });
  return job;
};

/** Stores the way of a job to its end, with what that makes of its module. */
const finish = async (it: RegistryStand, job: Job, way: keyof typeof ways, when = timing): Promise<void> => {
  const begun: readonly Decision[] = [(one) => beginValidating(one, when), (one) => beginWork(one, when)];
  const decisions = way === 'done' ? [...begun, (one: Job) => complete(one, when)] : [...begun, ...ways[way]];
  let last = job;
  const events = decisions.flatMap((decide) => {
    const made = decide(last);
    last = made.reduce(evolve, last);
    return made;
  });
  const configurations = await it.jobs.configuration(job.id);
  const tenantModules: TenantModuleChange[] = [];
  for (const one of last.modules) {
    const before = await moduleOf(it, one.module);
    const given = way === 'done' ? configurations[one.module] : undefined;
    tenantModules.push(change(one.module, before, tenantModuleAfter(last, one, before, { ...given, archiveDays })));
  }
  await it.jobs.commit({ before: job, job: last, events, tenantModules });
};

const through = async (it: RegistryStand, asked: Change, configuration?: Configuration): Promise<void> =>
  finish(it, await ask(it, asked, configuration), 'done');

/** A tenant that has finance, with its configuration. */
const withFinance = async (it: RegistryStand, module = 'finance'): Promise<RegistryStand> => {
  await through(it, aChange('install', module), { currency: 'EUR' });
  return it;
};

const dueOf = async (it: RegistryStand, when: Date) =>
  (await it.tenantModules.dueForPurge(when, 1_000)).filter(({ tenantId }) => tenantId === it.tenant).map(({ module }) => module);

const describeChanges = (name: string, make: () => Promise<RegistryStand>): void => {
  describe(`A tenant’s module ${name}`, () => {
    test('that is upgraded has the other version, and what else was known of it', async () => {
      const it = await withFinance(await make());
      const before = await moduleOf(it);
      const job = await ask(it, aChange('upgrade'));
      expect(await moduleOf(it)).toEqual({ ...before, status: 'Changing', jobId: job.id });
      await finish(it, job, 'done');
      expect(await moduleOf(it)).toEqual({ ...before, version: '2.0.0', installedBy: job.id });
    });

    test('whose upgrade failed is what it was, and free', async () => {
      const it = await withFinance(await make());
      const before = await moduleOf(it);
      await finish(it, await ask(it, aChange('upgrade'), { currency: 'USD' }), 'failed');
      expect(await moduleOf(it)).toEqual(before);
    });

    test('whose upgrade needs a person stays that job’s', async () => {
      const it = await withFinance(await make());
      const job = await ask(it, aChange('upgrade'));
      await finish(it, job, 'stuck');
      expect(await moduleOf(it)).toMatchObject({ status: 'ManualIntervention', version: '1.0.0', jobId: job.id });
    });

    test('has another configuration only where a change brings one, and only once it is done', async () => {
      const it = await withFinance(await make());
      await through(it, aChange('upgrade'));
      expect((await moduleOf(it))?.configuration).toEqual({ currency: 'EUR' });
      const job = await ask(it, aChange('downgrade'), { currency: 'USD' });
      expect((await moduleOf(it))?.configuration).toEqual({ currency: 'EUR' });
      await finish(it, job, 'done');
      expect((await moduleOf(it))?.configuration).toEqual({ currency: 'USD' });
    });

    test('that is uninstalled is kept as an archive, with its configuration', async () => {
      const it = await withFinance(await make());
      const before = await moduleOf(it);
      await through(it, aChange('uninstall'));
      const { version: _gone, ...kept } = before ?? {};
      const archive = { number: 1, version: '1.0.0', at, expiresAt: days(archiveDays) };
      expect(await moduleOf(it)).toEqual({ ...kept, status: 'Archived', archives: 1, archive });
    });

    test('is leaving from the request for its uninstall on, and no more once that came to nothing', async () => {
      const it = await withFinance(await make());
      const before = await moduleOf(it);
      const job = await ask(it, aChange('uninstall'));
      expect(await moduleOf(it)).toEqual({ ...before, status: 'Changing', jobId: job.id, leaving: true });
      await finish(it, job, 'failed');
      expect(await moduleOf(it)).toEqual(before);
    });

    test('that is restored has no archive any more, and remembers how many there were', async () => {
      const it = await withFinance(await make());
      await through(it, aChange('uninstall'));
      await through(it, aChange('restore'));
      const restored = await moduleOf(it);
      expect(restored).toMatchObject({ status: 'Active', version: '1.0.0', archives: 1, configuration: { currency: 'EUR' } });
      expect(restored).not.toHaveProperty('archive');
    });

    test('whose restore failed is the archive that it was', async () => {
      const it = await withFinance(await make());
      await through(it, aChange('uninstall'));
      const before = await moduleOf(it);
      await finish(it, await ask(it, aChange('restore')), 'failed');
      expect(await moduleOf(it)).toEqual(before);
    });

    test('that is purged is gone, and may be installed anew', async () => {
      const it = await withFinance(await make());
      await through(it, aChange('uninstall'));
      await through(it, aChange('purge'));
      expect(await moduleOf(it)).toBeUndefined();
      await through(it, aChange('install'), { currency: 'CHF' });
      expect(await moduleOf(it)).toMatchObject({ status: 'Active', configuration: { currency: 'CHF' } });
    });

    test('that is archived is locked for a change only as it was read', async () => {
      const it = await withFinance(await make());
      await through(it, aChange('uninstall'));
      const stale = await moduleOf(it);
      await through(it, aChange('restore'));
      const read = await it.tenantModules.read(it.tenant);
      const expected = read?.tenant.revision ?? 0;
      const about = { id: ulid(), kind: 'purge' as const, tenantId: it.tenant, tenantSlug: 'acme', modules: [aChange('purge')] };
      const { job, events } = requestJob({ ...about, requested: ['finance'], fence: 9, requestedBy: 'ada', attemptsMax: 3 }, timing);
      const tenantModules = job.modules.map((one) => change('finance', stale, tenantModuleAfter(job, one, stale, { archiveDays })));
      await expect(it.jobs.commit({ job, events, tenantModules, tenantRevision: { expected } })).rejects.toMatchObject(contended);
      expect(await moduleOf(it)).toMatchObject({ status: 'Active' });
    });
  });

  describe(`Archives ${name}`, () => {
    test('are due from the moment on at which their time has come', async () => {
      const it = await withFinance(await make());
      await through(it, aChange('uninstall'));
      const expiresAt = days(archiveDays);
      expect([await dueOf(it, new Date(expiresAt.getTime() - 1)), await dueOf(it, expiresAt), await dueOf(it, days(99))]).toEqual([
        [],
        ['finance'],
        ['finance'],
      ]);
    });

    test('are due with all that is known of them', async () => {
      const it = await withFinance(await make());
      await through(it, aChange('uninstall'));
      const due = (await it.tenantModules.dueForPurge(days(99), 1_000)).filter(({ tenantId }) => tenantId === it.tenant);
      expect(due).toEqual([await moduleOf(it)]);
    });

    test('are not due while a job has them in its hands, nor once they are restored or purged', async () => {
      const it = await withFinance(await make());
      await through(it, aChange('uninstall'));
      const restore = await ask(it, aChange('restore'));
      expect(await dueOf(it, days(99))).toEqual([]);
      await finish(it, restore, 'failed');
      expect(await dueOf(it, days(99))).toEqual(['finance']);
      await through(it, aChange('restore'));
      expect(await dueOf(it, days(99))).toEqual([]);
      await through(it, aChange('uninstall', 'finance', { archive: 2 }));
      await through(it, aChange('purge', 'finance', { archive: 2 }));
      expect(await dueOf(it, days(99))).toEqual([]);
    });

    test('are due the oldest first, and no more than are asked for', async () => {
      const it = await make();
      const order = ['calendar', 'finance', 'cards', 'members'];
      for (const module of order) await withFinance(it, module);
      for (const [index, module] of ['cards', 'members', 'calendar', 'finance'].entries()) {
        const when = { ...timing, at: days([3, 4, 1, 2][index] ?? 0) };
        await finish(it, await ask(it, aChange('uninstall', module)), 'done', when);
      }
      expect(await dueOf(it, days(99))).toEqual(order);
      expect(await dueOf(it, days(archiveDays + 2))).toEqual(['calendar', 'finance']);
      const all = await it.tenantModules.dueForPurge(days(99), 1_000);
      expect(await it.tenantModules.dueForPurge(days(99), 2)).toEqual(all.slice(0, 2));
    });
  });
};

describeChanges('in memory', inMemory);
describeChanges('in DynamoDB', inDynamodb(registryTable()));
