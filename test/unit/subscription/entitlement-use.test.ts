import { describe, expect, test } from '@jest/globals';
import { entitlementUseWrites } from '../../../functions/compose/entitlement-use.ts';

type Facts = Parameters<typeof entitlementUseWrites>[0];
const at = new Date('2026-01-01T00:00:00.000Z');

/** What is written for one module of a job in that state. */
const written = (change: Facts['modules'][number]['change'], state: Facts['state']): unknown => {
  const [write, ...more] = entitlementUseWrites({
    id: 'J1',
    tenantId: 't',
    state,
    updatedAt: at,
    modules: [{ module: 'finance', change }],
  });
  expect(more).toEqual([]);
  if (!write) return 'nothing';
  return 'Put' in write ? write.Put.Item?.['status'] : Object.keys(write).join();
};

describe('A job', () => {
  test.each([
    ['install', 'Pending', 'reserved'],
    ['install', 'Validating', 'nothing'],
    ['install', 'Installing', 'nothing'],
    ['install', 'RollingBack', 'nothing'],
    ['install', 'ManualIntervention', 'nothing'],
    ['install', 'Active', 'captured'],
    ['install', 'Failed', 'Delete'],
    ['install', 'Cancelled', 'Delete'],
    ['restore', 'Pending', 'reserved'],
    ['restore', 'Active', 'captured'],
    ['restore', 'Failed', 'Delete'],
    ['upgrade', 'Pending', 'nothing'],
    ['upgrade', 'Active', 'nothing'],
    ['upgrade', 'Failed', 'nothing'],
    ['downgrade', 'Failed', 'nothing'],
    ['uninstall', 'Pending', 'nothing'],
    ['uninstall', 'Failed', 'nothing'],
    ['uninstall', 'Uninstalled', 'Delete'],
    ['purge', 'Purging', 'nothing'],
    ['purge', 'Purged', 'Delete'],
  ] as const)('that is to %s a module and is %s leaves its use: %s', (change, state, use) => {
    expect(written(change, state)).toBe(use);
  });

  test('says of each module for itself what it uses, and for which job since when', () => {
    const modules = [
      { module: 'membership', change: 'install' },
      { module: 'cards', change: 'upgrade' },
      { module: 'finance', change: 'install' },
    ] as const;
    const writes = entitlementUseWrites({ id: 'J1', tenantId: 't', state: 'Active', updatedAt: at, modules });
    const item = (module: string) => ({
      ...{ pk: 'SUBSCRIPTION#t', sk: `USE#${module}`, type: 'EntitlementUse', tenantId: 't', module },
      ...{ jobId: 'J1', status: 'captured', since: at.toISOString() },
    });
    expect(writes).toEqual([{ Put: { Item: item('membership') } }, { Put: { Item: item('finance') } }]);
  });
});
