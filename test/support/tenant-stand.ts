import { afterAll, beforeAll } from '@jest/globals';
import { exactRowCounts, schemaFingerprint } from '../../contexts/shared/adapters/schema-fingerprint.ts';
import type { Database } from '../../contexts/shared/application/database.ts';
import type { MigratorDeclaration } from '../../contexts/shared/application/migration.ts';
import { type MigratorBench, type MigratorBenchOptions, makeMigratorBench } from './migrator-bench.ts';
import { makePgDatabase } from './pg-database.ts';
import { startTenantFixture, type TenantFixture, type TenantRoles } from './tenant-fixture.ts';

/** A tenant of its own for a test, and a migrator to try on it. */
export interface TenantStand {
  readonly tenant: TenantRoles;
  /** Opened as the tenant's owner. */
  readonly database: Database;
  /** What a workflow's Validating does: raises the module's fence. */
  readonly letIn: (module: string, fence: number) => Promise<void>;
  readonly bench: (declaration: MigratorDeclaration, sliceBudgetMs?: number, outside?: Outside) => MigratorBench;
  /** Of the whole database, as its administrator sees it. */
  readonly snapshot: () => Promise<{ readonly fingerprint: string; readonly rows: Readonly<Record<string, number>> }>;
}

type Outside = Pick<MigratorBenchOptions, 'tell' | 'configuration'>;

export interface Stand {
  readonly aTenant: () => Promise<TenantStand>;
  readonly superuser: TenantFixture['superuser'];
  readonly landlord: TenantFixture['landlord'];
  readonly job: string;
  readonly other: string;
}

/** One server for all tests of a file. */
export const startStand = (): Stand => {
  let fixture: TenantFixture;
  let tenants = 0;
  beforeAll(async () => {
    fixture = await startTenantFixture();
  });
  afterAll(() => fixture.stop());
  const aTenant = async (): Promise<TenantStand> => {
    tenants += 1;
    return standFor(fixture, await fixture.tenant(`t-${tenants}`));
  };
  return {
    aTenant,
    superuser: (database, work) => fixture.superuser(database, work),
    landlord: (module) => fixture.landlord(module),
    job: '01K0000000000000000000J0B1',
    other: '01K0000000000000000000J0B2',
  };
};

const standFor = (fixture: TenantFixture, tenant: TenantRoles): TenantStand => {
  const database = makePgDatabase(tenant.owner);
  const administrator = new URL(fixture.server.superuserUrl);
  administrator.pathname = `/${tenant.database}`;
  const seen = makePgDatabase({ connectionString: administrator.href });
  return {
    tenant,
    database,
    letIn: (module, fence) =>
      fixture.superuser(tenant.database, async (client) => {
        await client.query(raiseFence, [module, fence]);
      }),
    bench: (declaration, sliceBudgetMs = 30_000, outside = {}) =>
      makeMigratorBench({ declaration, tenant, database, sliceBudgetMs, ...outside }),
    snapshot: async () => ({ fingerprint: await schemaFingerprint(seen, []), rows: await exactRowCounts(seen, []) }),
  };
};

const raiseFence = `INSERT INTO platform.fence VALUES ($1, $2)
  ON CONFLICT (module) DO UPDATE SET token = excluded.token WHERE fence.token <= excluded.token`;
