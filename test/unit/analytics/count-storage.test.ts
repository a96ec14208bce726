import { describe, expect, test } from '@jest/globals';
import { makeCountStorage, storagesIn } from '../../../contexts/analytics/index.ts';
import { makeMemoryStorageCounter } from '../../support/memory-storage-counter.ts';

const minute = (number: number): Date => new Date(Date.UTC(2026, 0, 1, 0, number));
const measured = (tenantId: string, number: number, byModule: Readonly<Record<string, number>>) => ({
  tenantId,
  now: { tenantId, measuredAt: minute(number), byModule },
});

const aCount = () => {
  const counter = makeMemoryStorageCounter();
  const totals = async () => Object.fromEntries((await counter.bytesByModule()).map(({ module, bytes }) => [module, bytes]));
  return { counter, totals, count: makeCountStorage(counter) };
};

describe('The storage of modules', () => {
  test('is the sum over tenants of what was measured last', async () => {
    const { count, totals } = aCount();
    await count([measured('acme', 1, { finance: 10, cards: 5 }), measured('globex', 1, { finance: 1 })]);
    await count([measured('acme', 2, { finance: 12, votes: 3 })]);
    expect(await totals()).toEqual({ finance: 13, votes: 3 });
  });

  test('is the same when a measurement comes again, or an older one after a newer', async () => {
    const { count, totals } = aCount();
    const [older, newer] = [measured('acme', 1, { finance: 10 }), measured('acme', 2, { finance: 30 })];
    const fresh = [await count([older]), await count([newer]), await count([newer]), await count([older])];
    expect([fresh, await totals()]).toEqual([[1, 1, 0, 0], { finance: 30 }]);
  });

  test('is gone with the tenant, and stays gone when that is told again', async () => {
    const { count, totals, counter } = aCount();
    await count([measured('acme', 1, { finance: 10 }), measured('globex', 1, { finance: 4 })]);
    const fresh = [await count([{ tenantId: 'acme' }]), await count([{ tenantId: 'acme' }])];
    expect([fresh, await totals(), await counter.storageOf('acme')]).toEqual([[1, 0], { finance: 4 }, undefined]);
  });

  test('of several measurements in a batch is that of the last', async () => {
    const { count, counter } = aCount();
    expect(await count([measured('acme', 1, { finance: 1 }), measured('acme', 2, { finance: 2 })])).toBe(1);
    expect((await counter.storageOf('acme'))?.byModule).toEqual({ finance: 2 });
  });
});

test('The stream tells of storage where a tenant was measured by module, and of its end where the tenant is deprovisioned', () => {
  const tenant = (id: string, more: Record<string, unknown>) => ({ keys: {}, image: { type: 'Tenant', id, status: 'active', ...more } });
  const storage = { bytes: 9, measuredAt: minute(1).toISOString(), byModule: { finance: 5 } };
  const records = [
    tenant('acme', { storage }),
    tenant('new', {}),
    tenant('old', { storage: { bytes: 9, measuredAt: minute(1).toISOString() } }),
    tenant('gone', { status: 'deprovisioned', storage }),
    { keys: {}, image: { type: 'Module', id: 'finance' } },
    { keys: {} },
  ];
  expect(storagesIn(records)).toEqual([measured('acme', 1, { finance: 5 }), { tenantId: 'gone' }]);
});
