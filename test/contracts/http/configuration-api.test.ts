import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import type { Job } from '../../../contexts/module-registry/domain/job.ts';
import { beginValidating, beginWork, complete, evolve } from '../../../contexts/module-registry/domain/job.ts';
import { makeDynamoJobStore } from '../../../contexts/module-registry/index.ts';
import { auditEventOf } from '../../../contexts/shared/adapters/audit-item.ts';
import { newId } from '../../../functions/compose/registry.ts';
import { domainEvents } from '../../../functions/events/domain-events.ts';
import { type Answered, type ApiStand, platformAdmin, startApiStand } from '../../support/http/api-stand.ts';
import { type SecretsStand, startSecretsStand } from '../../support/secrets-stand.ts';

let stand: ApiStand;
let secrets: SecretsStand;
let tenants = 0;

const configuration = z.toJSONSchema(
  z.strictObject({
    currency: z
      .string()
      .regex(/^[A-Z]{3}$/)
      .default('EUR'),
    reminders: z.strictObject({ days: z.int(), text: z.string().optional() }).optional(),
    key: z.string().min(8).optional().meta({ writeOnly: true }),
  }),
  { io: 'input' },
);

beforeAll(async () => {
  [stand, secrets] = [await startApiStand(), await startSecretsStand()];
  Object.assign(process.env, secrets.environment());
  await stand.deploy({
    ...{ name: 'ledger', title: 'Ledger', description: 'A ledger.', subscriptionRequired: false, serves: '>=1.0.0 <2' },
    versions: [{ version: '1.0.0', migrations: { landlord: 0, tenant: 0 }, tables: { landlord: [], tenant: [] }, configuration }],
  });
  stand.lambda.next({ payload: { contract: 1, findings: [] } });
  await send('POST', '/platform/modules/ledger/publish', platformAdmin, { version: '1.0.0' });
});
afterAll(async () => {
  await stand.close();
  await secrets.close();
});

const send = (
  method: string,
  path: string,
  claims: Readonly<Record<string, unknown>>,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answered> => stand.send({ method, path: `/api/v1${path}`, claims, headers, ...(body === undefined ? {} : { body }) });

const reasonOf = ({ status, body }: Answered): string => `${status} ${String(body['type']).split('/').at(-1)}`;

/** What the workflow does with a job that ends well. */
const finish = async (jobId: string): Promise<void> => {
  const jobs = makeDynamoJobStore(stand.table, newId);
  const timing = { at: new Date(), leaseSeconds: 120 };
  for (const decide of [beginValidating, beginWork, complete]) {
    const before = (await jobs.get(jobId)) as Job;
    const events = decide(before, timing);
    const job = events.reduce(evolve, before);
    // its configuration stays as it is stored while both say the same of it
    const base = { tenantId: job.tenantId, module: 'ledger', configuration: {} };
    const locked = { ...base, status: 'Changing', jobId } as const;
    const active = { ...base, status: 'Active', version: '1.0.0', installedBy: jobId } as const;
    const tenantModules = decide === complete ? [{ module: 'ledger', before: locked, after: active }] : [];
    await jobs.commit({ before, job, events, tenantModules });
  }
};

/** A tenant with the module, Active, and its admin. */
const aTenant = async (given: Readonly<Record<string, unknown>> = { currency: 'CHF' }) => {
  tenants += 1;
  const id = await stand.tenant(`tenant-${tenants}`);
  const admin = { sub: 'ada', role: 'tenant-admin', tenant: id };
  const path = `/tenants/tenant-${tenants}/modules/ledger`;
  const asked = await send('POST', `/tenants/tenant-${tenants}/modules`, admin, { module: 'ledger', configuration: given });
  const show = () => send('GET', path, admin);
  const tag = async () => String((await show()).headers['etag']);
  const patch = async (body: unknown, headers?: Readonly<Record<string, string>>) =>
    send('PATCH', path, admin, body, headers ?? { 'if-match': await tag() });
  const history = async (query = '') =>
    (await send('GET', `${path}/configuration/history${query}`, { ...admin, role: 'tenant-viewer' })).body;
  return { id, admin, path, jobId: String(asked.body['jobId']), show, tag, patch, history };
};
const anActiveModule = async (given?: Readonly<Record<string, unknown>>) => {
  const it = await aTenant(given);
  await finish(it.jobId);
  return it;
};

const configured = domainEvents.find(({ name }) => name === 'ModuleConfigured');
const eventsOf = async (aggregate: string): Promise<readonly unknown[]> => {
  const ExpressionAttributeValues = { ':pk': aggregate, ':event': 'EVENT#' };
  return (
    await stand.table.queryAll({ KeyConditionExpression: 'pk = :pk AND begins_with(sk, :event)', ExpressionAttributeValues }, 10)
  ).map(auditEventOf);
};

/** Every item of the table that a value may have come to. */
const tableText = async (partitions: readonly string[]): Promise<string> => {
  const items = await Promise.all(
    partitions.map((pk) => stand.table.queryAll({ KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': pk } }, 100)),
  );
  return JSON.stringify(items.flat());
};

describe('A tenant’s module over HTTP', () => {
  test('shows what is set, what counts, and an ETag', async () => {
    const { show } = await anActiveModule({ reminders: { days: 3 } });

    const { status, headers, body } = await show();

    expect([status, headers['etag']]).toEqual([200, expect.stringMatching(/^"[\da-f]{32}"$/)]);
    expect(body).toMatchObject({
      configuration: { reminders: { days: 3 } },
      effective: { currency: 'EUR', reminders: { days: 3 } },
      secretsSet: [],
    });
  });

  test('is configured with a merge patch, and answers its next ETag', async () => {
    const { patch, show } = await anActiveModule({ currency: 'CHF', reminders: { days: 3, text: 'Pay!' } });

    const { status, headers, body } = await patch({ currency: null, reminders: { text: null } });

    expect([status, body['configuration'], body['effective']]).toEqual([
      200,
      { reminders: { days: 3 } },
      { currency: 'EUR', reminders: { days: 3 } },
    ]);
    expect((await show()).headers['etag']).toBe(headers['etag']);
  });

  test('wants If-Match (428), the one of what stands (412), and takes *', async () => {
    const { patch, tag } = await anActiveModule();
    const first = await tag();

    expect(reasonOf(await patch({ currency: 'USD' }, {}))).toBe('428 if-match-required');
    expect((await patch({ currency: 'USD' }, { 'if-match': first })).status).toBe(200);
    expect(reasonOf(await patch({ currency: 'GBP' }, { 'if-match': first }))).toBe('412 module-changed');
    expect((await patch({ currency: 'GBP' }, { 'if-match': '*' })).status).toBe(200);
  });

  test('names every field that does not fit', async () => {
    const { patch, show } = await anActiveModule();

    const { status, body } = await patch({ currency: 'francs', reminders: { days: 'three' }, colour: 'red' });

    expect([status, body['errors'].map(({ field }: { readonly field: string }) => field).toSorted()]).toEqual([
      400,
      ['configuration', 'configuration.currency', 'configuration.reminders.days'],
    ]);
    expect((await show()).body['configuration']).toEqual({ currency: 'CHF' });
  });

  test.each([
    ['a list', [1], 400],
    ['a word', '"EUR"', 400],
    ['more than may be kept', { reminders: { days: 1, text: 'x'.repeat(40_000) } }, 400],
  ])('is not configured with %s', async (_, body, status) => {
    expect((await (await anActiveModule()).patch(body)).status).toBe(status);
  });

  test('is not configured while a job has it in its hands, which is named', async () => {
    const { patch, jobId } = await aTenant();
    const refused = await patch({ currency: 'USD' });

    expect([reasonOf(refused), refused.body['job']]).toEqual(['409 job-in-the-way', jobId]);
  });

  test('is configured by those who may change it, in their own tenant', async () => {
    const [acme, globex] = [await anActiveModule(), await anActiveModule()];
    const viewer = { ...acme.admin, role: 'tenant-viewer' };
    const headers = { 'if-match': '*' };

    expect(reasonOf(await send('PATCH', acme.path, viewer, {}, headers))).toBe('403 role-not-allowed');
    expect(reasonOf(await send('PATCH', acme.path, globex.admin, {}, headers))).toBe('403 another-tenant');
    expect(reasonOf(await send('GET', `${acme.path}/configuration/history`, globex.admin))).toBe('403 another-tenant');
    expect(reasonOf(await send('PATCH', acme.path.replace('ledger', 'nothing'), acme.admin, {}, headers))).toBe('404 module-not-installed');
  });

  test('answers a repeated key as the first time, and refuses it with another body', async () => {
    const { patch, tag, history } = await anActiveModule();
    const headers = { 'if-match': await tag(), 'idempotency-key': 'once' };
    const first = await patch({ currency: 'USD' }, headers);
    const again = await patch({ currency: 'USD' }, headers);

    expect([again.status, again.body, again.headers['etag']]).toEqual([200, first.body, first.headers['etag']]);
    expect((await history())['items']).toHaveLength(2);
    expect(reasonOf(await patch({ currency: 'GBP' }, headers))).toBe('422 idempotency-key-reused');
  });

  test('tells who changed which fields and when, newest first, in pages', async () => {
    const { patch, history, jobId } = await anActiveModule();
    await patch({ currency: 'USD', reminders: { days: 2 } });
    const page = await history('?limit=1');

    expect(page['items']).toEqual([{ at: expect.any(String), by: 'ada', fields: ['currency', 'reminders'] }]);
    expect((await history(`?limit=1&cursor=${page['cursor']}`))['items']).toEqual([
      { at: expect.any(String), by: 'ada', fields: ['currency'], jobId },
    ]);
  });
});

describe('A write-only field over HTTP', () => {
  test('is set with the install and with a patch, shown by its name, and stands nowhere but in Secrets Manager', async () => {
    const { id, jobId, patch, show, history } = await anActiveModule({ currency: 'CHF', key: 'brought-by-the-install' });
    expect((await show()).body['secretsSet']).toEqual(['key']);

    const patched = await patch({ key: 'brought-by-the-patch' }, { 'if-match': '*', 'idempotency-key': 'hush' });

    expect(patched.body).toMatchObject({ configuration: { currency: 'CHF' }, effective: { currency: 'CHF' }, secretsSet: ['key'] });
    expect(await secrets.secretsOf(id)).toMatchObject([{ Name: expect.stringMatching(`^module-registry/tenant/${id}/config/ledger/`) }]);
    const events = await eventsOf(`CONFIGURATION#${id}#ledger`);
    expect(events.map((event) => configured?.schema.safeParse(event).error)).toEqual([undefined]);
    const kept = await tableText([`TENANT#${id}`, `JOB#${jobId}`, `CONFIGURATION#${id}#ledger`, `SECRETS#${id}`]);
    const shown = JSON.stringify([patched, await show(), await history()]);
    expect(kept).toContain('"fields":["key"]');
    for (const text of [kept, shown]) expect(text).not.toMatch(/brought-by/);
  });

  test('is refused without its value', async () => {
    const refused = await (await anActiveModule()).patch({ key: 'short' });

    expect([refused.status, refused.body['errors']]).toMatchObject([400, [{ field: 'configuration.key' }]]);
    expect(JSON.stringify(refused)).not.toContain('"short"');
  });

  test('is taken away by null, with all that was kept', async () => {
    const { id, patch } = await anActiveModule({ key: 'hush-hush' });

    expect((await patch({ key: null })).body['secretsSet']).toEqual([]);
    expect(await secrets.secretsOf(id)).toEqual([]);
  });

  test('is not changed while Secrets Manager is away, and says so', async () => {
    const { patch, show } = await anActiveModule({ currency: 'CHF' });
    secrets.local.faults.before = () => 'drop';
    const refused = await patch({ currency: 'USD', key: 'hush-hush' });
    delete secrets.local.faults.before;

    expect(reasonOf(refused)).toBe('503 unavailable');
    expect((await show()).body).toMatchObject({ configuration: { currency: 'CHF' }, secretsSet: [] });
  });
});
