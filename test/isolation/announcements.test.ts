import { DynamoDBClient, GetItemCommand, ListTablesCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ServiceRequest } from '../../local/gateway.ts';
import { followJob } from '../support/api-client.ts';
import { startTestCloud, type TestCloud } from '../support/test-cloud.ts';

/** What a module tells other systems, and what its hooks may read, in the whole cloud with the rights that the template gives. */

interface Entry {
  readonly Source: string;
  readonly DetailType: string;
  readonly Detail: string;
}

let it: TestCloud;
const put: Entry[] = [];
/** How often the bus is away before it takes what a module tells. */
let absences = 0;

const isModules = ({ service, operation, input }: ServiceRequest): readonly Entry[] =>
  service === 'events' && operation === 'PutEvents'
    ? (input as { readonly Entries: readonly Entry[] }).Entries.filter(({ Source }) => Source.startsWith('module.'))
    : [];

beforeAll(async () => {
  it = await startTestCloud(
    ['contexts'],
    {},
    {
      before: (request) => {
        const told = isModules(request);
        put.push(...told);
        if (told.length === 0 || absences === 0) return 'pass';
        absences -= 1;
        return 'drop';
      },
    },
  );
  await it.publish('calendar');
});
afterAll(async () => {
  await it?.stop();
});

const install = async (slug: string, configuration: object) => {
  const { id, admin } = await it.tenant(slug, []);
  const { body } = await admin.post(`/tenants/${slug}/modules`, { module: 'calendar', configuration });
  const job = await followJob(admin, String(body['jobId']));
  const told = put.map(({ Detail, ...entry }) => ({ ...entry, detail: JSON.parse(Detail) })).filter(({ detail }) => detail.tenantId === id);
  return { id, admin, job, told };
};

describe('Installing calendar', () => {
  test('tells the bus that it is open, in the time zone that the tenant has configured', async () => {
    const { id, job, told } = await install('acme', { timeZone: 'Europe/Vienna' });

    expect(job.state).toBe('Active');
    expect(told).toMatchObject([
      {
        ...{ Source: 'module.calendar', DetailType: 'CalendarOpened' },
        detail: { name: 'CalendarOpened', module: 'calendar', tenantId: id, jobId: job.id, facts: { timeZone: 'Europe/Vienna' } },
      },
    ]);
  });

  test('tries again while the bus is away, with the same event', async () => {
    absences = 4;
    const { job, told } = await install('globex', {});

    expect(job.state).toBe('Active');
    expect(told.length).toBeGreaterThan(1);
    expect(new Set(told.map(({ detail }) => detail.id)).size).toBe(1);
  });

  test('is undone when the bus stays away, and leaves nothing', async () => {
    absences = 1_000;
    const { admin, job } = await install('initech', {});
    absences = 0;

    expect(job.state).toBe('Failed');
    expect((await admin.get('/tenants/initech/modules')).body['items']).toEqual([]);
    expect(
      await it.databases.as('initech', 'owner', (client) => client.query("SELECT to_regnamespace('calendar') AS schema")),
    ).toMatchObject({
      rows: [{ schema: null }],
    });
  });
});

describe('A module’s migrator', () => {
  test('tells nothing in the name of the registry or of another module', async () => {
    const client = new EventBridgeClient({
      ...{ region: it.cloud.region, maxAttempts: 1, endpoint: `${it.cloud.gateway}/events` },
      credentials: it.cloud.sessionOf('Migrator-calendar', {}),
    });
    const tell = (...sources: readonly string[]) =>
      client.send(
        new PutEventsCommand({
          Entries: sources.map((Source) => ({ EventBusName: 'module-registry', Source, DetailType: 'Told', Detail: '{}' })),
        }),
      );

    expect((await tell('module.calendar')).FailedEntryCount).toBe(0);
    for (const source of ['module-registry', 'module.finance', 'module.calendar.x', 'aws.states'])
      await expect(tell(source)).rejects.toMatchObject({ name: expect.stringMatching(/^AccessDenied/) });
    await expect(tell('module.calendar', 'module-registry')).rejects.toMatchObject({ name: expect.stringMatching(/^AccessDenied/) });
  });

  test('reads of the registry’s table what is of the tenant whose job it does, and no other’s', async () => {
    const [acme, globex] = await Promise.all(
      ['acme', 'globex'].map(async (slug) => String((await it.platformAdmin.get(`/tenants/${slug}`)).body['id'])),
    );
    const credentials = it.cloud.sessionOf('TenantMigratorRole', { tenant: acme ?? '' });
    const client = new DynamoDBClient({ region: it.cloud.region, maxAttempts: 1, endpoint: it.cloud.dynamodb, credentials });
    const administrator = new DynamoDBClient({ region: it.cloud.region, endpoint: it.cloud.dynamodb, credentials: it.cloud.administrator });
    const { TableNames: [TableName] = [] } = await administrator.send(new ListTablesCommand({}));
    const read = (pk: string, sk = 'MODULE#calendar') =>
      client.send(new GetItemCommand({ TableName, Key: { pk: { S: pk }, sk: { S: sk } } }));
    const denied = { name: expect.stringMatching(/^AccessDenied/) };

    expect((await read(`TENANT#${acme}`)).Item?.['configuration']).toMatchObject({ M: { timeZone: { S: 'Europe/Vienna' } } });
    await expect(read(`TENANT#${globex}`)).rejects.toMatchObject(denied);
    await expect(read(`SECRETS#${acme}`, 'x')).rejects.toMatchObject(denied);
    const query = { TableName, KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': { S: `TENANT#${acme}` } } };
    await expect(client.send(new QueryCommand(query))).rejects.toMatchObject(denied);
    for (const one of [client, administrator]) one.destroy();
  });
});
