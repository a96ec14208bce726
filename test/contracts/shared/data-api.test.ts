import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { declaration as digitalCard } from '../../../contexts/digital-card/migrator.ts';
import { exactRowCounts, schemaLines } from '../../../contexts/shared/adapters/schema-fingerprint.ts';
import type { Database } from '../../../contexts/shared/application/database.ts';
import { CONTRACT, type MigratorRequest, type RestorePointAnswer } from '../../../contexts/shared/domain/migrator-contract.ts';
import { makeMigratorHandler } from '../../../functions/workflow/migrator.ts';
import { clusterArn, type DataApiStand, startDataApiStand } from '../../support/data-api-stand.ts';
import { keepsTheDatabaseContract } from '../../support/database-contract.ts';
import { makePgDatabase } from '../../support/pg-database.ts';
import { startTenantFixture, type TenantFixture, type TenantRoles } from '../../support/tenant-fixture.ts';

let fixture: TenantFixture;
let stand: DataApiStand;
beforeAll(async () => {
  fixture = await startTenantFixture();
  stand = await startDataApiStand(fixture);
});
afterAll(async () => {
  await stand.close();
  await fixture.stop();
});
beforeEach(() => forget());

let tenants = 0;

interface TenantAtHand {
  readonly roles: TenantRoles;
  readonly tenantId: string;
  readonly ownerSecretArn: string;
  readonly database: Database;
}

const aTenant = async (): Promise<TenantAtHand> => {
  tenants += 1;
  const tenantId = `01K000000000000000000TEN${String(tenants).padStart(2, '0')}`;
  const roles = await fixture.tenant(`d-${tenants}`);
  const ownerSecretArn = await stand.secret(`tenant/${tenantId}/owner`, roles.owner, tenantId);
  return { roles, tenantId, ownerSecretArn, database: stand.database(tenantId, ownerSecretArn, roles.database) };
};

keepsTheDatabaseContract('RDS Data API', async () => (await aTenant()).database);
keepsTheDatabaseContract('plain pg', async () => makePgDatabase((await aTenant()).roles.owner));

const jobId = '01K0000000000000000000J0B1';

const letIn = ({ roles }: TenantAtHand, module: string, fence: number) =>
  fixture.superuser(roles.database, (client) => client.query('INSERT INTO platform.fence VALUES ($1, $2)', [module, fence]));

/** The function as Lambda runs it: environment, endpoints, credentials and nothing else. */
const aFunction = (more: Readonly<Record<string, string>> = {}) => {
  const unset = { LANDLORD_SECRET_ARN: 'unset', EVENT_BUS_NAME: 'unset', TABLE_NAME: 'unset' };
  Object.assign(process.env, stand.environment({ SLICE_BUDGET_MS: '30000', ...unset, ...more }));
  return makeMigratorHandler(digitalCard);
};

const requestFor = (tenant: TenantAtHand, operation: 'migrateForTenant' | 'seed'): MigratorRequest => ({
  operation,
  contract: CONTRACT,
  module: 'digital_card',
  jobId,
  attempt: 1,
  fence: 1,
  to: '1.0.0',
  target: {
    tenantId: tenant.tenantId,
    slug: tenant.roles.slug,
    database: tenant.roles.database,
    clusterArn,
    ownerSecretArn: tenant.ownerSecretArn,
  },
});

const rollbackFor = (tenant: TenantAtHand): MigratorRequest => {
  const { to: _to, operation: _operation, ...common } = requestFor(tenant, 'seed') as Extract<MigratorRequest, { operation: 'seed' }>;
  return { operation: 'rollbackForTenant', ...common, from: null, undo: 'migrations' };
};

const callsOf = (service: string): number =>
  Object.entries(stand.counters.snapshot().totals)
    .filter(([operation]) => operation.startsWith(`${service}.`))
    .reduce((sum, [, { count }]) => sum + count, 0);

describe('The function of digital_card', () => {
  test('migrates and seeds a tenant in at most 24 calls of the Data API, and one assumed role', async () => {
    const tenant = await aTenant();
    await letIn(tenant, 'digital_card', 1);
    const handler = aFunction();
    stand.counters.reset();
    expect(await handler(requestFor(tenant, 'migrateForTenant'))).toEqual({ contract: 1, done: true, applied: 3, total: 3 });
    expect(await handler(requestFor(tenant, 'seed'))).toMatchObject({ done: true });
    expect(callsOf('rds-data')).toBeLessThanOrEqual(24);
    expect(callsOf('sts')).toBe(1);
    expect(await exactRowCounts(tenant.database, ['digital_card'])).toMatchObject({
      'digital_card.card_templates': 1,
      'digital_card.digital_cards': 0,
    });
  });

  test('migrates the landlord as the module’s own role', async () => {
    const login = await fixture.landlord('digital_card');
    const secretArn = await stand.secret('landlord/digital_card', login);
    const handler = aFunction({ LANDLORD_SECRET_ARN: secretArn });
    const request = {
      operation: 'migrateForLandlord',
      contract: CONTRACT,
      module: 'digital_card',
      jobId,
      attempt: 1,
      fence: 1,
      to: '1.0.0',
    };
    expect(await handler(request)).toEqual({ contract: 1, done: true, applied: 1, total: 1 });
    expect(await handler(request)).toEqual({ contract: 1, done: true, applied: 1, total: 1 });
    expect(await exactRowCounts(makePgDatabase(login), ['digital_card'])).toMatchObject({ 'digital_card._ledger': 1 });
  });

  test('takes a module through its whole life', async () => {
    const tenant = await aTenant();
    await letIn(tenant, 'digital_card', 1);
    const handler = aFunction();
    const { operation: _operation, to, ...common } = requestFor(tenant, 'seed') as Extract<MigratorRequest, { operation: 'seed' }>;
    const does = (operation: MigratorRequest['operation'], more: object = {}) => handler({ operation, ...common, ...more });
    await does('migrateForTenant', { to });
    await does('seed', { to });
    const point = (await does('restorePoint')) as RestorePointAnswer;
    expect(point).toMatchObject({ rowCounts: { card_templates: 1 }, lsn: expect.any(String), at: expect.stringMatching(/Z$/) });
    for (const operation of ['archiveForTenant', 'archiveForTenant', 'restoreForTenant', 'restoreForTenant'] as const)
      expect(await does(operation, { archive: 1 })).toMatchObject({ done: true });
    const { fingerprint, rowCounts } = (await does('restorePoint')) as RestorePointAnswer;
    expect({ fingerprint, rowCounts }).toEqual({ fingerprint: point.fingerprint, rowCounts: point.rowCounts });
    await does('rollbackForTenant', { from: to, undo: 'restore', archive: 1 });
    await does('purgeForTenant', { archive: 1 });
    await does('purgeForTenant', { archive: 1 });
    expect(await exactRowCounts(tenant.database, ['digital_card', 'digital_card__a1'])).toEqual({});
    expect(await tenant.database.query({ sql: 'SELECT module FROM platform.fence', parameters: [] })).toMatchObject({ rows: [] });
  });

  test('cannot read the secret of a tenant other than the one its session is for', async () => {
    const [mine, other] = [await aTenant(), await aTenant()];
    const request = requestFor(mine, 'migrateForTenant') as Extract<MigratorRequest, { operation: 'migrateForTenant' }>;
    const stolen = { ...request, target: { ...request.target, ownerSecretArn: other.ownerSecretArn, database: other.roles.database } };
    await expect(aFunction()(stolen)).rejects.toMatchObject({
      name: 'Defect',
      facts: { awsError: expect.stringContaining('AccessDenied') },
    });
  });

  test('cannot enter another tenant’s database with its own secret', async () => {
    const [mine, other] = [await aTenant(), await aTenant()];
    const request = requestFor(mine, 'migrateForTenant') as Extract<MigratorRequest, { operation: 'migrateForTenant' }>;
    const stray = { ...request, target: { ...request.target, database: other.roles.database } };
    await expect(aFunction()(stray)).rejects.toMatchObject({ name: 'Defect', facts: { sqlState: '42501' } });
  });

  test('comes to the same end when any one call is dropped before or after it took effect, once it is repeated', async () => {
    const handler = aFunction();
    const calm = await aTenant();
    await letIn(calm, 'digital_card', 1);
    stand.counters.reset();
    await handler(requestFor(calm, 'migrateForTenant'));
    const calls = callsOf('rds-data');
    const unlucky = await aTenant();
    for (const moment of ['before', 'after'] as const)
      for (let call = 1; call <= calls; call += 1) {
        await letIn(unlucky, 'digital_card', 1);
        dropCall(moment, call);
        await expect(handler(requestFor(unlucky, 'migrateForTenant'))).rejects.toMatchObject({ name: 'Unavailable' });
        forget();
        expect(await handler(requestFor(unlucky, 'migrateForTenant'))).toMatchObject({ done: true, applied: 3 });
        expect(await structure(unlucky)).toEqual(await structure(calm));
        dropCall(moment, call % 5);
        await handler(rollbackFor(unlucky)).catch(() => undefined);
        forget();
        await handler(rollbackFor(unlucky));
        expect(await structure(unlucky)).toEqual([]);
      }
  });
});

/** The connection breaks at the n-th call of the Data API from now: nothing was done, or all was and nobody heard of it. */
const dropCall = (moment: 'before' | 'after', call: number): void => {
  let seen = 0;
  stand.faults[moment] = ({ service }) => {
    seen += service === 'rds-data' ? 1 : 0;
    return service === 'rds-data' && seen === call ? 'drop' : 'pass';
  };
};

const forget = (): void => {
  delete stand.faults.before;
  delete stand.faults.after;
};

/** Without the names of the tenant's own roles. */
const structure = async ({ database, roles }: TenantAtHand): Promise<readonly string[]> =>
  (await schemaLines(database, ['digital_card'])).map((line) => line.replaceAll(roles.database, 'tenant'));
