import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { newTenant, type Tenant, tenantRoles } from '../../../contexts/tenancy/domain/tenant.ts';
import { makeDeprovision, makeProvision } from '../../../contexts/tenancy/index.ts';
import { type ClusterStand, clusterArn, startClusterStand } from './cluster-stand.ts';

let stand: ClusterStand;
let tenants = 0;

beforeAll(async () => {
  stand = await startClusterStand();
});
afterEach(() => {
  delete stand.faults.after;
  delete stand.faults.before;
});
afterAll(() => stand?.close());

const aTenant = (): Tenant => {
  tenants += 1;
  const id = `01JD0000000000000000000${String(tenants).padStart(3, '0')}`;
  return newTenant({ id, slug: `tenant-${tenants}`, name: 'A tenant', plan: 'standard', clusterArn, createdAt: new Date(0) });
};

/** What an attempt does, from its validation on. */
const attempt = (tenant: Tenant, fence: number) => {
  const { administration } = stand.ports;
  const roles = tenantRoles(tenant.slug);
  const raise = () => administration.raiseFence(roles, fence);
  return {
    provision: async () => {
      await raise();
      await makeProvision(stand.ports)(tenant, fence);
    },
    remove: async () => {
      await raise();
      await makeDeprovision(stand.ports)(tenant, fence);
    },
    archive: async () => {
      await raise();
      await administration.archiveDatabase(roles, fence);
    },
    restore: async () => {
      await raise();
      await administration.restoreDatabase(roles, fence);
    },
  };
};

/** As the workflow's Retry does. */
const triesMax = 4;
const untilDone = async (step: () => Promise<void>): Promise<void> => {
  for (let tries = 1; ; tries += 1) {
    try {
      return await step();
    } catch (error) {
      const { name } = error as Error;
      if ((name !== 'Unavailable' && name !== 'Contended') || tries === triesMax) throw error;
    }
  }
};

interface Traces {
  readonly databases: readonly string[];
  /** With whether it may log in. */
  readonly roles: Readonly<Record<string, boolean>>;
}

const traces = async ({ slug }: Tenant): Promise<Traces> => {
  const { database, owner, app } = tenantRoles(slug);
  const databases = await stand.rows(`SELECT datname AS name FROM pg_database WHERE datname ~ ('^' || $1 || '(__.*)?$') ORDER BY 1`, [
    database,
  ]);
  const roles = await stand.rows('SELECT rolname AS name, rolcanlogin AS login FROM pg_roles WHERE rolname IN ($1, $2)', [owner, app]);
  return {
    databases: databases.map(({ name }) => String(name)),
    roles: Object.fromEntries(roles.map(({ name, login }) => [String(name), login === true])),
  };
};

const nothing: Traces = { databases: [], roles: {} };
const standing = ({ slug }: Tenant): Traces => {
  const { database, owner, app } = tenantRoles(slug);
  return { databases: [database], roles: { [owner]: true, [app]: true } };
};
const archived = ({ slug }: Tenant): Traces => {
  const { database, owner, app } = tenantRoles(slug);
  return { databases: [`${database}__a`], roles: { [owner]: false, [app]: false } };
};

const callsMax = 60;

/** Does `work` once for each of its calls, with that one as `nth`, until it makes no such call any more; answers how often. */
const atEveryCall = async (work: (nth: number) => Promise<boolean>): Promise<number> => {
  for (let nth = 1; nth <= callsMax; nth += 1) if (!(await work(nth))) return nth - 1;
  throw new Error(`more than ${callsMax} calls`);
};

/** The nth call takes effect, and its answer is lost. False when there was no such call. */
const losingAnswer = async (nth: number, work: () => Promise<void>): Promise<boolean> => {
  let calls = 0;
  stand.faults.after = () => {
    calls += 1;
    return calls === nth ? 'drop' : 'pass';
  };
  await work();
  delete stand.faults.after;
  return calls >= nth;
};

/** The worker falls asleep before its nth call, and wakes when `meanwhile` is done. False when there was no such call. */
const sleepingAt = async (nth: number, worker: () => Promise<void>, meanwhile: () => Promise<void>): Promise<boolean> => {
  let calls = 0;
  let asleep = false;
  stand.faults.before = async (): Promise<'pass'> => {
    if (asleep) return 'pass';
    calls += 1;
    if (calls !== nth) return 'pass';
    asleep = true;
    await meanwhile();
    asleep = false;
    return 'pass';
  };
  await worker().catch((error: Error) => expect(['Refused', 'Contended', 'Defect']).toContain(error.name));
  delete stand.faults.before;
  return calls >= nth;
};

test('A tenant comes and goes whichever answer is lost on the way', async () => {
  const calls = await atEveryCall(async (nth) => {
    const tenant = aTenant();
    const at = attempt(tenant, 2);
    return losingAnswer(nth, async () => {
      await untilDone(at.provision);
      expect(await traces(tenant)).toEqual(standing(tenant));
      await untilDone(at.archive);
      expect(await traces(tenant)).toEqual(archived(tenant));
      await untilDone(at.restore);
      expect(await traces(tenant)).toEqual(standing(tenant));
      await untilDone(at.remove);
      expect(await traces(tenant)).toEqual(nothing);
    });
  });
  expect(calls).toBeGreaterThan(20);
});

describe('An old worker that wakes at any of its calls', () => {
  test('makes nothing behind an attempt that took everything away', async () => {
    const calls = await atEveryCall(async (nth) => {
      const tenant = aTenant();
      const reached = await sleepingAt(nth, attempt(tenant, 2).provision, attempt(tenant, 3).remove);
      // asleep before it raised its fence, or once all was done, it was no old worker
      if (reached) expect(await traces(tenant)).toEqual(nothing);
      return reached;
    });
    expect(calls).toBeGreaterThan(7);
  });

  test('leaves what a newer attempt made', async () => {
    const calls = await atEveryCall(async (nth) => {
      const tenant = aTenant();
      const reached = await sleepingAt(nth, attempt(tenant, 2).provision, attempt(tenant, 4).provision);
      if (reached) expect(await traces(tenant)).toEqual(standing(tenant));
      return reached;
    });
    expect(calls).toBeGreaterThan(7);
  });

  test('drops nothing that a newer attempt made again', async () => {
    const calls = await atEveryCall(async (nth) => {
      const tenant = aTenant();
      await attempt(tenant, 2).provision();
      const stale = () => makeDeprovision({ ...stand.ports, secrets: { ...stand.ports.secrets, remove: async () => {} } })(tenant, 3);
      const reached = await sleepingAt(nth, stale, attempt(tenant, 4).provision);
      if (reached) expect(await traces(tenant)).toEqual(standing(tenant));
      return reached;
    });
    expect(calls).toBeGreaterThan(3);
  });

  test('archives nothing that a newer attempt restored, and restores nothing that one archived', async () => {
    for (const [stale, newer, end] of [
      ['archive', 'restore', standing],
      ['restore', 'archive', archived],
    ] as const) {
      const calls = await atEveryCall(async (nth) => {
        const tenant = aTenant();
        await attempt(tenant, 2).provision();
        if (stale === 'restore') await attempt(tenant, 2).archive();
        const reached = await sleepingAt(nth, attempt(tenant, 4)[stale], attempt(tenant, 5)[newer]);
        if (reached) expect(await traces(tenant)).toEqual(end(tenant));
        return reached;
      });
      expect(calls).toBe(3);
    }
  });
});

test('Of two attempts at once the newer one has its way', async () => {
  for (let round = 0; round < 3; round += 1) {
    const tenant = aTenant();
    const old = untilDone(attempt(tenant, 2).provision).catch((error: Error) => error.name);
    await untilDone(attempt(tenant, 4).provision);
    expect([undefined, 'Refused']).toContain(await old);
    expect(await traces(tenant)).toEqual(standing(tenant));
  }
});

test('The longest slug and the highest fence still make names that PostgreSQL takes', async () => {
  const slug = `a${'b'.repeat(39)}`;
  const tenant = { ...aTenant(), slug, database: `tenant_${slug}` };
  const highest = attempt(tenant, 9_999_999_999);
  await highest.provision();
  await highest.archive();
  await highest.remove();
  expect(await traces(tenant)).toEqual(nothing);
});
