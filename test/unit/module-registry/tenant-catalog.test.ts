import { describe, expect, test } from '@jest/globals';
import type { Subscriptions } from '../../../contexts/module-registry/application/ports.ts';
import { makeTenantCatalog } from '../../../contexts/module-registry/application/tenant-catalog.ts';
import type { ModuleVersion } from '../../../contexts/module-registry/domain/module-version.ts';
import type { TenantModule } from '../../../contexts/module-registry/domain/tenant-module.ts';
import { Unavailable } from '../../../contexts/shared/domain/errors.ts';
import { makeMemoryCatalog } from '../../support/memory-catalog.ts';
import { aModule, makeMemoryRegistry, tenantId } from '../../support/memory-registry.ts';

const at = new Date('2026-06-01T00:00:00Z');
const needing = (module: string, range: string): Pick<ModuleVersion, 'dependencies'> => ({
  dependencies: [{ module, range, optional: false }],
});

type Versions = readonly (Partial<ModuleVersion> & { readonly version: string })[];
interface Stand {
  readonly catalog: Readonly<Record<string, Versions>>;
  readonly has?: Readonly<Record<string, Partial<TenantModule>>>;
  /** Modules that need a subscription, and whether the tenant has it. */
  readonly subscriptions?: Readonly<Record<string, boolean | 'unavailable'>>;
  readonly limit?: number;
}

const offersOf = async ({ catalog, has = {}, subscriptions = {}, limit = 100 }: Stand) => {
  const stored = makeMemoryCatalog();
  for (const [name, versions] of Object.entries(catalog)) {
    const { module } = aModule(name, {}, { subscriptionRequired: name in subscriptions });
    const event = { name: 'ModuleRegistered', module: name, actor: 'system', at: at.toISOString() };
    await stored.save({ module, versions: versions.map((version) => aModule(name, version).version), others: [], event });
  }
  const asked: (readonly string[])[] = [];
  const service: Pick<Subscriptions, 'subscribedAmong'> = {
    subscribedAmong: async (_, wanted) => {
      asked.push(wanted);
      if (wanted.some((module) => subscriptions[module] === 'unavailable')) throw new Unavailable('the subscription service is absent');
      return new Set(wanted.filter((module) => subscriptions[module] === true));
    },
  };
  let requests = 0;
  const counted =
    <A extends readonly unknown[], R>(ask: (...of: A) => R) =>
    (...of: A): R => {
      requests += 1;
      return ask(...of);
    };
  const { jobs, tenantModules } = makeMemoryRegistry();
  const modules = Object.entries(has).map(
    ([module, more]): TenantModule => ({
      ...{ tenantId, module, configuration: {} },
      ...(more.status === 'Archived' ? {} : { version: '1.0.0' }),
      status: 'Active',
      ...more,
    }),
  );
  const tenant = await tenantModules.read(tenantId);
  if (!tenant) throw new Error('the tenant is there');
  const tenantCatalog = makeTenantCatalog({
    catalog: { shelf: counted(stored.shelf), offered: counted(stored.offered) },
    jobs,
    tenantModules: { read: async () => ({ ...tenant, modules }) },
    subscriptions: service,
    clock: { now: () => at },
  });
  const { items } = await tenantCatalog(tenantId, { limit });
  return { asked, items, requests: () => requests, offer: (name: string) => items.find(({ module }) => module.name === name) };
};

describe('The catalog that a tenant sees', () => {
  test('says of a module that it does not have what an install would bring', async () => {
    const { offer } = await offersOf({
      catalog: {
        finance: [{ version: '1.0.0', ...needing('membership', '^1.0') }],
        membership: [{ version: '1.0.0' }, { version: '1.1.0' }],
      },
    });

    expect(offer('finance')).toMatchObject({
      subscription: 'not-required',
      install: { version: '1.0.0', brings: [{ module: 'membership', version: '1.1.0' }], missing: [] },
    });
    expect(offer('finance')).not.toHaveProperty('present');
  });

  test('says what is missing: a dependency, or a subscription to the module or to what comes with it', async () => {
    const { offer, asked } = await offersOf({
      catalog: {
        finance: [{ version: '1.0.0', ...needing('membership', '^1.0') }],
        membership: [{ version: '1.0.0' }],
        elections: [{ version: '1.0.0', ...needing('membership', '^3.0') }],
      },
      subscriptions: { finance: true, membership: false },
    });
    const missing = (name: string) => offer(name)?.install?.missing.map(({ reason, facts }) => [reason, facts?.['module']]);

    expect([offer('finance')?.subscription, missing('finance')]).toEqual(['active', [['subscription-required', 'membership']]]);
    expect([offer('membership')?.subscription, missing('membership')]).toEqual(['missing', [['subscription-required', 'membership']]]);
    expect(missing('elections')?.[0]?.[0]).toBe('missing-dependency');
    expect(asked.map((wanted) => wanted.toSorted())).toEqual([['finance', 'membership']]);
  });

  test('asks about the subscriptions of what the page shows or brings, and of nothing else', async () => {
    const catalog = {
      finance: [{ version: '1.0.0', ...needing('membership', '^1.0') }],
      membership: [{ version: '1.0.0' }, { version: '1.1.0', ...needing('wallet', '^1.0') }, { version: '2.0.0' }],
      notes: [{ version: '1.0.0' }, { version: '2.0.0' }],
      wallet: [{ version: '1.0.0' }],
    };
    const subscriptions = { membership: true, notes: true, wallet: true };
    const [some, none] = await Promise.all([
      offersOf({ catalog, has: { notes: {} }, subscriptions, limit: 1 }),
      offersOf({ catalog, has: { notes: {}, membership: { version: '1.1.0' }, wallet: {} }, subscriptions, limit: 1 }),
    ]);

    expect(some.items.map(({ module }) => module.name)).toEqual(['finance']);
    expect(some.asked.map((wanted) => wanted.toSorted())).toEqual([['membership', 'wallet']]);
    expect(none.asked.flat()).toEqual([]);
  });

  test('misses no subscription to what stands already, though an install raises it', async () => {
    const { offer } = await offersOf({
      catalog: {
        finance: [{ version: '1.0.0', ...needing('membership', '^2.0') }],
        membership: [{ version: '1.0.0' }, { version: '2.0.0' }],
      },
      has: { membership: {} },
      subscriptions: { membership: false },
    });

    expect(offer('finance')?.install).toEqual({ version: '1.0.0', brings: [{ module: 'membership', version: '2.0.0' }], missing: [] });
    expect(offer('membership')?.upgrade?.missing).toMatchObject([{ reason: 'subscription-required' }]);
  });

  test('asks as often for many modules as for one, and once more for each step to what these need beyond the page', async () => {
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`m${n}`, [{ version: '1.0.0' }, { version: '2.0.0' }]]));
    const chain = {
      a: [{ version: '1.0.0', ...needing('y', '^1.0') }],
      y: [{ version: '1.0.0', ...needing('z', '^1.0') }],
      z: [{ version: '1.0.0' }],
    };
    const [one, all, beyond] = await Promise.all([
      offersOf({ catalog: { m0: [{ version: '1.0.0' }] } }),
      offersOf({ catalog: many, has: { m1: {}, m2: {} }, subscriptions: { m3: true } }),
      offersOf({ catalog: chain, limit: 1 }),
    ]);

    expect([one, all].map(({ items, requests, asked }) => [items.length, requests(), asked.length])).toEqual([
      [1, 1, 1],
      [40, 1, 1],
    ]);
    expect(beyond.offer('a')?.install).toMatchObject({ version: '1.0.0', brings: [{ module: 'z' }, { module: 'y' }] });
    expect(beyond.requests()).toBe(3);
  });

  test('is shown when nobody can say whether the tenant is subscribed', async () => {
    const { offer } = await offersOf({ catalog: { finance: [{ version: '1.0.0' }] }, subscriptions: { finance: 'unavailable' } });

    expect(offer('finance')).toMatchObject({ subscription: 'unknown', install: { version: '1.0.0', missing: [] } });
  });

  test('offers an upgrade of what stands, and nothing where the newest stands', async () => {
    const { offer } = await offersOf({
      catalog: {
        finance: [{ version: '1.0.0' }, { version: '1.2.0' }, { version: '2.0.0', status: 'draft' }],
        notes: [{ version: '1.0.0' }, { version: '1.1.0', status: 'draft' }],
      },
      has: { finance: {}, notes: {} },
    });

    expect(offer('finance')).toMatchObject({ present: { version: '1.0.0' }, upgrade: { version: '1.2.0', brings: [], missing: [] } });
    expect(offer('notes')).not.toHaveProperty('upgrade');
    expect(offer('notes')).not.toHaveProperty('install');
  });

  test('says what is in the way of an upgrade', async () => {
    const { offer } = await offersOf({
      catalog: {
        cards: [{ version: '1.0.0' }, { version: '2.0.0' }],
        finance: [{ version: '1.0.0', ...needing('cards', '^1.0') }],
      },
      has: { cards: {}, finance: {} },
    });

    expect(offer('cards')?.upgrade).toMatchObject({ version: '2.0.0', missing: [{ reason: 'dependents-in-the-way' }] });
  });

  test('warns of a version that stands and is deprecated, past its sunset or withdrawn, and offers the way out', async () => {
    const sunsetAt = new Date('2026-05-01T00:00:00Z');
    const { offer } = await offersOf({
      catalog: {
        past: [{ version: '1.0.0', status: 'deprecated', sunsetAt }, { version: '1.1.0' }],
        gone: [{ version: '1.0.0', status: 'withdrawn' }],
      },
      has: { past: {}, gone: {} },
    });

    expect(offer('past')).toMatchObject({
      warning: expect.stringContaining('past its sunset'),
      upgrade: { version: '1.1.0', missing: [] },
    });
    expect(offer('gone')?.warning).toBe('gone 1.0.0 was withdrawn; choose another version');
    expect(offer('gone')).not.toHaveProperty('upgrade');
  });

  test('leaves out what nobody can install, but for what the tenant has', async () => {
    const { items } = await offersOf({
      catalog: {
        draft: [{ version: '1.0.0', status: 'draft' }],
        gone: [{ version: '1.0.0', status: 'withdrawn' }],
        ageing: [{ version: '1.0.0', status: 'deprecated', sunsetAt: new Date('2027-01-01') }],
        kept: [{ version: '1.0.0', status: 'withdrawn' }],
      },
      has: { kept: { status: 'Archived' } },
    });

    expect(items.map(({ module }) => module.name)).toEqual(['ageing', 'kept']);
  });
});
