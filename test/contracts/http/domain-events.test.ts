import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { makeDynamoCatalog, makeDynamoOutbox, makePublishModule } from '../../../contexts/module-registry/index.ts';
import { shards } from '../../../contexts/shared/adapters/audit-item.ts';
import { makeDynamoIdempotency } from '../../../contexts/shared/adapters/dynamo-idempotency.ts';
import { newId } from '../../../functions/compose/registry.ts';
import { domainEvents } from '../../../functions/events/domain-events.ts';
import { type ApiStand, platformAdmin, startApiStand } from '../../support/http/api-stand.ts';

let stand: ApiStand;
beforeAll(async () => {
  stand = await startApiStand();
});
afterAll(() => stand?.close());

const call = async (method: string, path: string, body?: unknown): Promise<void> => {
  const answer = await stand.send({ method, path: `/api/v1${path}`, claims: platformAdmin, ...(body === undefined ? {} : { body }) });
  if (answer.status >= 300) throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
};

/** Publishing asks the module's migrator, which is not there: it has nothing to say against it. */
const publish = (version: string) =>
  makePublishModule({
    catalog: makeDynamoCatalog(stand.table, newId),
    idempotency: makeDynamoIdempotency(stand.table),
    clock: { now: () => new Date() },
    migrators: { lint: async () => [] },
  })({ module: 'finance', version, actor: 'platform-1' });

/** Whatever is stored is sent: so what is stored must be what the list promises. */
test('What requests store for the bus is in the list of events, with the fields that it promises', async () => {
  await stand.deploy({
    name: 'finance',
    title: 'Finance',
    description: 'Invoices.',
    subscriptionRequired: true,
    serves: '>=1.0.0 <2.0.0',
    versions: ['1.0.0', '1.1.0'].map((version) => ({
      version,
      migrations: { landlord: 0, tenant: 1 },
      tables: { landlord: [], tenant: ['invoices'] },
    })),
  });
  await stand.tenant('acme');
  for (const version of ['1.0.0', '1.1.0']) await publish(version);
  await call('PUT', '/tenants/acme/subscriptions/finance', {});
  await call('POST', '/tenants/acme/modules', { module: 'finance', version: '1.1.0' });
  await call('POST', '/platform/modules/finance/deprecate', { version: '1.0.0', sunsetAt: '2099-01-01T00:00:00Z' });
  await call('POST', '/platform/modules/finance/withdraw', { version: '1.0.0' });
  await call('DELETE', '/tenants/acme/subscriptions/finance');
  await call('POST', '/tenants/acme/suspend', {});
  await call('POST', '/tenants/acme/resume', {});
  const viewer = { sub: 'vera', role: 'tenant-viewer', tenant: await stand.tenant('globex') };
  for (const path of [
    '/tenants/acme',
    '/tenants/acme',
    '/tenants',
    '/tenants/acme/modules',
    '/tenants/acme/audit',
    '/tenants/acme/subscriptions',
  ])
    await stand.send({ method: 'GET', path: `/api/v1${path}`, claims: viewer });

  const { waiting } = makeDynamoOutbox(stand.table);
  const soon = new Date(Date.now() + 60_000);
  const stored = (await Promise.all(Array.from({ length: shards }, (_, shard) => waiting(shard, soon, 100)))).flat();
  const schemas = new Map(domainEvents.map(({ name, schema }) => [name, schema]));
  const unlike = stored.flatMap((event) => {
    const error = schemas.has(event.name) ? schemas.get(event.name)?.safeParse(event).error : 'it is not in the list';
    return error === undefined ? [] : [[event.name, String(error)]];
  });
  expect(unlike).toEqual([]);
  const denials = stored.filter(({ name }) => name === 'AccessDenied');
  expect(denials.map(({ reason, facts }) => `${reason} ${facts?.['operation']}`).toSorted()).toEqual([
    'another-tenant getTenant',
    'another-tenant listSubscriptions',
    'another-tenant listTenantAudit',
    'another-tenant listTenantModules',
    'role-not-allowed listTenants',
  ]);
  expect([...new Set(stored.map(({ name }) => name))].toSorted()).toEqual([
    'AccessDenied',
    'ModuleDeprecated',
    'ModuleInstallationRequested',
    'ModulePublished',
    'ModuleRegistered',
    'ModuleWithdrawn',
    'TenantProvisioningRequested',
    'TenantResumed',
    'TenantSubscribed',
    'TenantSuspended',
    'TenantUnsubscribed',
  ]);
});
