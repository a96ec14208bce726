import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { newTenant, type Tenant, tenantRoles } from '../../../contexts/tenancy/domain/tenant.ts';
import { makeDeprovision, makeProvision } from '../../../contexts/tenancy/index.ts';
import type { ServiceRequest } from '../../../local/gateway.ts';
import { type ClusterStand, clusterArn, startClusterStand } from './cluster-stand.ts';

let stand: ClusterStand;
let tenants = 0;

beforeAll(async () => {
  stand = await startClusterStand();
});
afterEach(() => {
  delete stand.faults.after;
});
afterAll(() => stand?.close());

const aTenant = (): Tenant => {
  tenants += 1;
  const id = `01JD00000000000000000000${String(tenants).padStart(2, '0')}`;
  return newTenant({ id, slug: `tenant-${tenants}`, name: 'A tenant', plan: 'standard', clusterArn, createdAt: new Date(0) });
};
const provision = (tenant: Tenant) => makeProvision(stand.ports)(tenant);
const deprovision = (tenant: Tenant) => makeDeprovision(stand.ports)(tenant);

const isOf = (request: ServiceRequest, call: string): boolean =>
  request.operation === call || String((request.input as { readonly sql?: string }).sql ?? '').startsWith(call);

/** The first such call takes effect, and its answer is lost. */
const loseAnswerTo = (call: string): void => {
  let lost = false;
  stand.faults.after = (request) => {
    if (lost || !isOf(request, call)) return 'pass';
    lost = true;
    return 'drop';
  };
};

/** As the workflow's Retry does. */
const triesMax = 3;
const untilDone = async <T>(step: () => Promise<T>): Promise<T> => {
  for (let tries = 1; ; tries += 1) {
    try {
      return await step();
    } catch (error) {
      const { name } = error as Error;
      if ((name !== 'Unavailable' && name !== 'Contended') || tries === triesMax) throw error;
    }
  }
};

/** What of the tenant is in the cluster. */
const traces = async (tenant: Tenant): Promise<readonly unknown[]> => {
  const { database, owner, app } = tenantRoles(tenant.slug);
  const named = await stand.rows(
    'SELECT datname::text AS name FROM pg_database WHERE datname = $1 UNION SELECT rolname::text FROM pg_roles WHERE rolname IN ($2, $3) ORDER BY 1',
    [database, owner, app],
  );
  return named.map(({ name }) => name);
};

describe('A provisioned tenant', () => {
  test('logs in with the stored passwords, and what its owner makes its app role may use but not define', async () => {
    // given
    const tenant = aTenant();
    const { ownerSecretArn, appSecretArn } = await provision(tenant);
    const owner = await stand.connect(ownerSecretArn, tenant.database);
    const app = await stand.connect(appSecretArn, tenant.database);
    // when
    await owner.query('CREATE SCHEMA cards');
    await owner.query('CREATE TABLE cards.card (id int)');
    await app.query('INSERT INTO cards.card VALUES (1)');
    // then
    await expect(app.query('CREATE TABLE cards.other (id int)')).rejects.toMatchObject({ code: '42501' });
    await expect(owner.query('SELECT * FROM platform.sessions')).rejects.toMatchObject({ code: '42501' });
    expect((await app.query('SHOW idle_in_transaction_session_timeout')).rows).toEqual([{ idle_in_transaction_session_timeout: '30s' }]);
    await owner.end();
    await app.end();
  });

  test('keeps its passwords when it is provisioned again', async () => {
    const tenant = aTenant();
    const first = await provision(tenant);
    expect(await provision(tenant)).toEqual(first);
    const owner = await stand.connect(first.ownerSecretArn, tenant.database);
    await owner.end();
  });

  test('is there whole after two workers made it at once', async () => {
    const tenant = aTenant();
    const [one, other] = await Promise.all([untilDone(() => provision(tenant)), untilDone(() => provision(tenant))]);
    expect(one).toEqual(other);
    const app = await stand.connect(one.appSecretArn, tenant.database);
    await app.end();
  });

  test.each(['CREATE ROLE', 'CREATE DATABASE', 'DO $platform$', 'DO $defaults$', 'CreateSecret'])(
    'is there whole after the answer to %s was lost',
    async (call) => {
      const tenant = aTenant();
      loseAnswerTo(call);
      const { appSecretArn } = await untilDone(() => provision(tenant));
      const app = await stand.connect(appSecretArn, tenant.database);
      await app.end();
    },
  );
});

describe('Undoing', () => {
  test('leaves nothing, though the tenant’s roles are connected', async () => {
    const tenant = aTenant();
    const { appSecretArn } = await provision(tenant);
    const app = await stand.connect(appSecretArn, tenant.database);
    const ended = new Promise((resolve) => app.on('error', () => {}).once('end', resolve));
    await deprovision(tenant);
    await ended;
    expect(await traces(tenant)).toEqual([]);
  });

  test('may be repeated, and the tenant made again', async () => {
    const tenant = aTenant();
    await deprovision(tenant);
    await provision(tenant);
    await deprovision(tenant);
    await deprovision(tenant);
    expect(await traces(tenant)).toEqual([]);
    await provision(tenant);
  });

  test.each(['DO $sessions$', 'DROP DATABASE', 'DROP ROLE', 'DeleteSecret'])(
    'leaves nothing after the answer to %s was lost',
    async (call) => {
      const tenant = aTenant();
      await provision(tenant);
      loseAnswerTo(call);
      await untilDone(() => deprovision(tenant));
      expect(await traces(tenant)).toEqual([]);
    },
  );
});

test('A tenant is refused while PUBLIC may connect to postgres', async () => {
  await stand.rows('GRANT CONNECT ON DATABASE postgres TO PUBLIC');
  await expect(provision(aTenant())).rejects.toMatchObject({ name: 'Defect', facts: { databases: ['postgres'] } });
  await stand.rows('REVOKE CONNECT ON DATABASE postgres FROM PUBLIC');
});
