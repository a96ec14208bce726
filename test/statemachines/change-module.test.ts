import { describe, expect, test } from '@jest/globals';
import { aModule } from '../support/memory-registry.ts';
import { saying } from '../support/memory-subscriptions.ts';
import { aChange } from '../support/module-job.ts';
import { openWorkflow } from '../support/workflow.ts';
import { absentAtFirst, anUpgrade, givenChange, standing } from './module-changes.ts';
import { aModuleJob, type Given } from './module-stand.ts';

const workflow = openWorkflow('install-module.asl.json');
const change = (given: Given) => aModuleJob(workflow, given);

const expanding = ['restorePoint', 'runHook', 'migrateForLandlord', 'migrateForTenant'];

describe('An upgrade', () => {
  test('takes a restore point, then hook, landlord and tenant of each module; then the post hooks; last what cannot be undone', async () => {
    const it = await anUpgrade(workflow);
    const end = await it.run();
    expect([end.lastState, it.stored().state]).toEqual(['Active', 'Active']);
    expect(it.asked()).toEqual([
      ...['membership', 'finance'].flatMap((module) => expanding.map((operation) => `${module}.${operation}`)),
      ...['membership.runHook', 'finance.runHook', 'finance.migrateForTenant contract'],
    ]);
    expect(standing(it)).toEqual({ membership: ['Active', '2.0.0'], finance: ['Active', '2.0.0'] });
  });

  test('keeps where the data lies, and of each module what stood there', async () => {
    const it = await anUpgrade(workflow);
    await it.run();
    expect(it.stored().restorePoint).toMatchObject({ database: 'tenant_acme', clusterArn: 'arn:cluster' });
    expect(await it.restorePoints()).toMatchObject([
      { module: 'finance', version: '1.0.0', fingerprint: 'f1' },
      { module: 'membership', version: '1.0.0', fingerprint: 'f1' },
    ]);
  });

  test('tells the hooks of both versions', async () => {
    const it = await anUpgrade(workflow);
    await it.run();
    const hooks = it.requests.flatMap((request) => (request.operation === 'runHook' ? [[request.hook, request.from, request.to]] : []));
    expect(hooks).toEqual(['preUpgrade', 'preUpgrade', 'postUpgrade', 'postUpgrade'].map((hook) => [hook, '1.0.0', '2.0.0']));
  });

  test('commits what cannot be undone of one module after the other, each in as many slices as it takes', async () => {
    const slices = [1, 2, 1, 2].map((applied) => ({ done: applied === 2, applied: applied + 1, total: 3 }));
    const expand = { done: true, applied: 1, total: 3 };
    const script = { migrateForTenant: [expand, expand, ...slices] };
    const it = await change({ ...givenChange('upgrade', ['membership', 'finance'], { hooks: [] }), script });
    expect((await it.run()).lastState).toBe('Active');
    const contract = it.asked().filter((asked) => asked.endsWith('contract'));
    expect(contract).toEqual(['membership', 'membership', 'finance', 'finance'].map((module) => `${module}.migrateForTenant contract`));
  });

  test('that narrows nothing has no such phase', async () => {
    const it = await change(givenChange('upgrade'));
    expect((await it.run()).entered).not.toContain('ContractTenant');
    expect(standing(it)).toEqual({ finance: ['Active', '2.0.0'] });
  });

  test('brings along, in the same plan, a module that is not there yet', async () => {
    const changes = [aChange('install', 'membership'), aChange('upgrade')];
    const modules = [aModule('membership', { seeds: true }), aModule('finance', { version: '2.0.0' })];
    const it = await change({ changes, modules });
    expect((await it.run()).lastState).toBe('Active');
    expect(it.asked()).toEqual(['membership.migrateForTenant', 'membership.seed', 'finance.restorePoint', 'finance.migrateForTenant']);
    expect(standing(it)).toEqual({ membership: ['Active', '1.0.0'], finance: ['Active', '2.0.0'] });
  });
});

describe('A downgrade', () => {
  test('takes its downs last of all: they cannot be undone', async () => {
    const changes = [aChange('upgrade', 'membership'), aChange('downgrade')];
    const modules = [...givenChange('upgrade', ['membership']).modules, aModule('finance')];
    const it = await change({ changes, modules });
    expect((await it.run()).lastState).toBe('Active');
    expect(it.asked().at(-1)).toBe('finance.downgradeForTenant');
    expect(it.requests.at(-1)).toMatchObject({ from: '2.0.0', to: '1.0.0', fence: 8 });
    expect(standing(it)).toEqual({ membership: ['Active', '2.0.0'], finance: ['Active', '1.0.0'] });
  });
});

describe('A restore', () => {
  test('gives the archive its name back, migrates what has to be, and leaves no archive', async () => {
    const changes = [aChange('restore', 'finance', { to: '2.0.0', archive: 3 })];
    const it = await change({ changes, modules: [aModule('finance', { version: '2.0.0', migrations: { landlord: 2, tenant: 1 } })] });
    expect((await it.run()).lastState).toBe('Active');
    const operations = ['restorePoint', 'restoreForTenant', 'migrateForLandlord', 'migrateForTenant'];
    expect(it.asked()).toEqual(operations.map((operation) => `finance.${operation}`));
    expect(it.requests.slice(0, 2)).toMatchObject([{ archive: 3 }, { archive: 3 }]);
    expect(it.state.modules.get('finance')).toMatchObject({ status: 'Active', version: '2.0.0', archives: 3 });
    expect(it.state.modules.get('finance')).not.toHaveProperty('archive');
  });
});

describe('A change of a module that needs a subscription', () => {
  const modules = ['1.0.0', '2.0.0'].map((version) => aModule('finance', { version }, { subscriptionRequired: true }));
  const given = { changes: [aChange('upgrade')], modules };

  test('waits while nobody can say who has subscribed, and goes on by itself', async () => {
    const it = await change({ ...given, subscriptions: absentAtFirst(3) });
    const end = await it.run();
    const waits = ['Validating', 'Validated', 'WaitForSubscription'];
    expect(end.entered.slice(0, 10)).toEqual([...waits, ...waits, ...waits, 'Validating']);
    expect([end.lastState, it.stored().waiting]).toEqual(['Active', undefined]);
    expect(await it.events()).toEqual(
      ['Requested', 'Validating', 'Waiting', 'Started'].map((moment) => `ModuleUpgrade${moment}`).concat('ModuleUpgraded'),
    );
  });

  test('says meanwhile for what it waits, and when it looks again', async () => {
    const seen: unknown[] = [];
    const it = await change({
      ...given,
      subscriptions: absentAtFirst(3, 60, () => {
        seen.push(it.stored().waiting?.nextTryAt.toISOString());
        it.wait(60);
      }),
    });
    await it.run();
    expect(seen).toEqual([undefined, '2026-01-01T00:02:00.000Z', '2026-01-01T00:03:00.000Z', '2026-01-01T00:04:00.000Z']);
  });

  test('fails after a day, and has changed nothing', async () => {
    const it = await change({ ...given, subscriptions: absentAtFirst(99, 60, () => it.wait(3 * 3600)) });
    expect((await it.run()).lastState).toBe('Failed');
    expect(it.stored()).toMatchObject({ state: 'Failed', reason: 'subscription-unavailable', error: { name: 'Unavailable' } });
    expect([it.asked(), standing(it)]).toEqual([[], { finance: ['Active', '1.0.0'] }]);
  });

  test('fails at once without one, and has changed nothing', async () => {
    const it = await change({ ...given, subscriptions: saying(false) });
    expect((await it.run()).entered).toEqual(['Validating', 'Validated', 'Failed']);
    expect([it.stored().reason, standing(it)]).toEqual(['subscription-required', { finance: ['Active', '1.0.0'] }]);
  });
});
