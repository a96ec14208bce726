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
  delete stand.faults.before;
});
afterAll(() => stand?.close());

const aTenant = (): Tenant => {
  tenants += 1;
  const id = `01JD00000000000000000000${String(tenants).padStart(2, '0')}`;
  return newTenant({ id, slug: `tenant-${tenants}`, name: 'A tenant', plan: 'standard', clusterArn, createdAt: new Date(0) });
};
const raise = (tenant: Tenant, fence: number) => stand.ports.administration.raiseFence(tenantRoles(tenant.slug), fence);
const provision = async (tenant: Tenant, fence = 1) => {
  await untilDone(() => raise(tenant, fence));
  return makeProvision(stand.ports)(tenant, fence);
};
const deprovision = async (tenant: Tenant, fence = 1) => {
  await untilDone(() => raise(tenant, fence));
  return makeDeprovision(stand.ports)(tenant, fence);
};

const isOf = (request: ServiceRequest, call: string): boolean =>
  request.operation === call || String((request.input as { readonly sql?: string }).sql ?? '').includes(call);

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
    `SELECT datname::text AS name FROM pg_database WHERE datname = $1 OR datname LIKE $1 || '\\_\\_%'
     UNION SELECT rolname::text FROM pg_roles WHERE rolname IN ($2, $3) ORDER BY 1`,
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

  test.each([
    'DO $fence$',
    'NOLOGIN',
    'CREATE ROLE',
    'CREATE DATABASE',
    'RENAME TO',
    'DROP ROLE',
    'DO $platform$',
    'DO $defaults$',
    'CreateSecret',
  ])('is there whole after the answer to %s was lost', async (call) => {
    const tenant = aTenant();
    loseAnswerTo(call);
    const { appSecretArn } = await untilDone(() => provision(tenant));
    const app = await stand.connect(appSecretArn, tenant.database);
    await app.end();
  });
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

  test.each(['NOLOGIN', 'RENAME TO', 'DROP DATABASE', 'DROP ROLE', 'DeleteSecret'])(
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

describe('An older attempt', () => {
  const superseded = { name: 'Refused', refusal: { reason: 'superseded' } };

  test('makes nothing behind a newer one that took everything away', async () => {
    const tenant = aTenant();
    await provision(tenant, 1);
    await deprovision(tenant, 2);
    await expect(makeProvision(stand.ports)(tenant, 1)).rejects.toMatchObject(superseded);
    await expect(stand.ports.administration.ensureDatabase(tenantRoles(tenant.slug), 1)).rejects.toMatchObject(superseded);
    await deprovision(tenant, 2);
    expect(await traces(tenant)).toEqual([]);
  });

  test('whose creation of the database arrives late makes none', async () => {
    // given
    const tenant = aTenant();
    let sent: ServiceRequest | undefined;
    stand.faults.before = (request) => {
      if (sent !== undefined || !isOf(request, 'CREATE DATABASE')) return 'pass';
      sent = request;
      return 'drop';
    };
    await provision(tenant).catch(() => provision(tenant));
    // when
    const late = sent && stand.repeat(sent);
    // then
    await expect(late).rejects.toThrow('does not exist');
    const { database, owner, app } = tenantRoles(tenant.slug);
    expect(await traces(tenant)).toEqual([database, app, owner]);
  });

  test('takes nothing away from a newer one that made it again', async () => {
    const tenant = aTenant();
    await provision(tenant, 1);
    const { appSecretArn } = await provision(tenant, 2);
    await expect(stand.ports.administration.remove(tenantRoles(tenant.slug), 1)).rejects.toMatchObject(superseded);
    await expect(stand.ports.administration.archiveDatabase(tenantRoles(tenant.slug), 1)).rejects.toMatchObject(superseded);
    await expect(raise(tenant, 1)).rejects.toMatchObject(superseded);
    const app = await stand.connect(appSecretArn, tenant.database);
    await app.end();
  });
});

describe('An archive', () => {
  test('is out of its own roles’ reach with all that is in it, and comes back whole', async () => {
    // given
    const tenant = aTenant();
    const roles = tenantRoles(tenant.slug);
    const { ownerSecretArn } = await provision(tenant);
    const owner = await stand.connect(ownerSecretArn, tenant.database);
    await owner.query('CREATE SCHEMA cards');
    await owner.query('CREATE TABLE cards.card AS SELECT 7 AS id');
    owner.on('error', () => {});
    // when
    await stand.ports.administration.archiveDatabase(roles, 1);
    await stand.ports.administration.archiveDatabase(roles, 1);
    const refused = await stand.connect(ownerSecretArn, `${tenant.database}__a`).catch((error: { readonly code?: string }) => error.code);
    await stand.ports.administration.restoreDatabase(roles, 1);
    await stand.ports.administration.restoreDatabase(roles, 1);
    // then
    expect(refused).toBe('28000');
    const again = await stand.connect(ownerSecretArn, tenant.database);
    expect((await again.query('SELECT id FROM cards.card')).rows).toEqual([{ id: 7 }]);
    await again.end();
  });

  test('can be dropped as it lies', async () => {
    const tenant = aTenant();
    await provision(tenant);
    await stand.ports.administration.archiveDatabase(tenantRoles(tenant.slug), 1);
    await deprovision(tenant);
    expect(await traces(tenant)).toEqual([]);
  });
});

test('A tenant is refused while PUBLIC may connect to postgres', async () => {
  await stand.rows('GRANT CONNECT ON DATABASE postgres TO PUBLIC');
  await expect(provision(aTenant())).rejects.toMatchObject({ name: 'Defect', facts: { databases: ['postgres'] } });
  await stand.rows('REVOKE CONNECT ON DATABASE postgres FROM PUBLIC');
});
