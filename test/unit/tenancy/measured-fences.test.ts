import { describe, expect, test } from '@jest/globals';
import type { Database } from '../../../contexts/shared/application/database.ts';
import { Unavailable } from '../../../contexts/shared/domain/errors.ts';
import { measuredFences } from '../../../functions/compose/measured-fences.ts';

const target = { tenantId: 't', slug: 'acme', database: 'tenant_acme', clusterArn: 'arn:cluster', ownerSecretArn: 'arn:owner' };
const start = Date.parse('2026-01-01T00:00:00.000Z');

/** Fences over a database that answers that size, and what they stored. */
const aFence = ({ raised = true, away = false } = {}) => {
  let now = start;
  const stored: unknown[] = [];
  const database: Database = {
    query: async () => {
      if (away) throw new Unavailable('the database is away');
      return { rows: [{ schema: null, bytes: '8000000' }], affected: 0 };
    },
    transaction: () => Promise.reject(new Error('not asked for')),
  };
  const fences = measuredFences({
    fences: { raise: async () => ({ raised, committedBy: 'J0' }) },
    databaseOf: () => database,
    tenants: { measured: async (tenantId, { bytes, measuredAt }) => void stored.push([tenantId, bytes, measuredAt.getTime() - start]) },
    clock: { now: () => new Date(now) },
  });
  return {
    stored,
    raise: (tenantId = 't') => fences.raise({ ...target, tenantId }, 'finance', 7),
    wait: (seconds: number) => {
      now += seconds * 1000;
    },
  };
};

describe('A fence that is raised', () => {
  test('finds out what the tenant stores, once for all modules of a job, and answers what it would anyway', async () => {
    const { raise, stored } = aFence();
    expect([await raise(), await raise()]).toEqual(Array(2).fill({ raised: true, committedBy: 'J0' }));
    await raise('other');
    expect(stored).toEqual([
      ['t', 8_000_000, 0],
      ['other', 8_000_000, 0],
    ]);
  });

  test('finds it out anew a minute later', async () => {
    const { raise, stored, wait } = aFence();
    await raise();
    wait(60);
    await raise();
    expect(stored).toEqual([
      ['t', 8_000_000, 0],
      ['t', 8_000_000, 60_000],
    ]);
  });

  test('is tried again when the database is away', async () => {
    await expect(aFence({ away: true }).raise()).rejects.toMatchObject({ name: 'Unavailable' });
  });

  test('by a worker that comes too late finds out nothing', async () => {
    const { raise, stored } = aFence({ raised: false });
    expect((await raise()).raised).toBe(false);
    expect(stored).toEqual([]);
  });
});
