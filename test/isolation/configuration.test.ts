import { createHmac } from 'node:crypto';
import { DynamoDBClient, ListTablesCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { CreateSecretCommand, GetSecretValueCommand, ListSecretsCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ApiClient, type Exchange, followJob } from '../support/api-client.ts';
import { startTestCloud, type TestCloud } from '../support/test-cloud.ts';

/** Write-only values, in the whole cloud with the rights that the template gives. */

const modules = ['digital_card', 'membership', 'finance'];
const [first, second] = ['pk-of-acme-first-0001', 'pk-of-acme-second-002'];
const finance = '/tenants/acme/modules/finance';

let it: TestCloud;
let acme: { readonly id: string; readonly admin: ApiClient };
let globexId = '';
const answers: Exchange[] = [];

const kept = (exchange: Exchange): Exchange => {
  answers.push(exchange);
  return exchange;
};
const finished = async (client: ApiClient, asked: Exchange): Promise<string> =>
  (await followJob(client, String(kept(asked).body['jobId']), { pollMs: 100 })).state;

const as = (role: string, tenant: string) =>
  new SecretsManagerClient({
    ...{ region: it.cloud.region, maxAttempts: 1, endpoint: `${it.cloud.gateway}/secretsmanager` },
    credentials: it.cloud.sessionOf(role, { tenant }),
  });
const secretNames = async (tenant: string): Promise<readonly string[]> => {
  const administrator = new SecretsManagerClient({
    ...{ region: it.cloud.region, endpoint: `${it.cloud.gateway}/secretsmanager` },
    credentials: it.cloud.administrator,
  });
  const Filters = [{ Key: 'name' as const, Values: [`module-registry/tenant/${tenant}/config/`] }];
  return ((await administrator.send(new ListSecretsCommand({ Filters }))).SecretList ?? []).map(({ Name = '' }) => Name);
};
/** Every item that is stored, as text. */
const wholeTable = async (): Promise<string> => {
  const client = new DynamoDBClient({ region: it.cloud.region, endpoint: it.cloud.dynamodb, credentials: it.cloud.administrator });
  const { TableNames: [TableName] = [] } = await client.send(new ListTablesCommand({}));
  const items: unknown[] = [];
  let start: Record<string, never> | undefined;
  do {
    const page = await client.send(new ScanCommand({ TableName, ...(start ? { ExclusiveStartKey: start } : {}) }));
    items.push(...(page.Items ?? []));
    start = page.LastEvaluatedKey as typeof start;
  } while (start !== undefined);
  client.destroy();
  return JSON.stringify(items);
};

beforeAll(async () => {
  it = await startTestCloud(['contexts']);
  for (const module of modules) await it.publish(module);
  acme = await it.tenant('acme', modules);
  globexId = (await it.tenant('globex', [])).id;
});
afterAll(async () => {
  await it?.stop();
});

describe('A write-only value of a tenant’s module', () => {
  test('comes with an install and is kept for the tenant alone', async () => {
    const body = { module: 'finance', version: '1.0.0', configuration: { currency: 'CHF', paymentProviderKey: first } };

    expect(await finished(acme.admin, await acme.admin.post('/tenants/acme/modules', body, { 'idempotency-key': 'install' }))).toBe(
      'Active',
    );
    expect(kept(await acme.admin.get(finance)).body).toMatchObject({
      configuration: { currency: 'CHF' },
      secretsSet: ['paymentProviderKey'],
    });
    expect(await secretNames(acme.id)).toEqual([expect.stringMatching(`^module-registry/tenant/${acme.id}/config/finance/`)]);
  });

  test('is replaced by a patch, beside what the module reads of its configuration', async () => {
    const headers = { 'if-match': String((await acme.admin.get(finance)).headers.get('etag')), 'idempotency-key': 'patch' };
    const patched = kept(await acme.admin.call('PATCH', finance, { body: { currency: 'SEK', paymentProviderKey: second }, headers }));
    const invoice = await acme.admin.post('/tenants/acme/invoices', { memberNumber: 'M-1', description: 'Fee', amount: 100 });

    expect([patched.status, patched.body['effective']]).toEqual([200, { currency: 'SEK' }]);
    expect([invoice.status, invoice.body['currency']]).toEqual([201, 'SEK']);
    expect(await secretNames(acme.id)).toHaveLength(1);
  });

  test('signs what a member is asked to pay, and is refused with words where it is not set', async () => {
    const invoice = await acme.admin.post('/tenants/acme/invoices', { memberNumber: 'M-2', description: 'Fee', amount: 100 });
    const id = String(invoice.body['id']);
    const signed = kept(await acme.admin.get(`/tenants/acme/invoices/${id}/payment-request`));
    const headers = { 'if-match': '*' };
    kept(await acme.admin.call('PATCH', finance, { body: { paymentProviderKey: null }, headers }));
    const refused = kept(await acme.admin.get(`/tenants/acme/invoices/${id}/payment-request`));
    kept(await acme.admin.call('PATCH', finance, { body: { paymentProviderKey: second }, headers }));

    const signature = createHmac('sha256', second).update(`${id}.100.SEK`).digest('hex');
    expect([signed.status, signed.body]).toEqual([200, { reference: id, amount: 100, currency: 'SEK', signature }]);
    expect([refused.status, refused.body['type']]).toEqual([422, expect.stringContaining('payment-provider-key-missing')]);
  });

  test('is read with a session of its own tenant for configuration, and with no other', async () => {
    const [SecretId = ''] = await secretNames(acme.id);
    const read = (role: string, tenant: string) => as(role, tenant).send(new GetSecretValueCommand({ SecretId }));
    const denied = { name: expect.stringMatching(/^AccessDenied/) };

    expect(JSON.parse((await read('TenantConfigurationRole', acme.id)).SecretString ?? '')).toEqual({ paymentProviderKey: second });
    await expect(read('TenantConfigurationRole', globexId)).rejects.toMatchObject(denied);
    await expect(read('TenantAppRole', acme.id)).rejects.toMatchObject(denied);
    await expect(read('TenantMigratorRole', acme.id)).rejects.toMatchObject(denied);
  });

  test('is read by its module’s API with a session of its own tenant, for that module only, and by no other module’s', async () => {
    const [SecretId = ''] = await secretNames(acme.id);
    const others = [`module-registry/tenant/${acme.id}/config/membership/x`, `module-registry/tenant/${acme.id}/app`];
    const read = (name: string, tenant: string) =>
      as('ModuleSecretsRole-finance', tenant).send(new GetSecretValueCommand({ SecretId: name }));
    const denied = { name: expect.stringMatching(/^AccessDenied/) };
    const assume = (caller: string) =>
      new STSClient({
        ...{ region: it.cloud.region, maxAttempts: 1, endpoint: `${it.cloud.gateway}/sts` },
        credentials: it.cloud.sessionOf(caller, {}),
      }).send(
        new AssumeRoleCommand({
          ...{ RoleArn: it.cloud.roleArn('ModuleSecretsRole-finance'), RoleSessionName: 'test' },
          Tags: [{ Key: 'tenant', Value: acme.id }],
        }),
      );

    expect(JSON.parse((await read(SecretId, acme.id)).SecretString ?? '')).toEqual({ paymentProviderKey: second });
    await expect(read(SecretId, globexId)).rejects.toMatchObject(denied);
    for (const name of others) await expect(read(name, acme.id)).rejects.toMatchObject(denied);
    await expect(assume('Api-finance')).resolves.toBeDefined();
    for (const caller of ['Api-membership', 'Migrator-finance', 'ApiRegistry'])
      await expect(assume(caller)).rejects.toMatchObject({ name: expect.stringMatching(/^AccessDenied/) });
  });

  test('cannot be put there by another tenant, nor does its role reach the secrets of the database', async () => {
    const name = `module-registry/tenant/${acme.id}/config/finance/planted`;
    const denied = { name: expect.stringMatching(/^AccessDenied/) };

    await expect(
      as('TenantConfigurationRole', globexId).send(new CreateSecretCommand({ Name: name, SecretString: '{}' })),
    ).rejects.toMatchObject(denied);
    await expect(
      as('TenantConfigurationRole', acme.id).send(new GetSecretValueCommand({ SecretId: `module-registry/tenant/${acme.id}/owner` })),
    ).rejects.toMatchObject(denied);
  });

  test('stands in no item, event, log or answer', async () => {
    kept(await acme.admin.get(`${finance}/configuration/history`));
    kept(await acme.admin.get('/tenants/acme/audit'));
    const everything = `${await wholeTable()} ${JSON.stringify(answers.map(({ body }) => body))} ${it.logs()}`;

    expect(everything).toContain('ModuleConfigured');
    expect(everything).toContain('getPaymentRequest');
    for (const value of [first, second]) expect(everything).not.toContain(value);
  });

  test('is gone when the module is purged', async () => {
    expect(await finished(acme.admin, await acme.admin.call('DELETE', finance, { body: {} }))).toBe('Uninstalled');
    expect(await secretNames(acme.id)).toHaveLength(1);
    const asked = { confirm: 'finance', waiveGracePeriod: true };

    expect(await finished(it.platformAdmin, await it.platformAdmin.post(`${finance}/purge`, asked))).toBe('Purged');
    expect(await secretNames(acme.id)).toEqual([]);
  });

  test('is gone when the tenant is purged', async () => {
    const body = { module: 'finance', version: '1.0.0', configuration: { paymentProviderKey: first } };
    expect(await finished(acme.admin, await acme.admin.post('/tenants/acme/modules', body))).toBe('Active');
    expect(await secretNames(acme.id)).toHaveLength(1);

    expect(await finished(it.platformAdmin, await it.platformAdmin.call('DELETE', '/tenants/acme', { body: {} }))).toBe('Deprovisioned');
    expect(await finished(it.platformAdmin, await it.platformAdmin.post('/tenants/acme/purge', { confirm: 'acme' }))).toBe('Purged');
    expect(await secretNames(acme.id)).toEqual([]);
  });
});
