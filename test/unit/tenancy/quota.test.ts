import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { Quota } from '../../../contexts/shared/domain/quota.ts';
import { quotaRefusals, type Usage } from '../../../contexts/tenancy/domain/quota.ts';
import { newTenant } from '../../../contexts/tenancy/domain/tenant.ts';
import { makeCheckQuota, makeReadQuota } from '../../../contexts/tenancy/index.ts';

const quota: Quota = { modules: 3, concurrentJobs: 2, storageBytes: 1_000, requestsPerMinute: 60 };
const idle: Usage = { modules: 2, concurrentJobs: 0, storageBytes: 999 };
const reasons = (usage: Partial<Usage>, modules: number): readonly string[] =>
  quotaRefusals(quota, { ...idle, ...usage }, { modules }).map(({ reason }) => reason);

describe('A quota', () => {
  test.each<[string, Partial<Usage>, number, readonly string[]]>([
    ['the last module that fits', {}, 1, []],
    ['one module too many', {}, 2, ['quota-modules']],
    ['a module in a database that is full', { storageBytes: 1_000 }, 1, ['quota-storage']],
    ['the last job that fits', { concurrentJobs: 1 }, 1, []],
    ['one job too many, whatever it does', { concurrentJobs: 2 }, -1, ['quota-concurrent-jobs']],
    [
      'everything that is wrong with it',
      { modules: 3, concurrentJobs: 2, storageBytes: 2_000 },
      1,
      ['quota-modules', 'quota-storage', 'quota-concurrent-jobs'],
    ],
  ])('is asked about %s', (_, usage, modules, expected) => {
    expect(reasons(usage, modules)).toEqual(expected);
  });

  test.each([0, -1])('that was lowered takes nothing away, and lets go of what is too much: %i modules more', (modules) => {
    expect(reasons({ modules: 9, storageBytes: 9_000 }, modules)).toEqual([]);
  });

  test('says what is used, what is allowed, and what to do', () => {
    const [refusal] = quotaRefusals(quota, idle, { modules: 2 });
    expect(refusal).toMatchObject({ kind: 'unprocessable', facts: { used: 2, wanted: 2, limit: 3 } });
    expect(refusal?.message).toContain('uninstall what is not needed, or choose a larger plan');
    expect(quotaRefusals(quota, { ...idle, concurrentJobs: 2 }, { modules: 0 })).toMatchObject([{ kind: 'conflict' }]);
  });

  test('is never exceeded by changes that it lets pass one after the other', () => {
    void fc.assert(
      fc.property(fc.array(fc.integer({ min: -2, max: 3 }), { maxLength: 20 }), (changes) => {
        let usage = { ...idle, modules: 0 };
        for (const modules of changes) {
          if (usage.modules + modules < 0 || quotaRefusals(quota, usage, { modules }).length > 0) continue;
          usage = { ...usage, modules: usage.modules + modules };
          expect(usage.modules).toBeLessThanOrEqual(quota.modules);
        }
      }),
    );
  });
});

const measuredAt = new Date('2026-01-01T00:00:00Z');
const acme = newTenant({
  id: '01JD0000000000000000000ACM',
  slug: 'acme',
  name: 'Acme',
  plan: 'free',
  clusterArn: 'arn',
  createdAt: measuredAt,
});
const ports = (storage?: { readonly bytes: number; readonly measuredAt: Date }) => ({
  tenants: { get: async (id: string) => (id === acme.id ? { ...acme, ...(storage ? { storage } : {}) } : undefined) },
  quotaOf: async () => quota,
  inUse: async () => ({ modules: 2, concurrentJobs: 1 }),
});

describe('A tenant’s quota', () => {
  test('is shown with what is used of it, and since when that of storage is known', async () => {
    expect(await makeReadQuota(ports({ bytes: 700, measuredAt }))(acme.id)).toEqual({
      plan: 'free',
      quota,
      usage: { modules: 2, concurrentJobs: 1, storageBytes: 700 },
      storageMeasuredAt: measuredAt,
    });
    expect(await makeReadQuota(ports())(acme.id)).toEqual({
      plan: 'free',
      quota,
      usage: { modules: 2, concurrentJobs: 1, storageBytes: 0 },
    });
  });

  test('of nobody is not found', async () => {
    await expect(makeReadQuota(ports())('nobody')).rejects.toMatchObject({ refusal: { reason: 'unknown-tenant' } });
  });

  test('is checked as the plan allows that the tenant is on', async () => {
    const plans: string[] = [];
    const quotaOf = async ({ plan }: { readonly plan: string }) => {
      plans.push(plan);
      return quota;
    };
    const check = (storageBytes: number) => makeCheckQuota({ quotaOf })(acme, { ...idle, storageBytes }, { modules: 1 });
    expect((await check(1_000)).map(({ reason }) => reason)).toEqual(['quota-storage']);
    expect(await check(999)).toEqual([]);
    expect(plans).toEqual(['free', 'free']);
  });
});
