import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { type ConfigureModule, makeConfigureModule } from '../../../contexts/module-registry/application/configure-module.ts';
import { makeReadConfiguration, makeShowTenantModule } from '../../../contexts/module-registry/application/show-tenant-module.ts';
import type { TenantModule } from '../../../contexts/module-registry/domain/tenant-module.ts';
import { Contended, Unavailable } from '../../../contexts/shared/domain/errors.ts';
import { makeMemoryConfigurations } from '../../support/memory-configurations.ts';
import { aModule, tenantId } from '../../support/memory-registry.ts';
import { aChange, beforeChange } from '../../support/module-job.ts';
import { anEmptyRegistry } from './registry-under-test.ts';

const schema = {
  type: 'object',
  properties: {
    currency: { type: 'string', pattern: '^[A-Z]{3}$', default: 'EUR' },
    invoices: { type: 'object', properties: { prefix: { type: 'string' }, digits: { type: 'integer' } } },
    key: { type: 'string', minLength: 8, writeOnly: true },
    account: { type: 'string', writeOnly: true },
  },
  additionalProperties: false,
};

const aConfigurable = (more: Partial<TenantModule> = {}) => {
  const it = anEmptyRegistry([aModule('finance', { configuration: schema })]);
  it.state.modules.set('finance', {
    ...{ tenantId, module: 'finance', status: 'Active', version: '1.0.0', installedBy: 'J0', configuration: { currency: 'CHF' } },
    ...more,
  });
  const { secrets, left } = it;
  const configurations = makeMemoryConfigurations(it);
  const ports = { ...it.ports, configurations };
  const change = (patch: ConfigureModule['patch'], command: Partial<ConfigureModule> = {}) =>
    makeConfigureModule(ports)({ tenantId, module: 'finance', patch, ifMatch: ['*'], actor: 'ada', ...command });
  const show = () => makeShowTenantModule(ports)(tenantId, 'finance');
  const stored = () => it.state.modules.get('finance');
  const values = () => [...secrets.kept.values()];
  return { it, ports, secrets, left, change, show, stored, values };
};
type Configurable = ReturnType<typeof aConfigurable>;

/** Everything that is kept anywhere but where secrets are. */
const everythingElse = ({ it }: Configurable): string =>
  JSON.stringify([...it.state.modules.values(), it.trail.events(`CONFIGURATION#${tenantId}#finance`, { limit: 10 }), it.history]);

describe('Configuring a module', () => {
  test('merges the patch into what is set, keeps only that, and shows it with the defaults', async () => {
    const { change, stored } = aConfigurable({ configuration: { invoices: { prefix: 'R', digits: 4 } } });

    const { effective } = await change({ invoices: { prefix: null, digits: 6 } });

    expect(stored()?.configuration).toEqual({ invoices: { digits: 6 } });
    expect(effective).toEqual({ currency: 'EUR', invoices: { digits: 6 } });
  });

  test('is told in the trail and the history by the names of the fields that changed', async () => {
    const of = aConfigurable();

    await of.change({ currency: 'CHF', invoices: { digits: 5 }, key: 'hush-hush' });

    const [event] = of.it.trail.events(`CONFIGURATION#${tenantId}#finance`, { limit: 10 }).items;
    expect(event).toMatchObject({
      name: 'ModuleConfigured',
      sequence: 1,
      actor: 'ada',
      facts: { version: '1.0.0', fields: ['invoices', 'key'] },
    });
    expect(of.it.history).toEqual([{ tenantId, module: 'finance', at: of.ports.clock.now(), actor: 'ada', fields: ['invoices', 'key'] }]);
  });

  test('that changes nothing stores nothing but its key', async () => {
    const { it, change, show } = aConfigurable();
    const idempotency = { id: 'k', bodyHash: 'b' };

    expect(await change({ currency: 'CHF', account: null }, { idempotency })).toEqual(await show());
    expect(it.history).toEqual([]);
    expect(await it.trail.idempotency.find('k', new Date('2026-01-01'))).toBeDefined();
  });

  test('is refused field by field where the result does not fit the version that stands', async () => {
    const { it, change, stored } = aConfigurable();

    await expect(change({ currency: 'francs', key: 'short', colour: 'red' })).rejects.toMatchObject({
      name: 'Malformed',
      fields: [{ field: 'configuration.currency' }, { field: 'configuration.key' }, { field: 'configuration', message: /colour/ }].map(
        (field) => ({
          ...field,
          message: expect.stringMatching(field.message ?? ''),
        }),
      ),
    });
    expect([stored()?.configuration, it.history]).toEqual([{ currency: 'CHF' }, []]);
  });

  test('with a patch that is too large is refused before anything is made of it', async () => {
    const tooDeep = JSON.parse(`${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`);

    await expect(aConfigurable().change(tooDeep)).rejects.toMatchObject({ name: 'Malformed', fields: [{ field: 'body' }] });
  });

  test.each([
    [
      'a job has it in its hands',
      { status: 'Changing', jobId: 'J1' },
      { kind: 'conflict', reason: 'job-in-the-way', facts: { job: 'J1' } },
    ],
    [
      'it needs a person',
      { status: 'ManualIntervention', jobId: 'J1' },
      { kind: 'conflict', reason: 'job-in-the-way', facts: { job: 'J1' } },
    ],
    ['it is archived', { status: 'Archived' }, { kind: 'conflict', reason: 'archived' }],
  ] as const)('is refused while %s', async (_, more, refusal) => {
    await expect(aConfigurable(more).change({ currency: 'USD' })).rejects.toMatchObject({ refusal });
  });

  test('is refused for a tenant that is not active, and for a module that is not there', async () => {
    const of = aConfigurable();
    of.it.state.tenantStatus = 'suspended';

    await expect(of.change({})).rejects.toMatchObject({ refusal: { kind: 'unprocessable', reason: 'tenant-not-active' } });
    await expect(of.change({}, { module: 'shop' })).rejects.toMatchObject({
      refusal: { kind: 'not-found', reason: 'module-not-installed' },
    });
    await expect(of.change({}, { tenantId: 'nobody' })).rejects.toMatchObject({ refusal: { kind: 'not-found' } });
  });

  test('takes the tag of what stands, alone or among others, and refuses any other', async () => {
    const { change, show } = aConfigurable();
    const { tag } = await show();
    await change({ currency: 'USD' }, { ifMatch: ['"another"', tag] });

    await expect(change({ currency: 'GBP' }, { ifMatch: [tag] })).rejects.toMatchObject({
      refusal: { kind: 'precondition-failed', reason: 'module-changed' },
    });
    await expect(change({ currency: 'GBP' }, { ifMatch: [`W/${(await show()).tag}`] })).rejects.toMatchObject({
      refusal: { kind: 'precondition-failed' },
    });
  });

  test('answers a repeated key with what stands, and refuses the key with another body', async () => {
    const { it, change, show } = aConfigurable();
    const { tag } = await show();
    const first = { ifMatch: [tag], idempotency: { id: 'k', bodyHash: 'b' } };
    await change({ currency: 'USD' }, first);

    expect(await change({ currency: 'USD' }, first)).toEqual(await show());
    expect(it.history).toHaveLength(1);
    await expect(change({ currency: 'GBP' }, { ...first, idempotency: { id: 'k', bodyHash: 'c' } })).rejects.toMatchObject({
      refusal: { reason: 'idempotency-key-reused' },
    });
  });

  test('starts over when somebody else was faster, and is refused then if it said what it had seen', async () => {
    const { ports, change, show, stored } = aConfigurable();
    const { tag } = await show();
    const { save } = ports.configurations;
    let faster = true;
    Object.assign(ports.configurations, {
      save: async (wanted: Parameters<typeof save>[0]) => {
        if (faster) {
          faster = false;
          await save({ ...wanted, after: { ...wanted.before, configuration: { invoices: { digits: 9 } } } });
        }
        return save(wanted);
      },
    });
    await change({ currency: 'USD' });
    expect(stored()?.configuration).toEqual({ currency: 'USD', invoices: { digits: 9 } });

    faster = true;
    await expect(change({ currency: 'GBP' }, { ifMatch: [tag] })).rejects.toMatchObject({ refusal: { kind: 'precondition-failed' } });
  });

  test('loses no change that is stored between its reads, however long each of them takes', async () => {
    const { ports, change, show, stored } = aConfigurable();
    const { tag } = await show();
    const { read } = ports.tenantModules;
    const { changes } = ports.configurations;
    const tenantModules = {
      ...ports.tenantModules,
      read: async (id: string) => {
        const seen = await read(id);
        if (stored()?.configuration['currency'] === 'CHF') await change({ currency: 'USD' });
        return seen;
      },
    };
    const slowly = async (...of: Parameters<typeof changes>) => {
      await sleep(20);
      return changes(...of);
    };
    const configure = makeConfigureModule({ ...ports, tenantModules, configurations: { ...ports.configurations, changes: slowly } });

    await expect(
      configure({ tenantId, module: 'finance', patch: { currency: 'GBP' }, ifMatch: [tag], actor: 'bob' }),
    ).rejects.toMatchObject({ refusal: { kind: 'precondition-failed' } });
    expect(stored()?.configuration).toEqual({ currency: 'USD' });
  });
});

describe('A write-only field', () => {
  test('is kept apart, and shown by its name only', async () => {
    const of = aConfigurable();

    const { tenantModule, effective } = await of.change({ currency: 'USD', key: 'hush-hush' });

    expect(of.values()).toEqual([{ key: 'hush-hush' }]);
    expect(tenantModule.secrets).toEqual({ ref: expect.any(String), fields: ['key'] });
    expect(effective).toEqual({ currency: 'USD' });
    expect(everythingElse(of)).not.toContain('hush-hush');
  });

  test('goes to those that are set already, and what was kept before is removed', async () => {
    const { change, values, stored } = aConfigurable();
    await change({ key: 'hush-hush' });
    await change({ account: 'A-1' });
    await change({ currency: 'USD' });

    expect(values()).toEqual([{ key: 'hush-hush', account: 'A-1' }]);
    expect(stored()?.secrets?.fields).toEqual(['account', 'key']);
  });

  test('is taken away by null; the last one leaves nothing', async () => {
    const { change, values, stored } = aConfigurable();
    await change({ key: 'hush-hush', account: 'A-1' });
    await change({ key: null });
    expect(values()).toEqual([{ account: 'A-1' }]);

    await change({ account: null });
    expect(values()).toEqual([]);
    expect(stored()).not.toHaveProperty('secrets');
  });

  test('changes the tag even when it is set to what it was: nobody learns what that is', async () => {
    const { change } = aConfigurable();

    expect((await change({ key: 'hush-hush' })).tag).not.toBe((await change({ key: 'hush-hush' })).tag);
  });

  test('can be set again when what was kept is lost, as after a restore of the table', async () => {
    const { secrets, change, values } = aConfigurable();
    await change({ key: 'hush-hush', account: 'A-1' });
    secrets.kept.clear();

    expect((await change({ key: 'set again' })).tenantModule.secrets?.fields).toEqual(['key']);
    expect(values()).toEqual([{ key: 'set again' }]);
  });

  test('that lost the race is removed again', async () => {
    const { ports, change, values, stored } = aConfigurable();
    Object.assign(ports.configurations, { save: () => Promise.reject(new Contended('lost')) });

    await expect(change({ key: 'hush-hush' })).rejects.toMatchObject({ name: 'Contended' });
    expect([values(), stored()?.secrets]).toEqual([[], undefined]);
  }, 20_000);

  test('stays where nobody knows whether the change was stored', async () => {
    const { ports, change, values } = aConfigurable();
    Object.assign(ports.configurations, { save: () => Promise.reject(new Unavailable('no answer')) });

    await expect(change({ key: 'hush-hush' })).rejects.toMatchObject({ name: 'Unavailable' });
    expect(values()).toEqual([{ key: 'hush-hush' }]);
  });

  test('takes with it what a failed job has left: tried again, it would bring back what was there before', async () => {
    const { secrets, change, values } = aConfigurable();
    await secrets.write({ tenantId, module: 'finance' }, { key: 'of a failed job' });
    await change({ key: 'hush-hush' });

    expect(values()).toEqual([{ key: 'hush-hush' }]);
  });

  test('leaves alone what somebody wrote after it was stored: their change may come to be', async () => {
    const { ports, secrets, change, values } = aConfigurable();
    await change({ key: 'hush-hush' });
    const { save } = ports.configurations;
    Object.assign(ports.configurations, {
      save: async (wanted: Parameters<typeof save>[0]) => {
        await save(wanted);
        await secrets.write({ tenantId, module: 'finance' }, { key: 'of the next one' });
      },
    });
    await change({ key: 'still-hush' });

    expect(values()).toEqual([{ key: 'still-hush' }, { key: 'of the next one' }]);
  });

  test('is changed all the same when what was kept before cannot be removed, which is told', async () => {
    const { secrets, change, stored, left } = aConfigurable();
    await change({ key: 'hush-hush' });
    Object.assign(secrets, { remove: () => Promise.reject(new Unavailable('not now')) });

    const { tenantModule } = await change({ key: 'still-hush' });

    expect(stored()?.secrets).toEqual(tenantModule.secrets);
    expect(left).toEqual([tenantId]);
  });
});

describe('A module that is shown', () => {
  test('has no configuration that counts while no version stands', async () => {
    const { it, show } = aConfigurable();
    const archived = beforeChange(aChange('restore'));
    if (archived) it.state.modules.set('finance', archived);

    expect(await show()).not.toHaveProperty('effective');
  });

  test('has one while it is being uninstalled, too: its version stands', async () => {
    const { show } = aConfigurable({ status: 'Changing', jobId: 'J1', leaving: true });

    expect((await show()).effective).toEqual({ currency: 'CHF' });
  });

  test('has another tag when a job takes it, and the same one when it is as before', async () => {
    const { it, show, stored } = aConfigurable();
    const before = stored();
    const { tag } = await show();
    if (before) it.state.modules.set('finance', { ...before, status: 'Changing', jobId: 'J1' });
    const during = (await show()).tag;
    if (before) it.state.modules.set('finance', { ...before });

    expect(during).not.toBe(tag);
    expect((await show()).tag).toBe(tag);
  });

  test('tells its own API the configuration that counts, and that it does not work while archived', async () => {
    const { ports } = aConfigurable({ configuration: {} });

    expect(await makeReadConfiguration(ports)(tenantId, 'finance')).toEqual({ currency: 'EUR' });
    await expect(makeReadConfiguration(aConfigurable({ status: 'Archived' }).ports)(tenantId, 'finance')).rejects.toMatchObject({
      refusal: { reason: 'module-not-installed' },
    });
  });
});
