import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  BatchExecuteStatementCommand,
  BeginTransactionCommand,
  CommitTransactionCommand,
  ExecuteStatementCommand,
  type ExecuteStatementCommandInput,
  type Field,
  RDSDataClient,
  RollbackTransactionCommand,
  type SqlParameter,
} from '@aws-sdk/client-rds-data';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { type Postgres, removePostgres, startPostgres } from '../../../local/postgres.ts';
import { makeRdsData, type RdsData } from '../../../local/rds-data.ts';
import { newSecretArn, openSecretStore, type SecretStore } from '../../../local/secret-store.ts';
import { allow, awsClient, given, type LocalTarget, onAws, onlyLocally, startLocal } from './target.ts';

/** On AWS: CONFORMANCE_CLUSTER_ARN, CONFORMANCE_SECRET_ARN and CONFORMANCE_DATABASE, where the secret's role may create tables. */

const folder = mkdtempSync(join(tmpdir(), 'rds-data-'));
chmodSync(folder, 0o711);
const localCluster = 'arn:aws:rds:us-east-1:000000000000:cluster:conformance';
const statementMilliseconds = onAws ? 45_000 : 400;

let server: Postgres;
let service: RdsData;
let local: LocalTarget;
let secrets: SecretStore;
let client: RDSDataClient;
let scope: { readonly resourceArn: string; readonly secretArn: string; readonly database: string };

const addSecret = async (name: string, value: object): Promise<string> => {
  const at = new Date(0).toISOString();
  const versions = [{ id: 'v', createdAt: at, stages: ['AWSCURRENT'], string: JSON.stringify(value) }];
  const secret = { arn: newSecretArn(name), name, createdAt: at, changedAt: at, tags: {}, versions };
  await secrets.save(secret);
  return secret.arn;
};

const prepareDatabases = async (): Promise<void> => {
  const superuser = new Client({ connectionString: server.superuserUrl });
  await superuser.connect();
  await superuser.query(`CREATE ROLE suite LOGIN PASSWORD 'secret'`);
  await superuser.query('CREATE DATABASE suite OWNER suite');
  await superuser.query('CREATE DATABASE private');
  await superuser.query('REVOKE CONNECT ON DATABASE private FROM PUBLIC');
  await superuser.end();
};

const startOwn = async (): Promise<void> => {
  server = await startPostgres({ dataFolder: join(folder, 'postgres'), log: () => {} });
  await prepareDatabases();
  local = await startLocal(({ clock }) => {
    secrets = openSecretStore({ file: join(folder, 'secrets.json'), clock });
    const clusters = new Map([[localCluster, { host: server.host, port: server.port }]]);
    service = makeRdsData({ clusters, secrets, clock, statementMilliseconds, pool: { connectionsMax: 10 } });
    return [service];
  });
  scope = { resourceArn: localCluster, secretArn: await addSecret('suite', { username: 'suite', password: 'secret' }), database: 'suite' };
};

beforeAll(async () => {
  if (onAws)
    scope = {
      resourceArn: given('CONFORMANCE_CLUSTER_ARN'),
      secretArn: given('CONFORMANCE_SECRET_ARN'),
      database: given('CONFORMANCE_DATABASE'),
    };
  else await startOwn();
  client = new RDSDataClient({ ...(onAws ? awsClient() : local.client('rds-data')), maxAttempts: 1 });
  await execute('DROP TABLE IF EXISTS conformance');
  await execute('CREATE TABLE conformance (id int PRIMARY KEY, note text, key uuid, document jsonb)');
});
afterAll(async () => {
  await execute('DROP TABLE IF EXISTS conformance').catch(() => undefined);
  await local?.gateway.close();
  await service?.close();
  await server?.stop();
  removePostgres(join(folder, 'postgres'));
  rmSync(folder, { recursive: true });
});

const execute = (sql: string, more: Partial<ExecuteStatementCommandInput> = {}) =>
  client.send(new ExecuteStatementCommand({ ...scope, sql, ...more }));
const select = async (expression: string, more: Partial<ExecuteStatementCommandInput> = {}): Promise<Field | undefined> =>
  (await execute(`SELECT ${expression}`, more)).records?.[0]?.[0];
const parameter = (value: Field, typeHint?: SqlParameter['typeHint']): Partial<ExecuteStatementCommandInput> => ({
  parameters: [{ name: 'p', value, ...(typeHint ? { typeHint } : {}) }],
});
const begin = async (): Promise<string> => (await client.send(new BeginTransactionCommand(scope))).transactionId ?? '';
const end = (Command: typeof CommitTransactionCommand | typeof RollbackTransactionCommand, transactionId: string) => {
  const { resourceArn, secretArn } = scope;
  return client.send(new Command({ resourceArn, secretArn, transactionId }));
};
const refused = (name: string, message?: RegExp) => ({ name, ...(message ? { message: expect.stringMatching(message) } : {}) });

describe('A result', () => {
  test.each<[string, Field]>([
    ['true', { booleanValue: true }],
    ['7::int2', { longValue: 7 }],
    ['7::int8', { longValue: 7 }],
    ['1.5::float8', { doubleValue: 1.5 }],
    ['1.50::numeric', { stringValue: '1.50' }],
    ["'a'::text", { stringValue: 'a' }],
    ['NULL::text', { isNull: true }],
    [`'{"a": 1}'::jsonb`, { stringValue: '{"a": 1}' }],
    ["'6f1c9c5e-0000-4000-8000-000000000000'::uuid", { stringValue: '6f1c9c5e-0000-4000-8000-000000000000' }],
    ["'2026-01-31 10:00:00.5+02'::timestamptz", { stringValue: '2026-01-31 08:00:00.5' }],
    ["'\\x00ff'::bytea", { blobValue: Uint8Array.of(0, 255) }],
    ["ARRAY['a', NULL, 'b \"c\"']", { arrayValue: { stringValues: ['a', null as unknown as string, 'b "c"'] } }],
  ])('SELECT %s', async (expression, field) => {
    expect(await select(expression)).toEqual(field);
  });

  test('keeps integers above 2^53 when it is asked for strings', async () => {
    expect(await select('9007199254740993', { resultSetOptions: { longReturnType: 'STRING' } })).toEqual({
      stringValue: '9007199254740993',
    });
  });

  test.each(['\'a\'::"char"', "'pg_class'::regclass", "'int4'::regtype", "ARRAY[ARRAY['a']]"])(
    'of the type of %s is refused',
    async (expression) => {
      await expect(select(expression)).rejects.toMatchObject(refused('UnsupportedResultException'));
    },
  );

  test('has metadata when it is asked for, and nothing generated', async () => {
    const { columnMetadata, generatedFields } = await execute('SELECT 1 AS one, now() AS at', { includeResultMetadata: true });
    expect(columnMetadata?.map(({ label, typeName }) => [label, typeName])).toEqual([
      ['one', 'int4'],
      ['at', 'timestamptz'],
    ]);
    expect((await execute('SELECT 1')).columnMetadata).toBeUndefined();
    expect(generatedFields ?? []).toEqual([]);
  });

  test('is one document when it is asked for as JSON', async () => {
    const { formattedRecords, records } = await execute("SELECT 1 AS one, NULL AS nothing, 'x' AS text", { formatRecordsAs: 'JSON' });
    expect([JSON.parse(formattedRecords ?? ''), records]).toEqual([[{ one: 1, nothing: null, text: 'x' }], undefined]);
  });

  test('is at most 1 MiB, its rows at most 64 KB', async () => {
    await expect(select("repeat('x', 65537)")).rejects.toMatchObject(refused('BadRequestException', /response size limit/));
    await expect(execute("SELECT repeat('x', 60000) FROM generate_series(1, 18)")).rejects.toMatchObject(refused('BadRequestException'));
    expect((await execute("SELECT repeat('x', 60000) FROM generate_series(1, 16)")).records).toHaveLength(16);
  });
});

describe('A parameter', () => {
  test.each<[string, Field, Field]>([
    [':p', { stringValue: "it's" }, { stringValue: "it's" }],
    [':p + 1', { longValue: 1 }, { longValue: 2 }],
    [':p', { doubleValue: 0.5 }, { doubleValue: 0.5 }],
    ['NOT :p', { booleanValue: false }, { booleanValue: true }],
    [':p', { blobValue: Uint8Array.of(1, 2) }, { blobValue: Uint8Array.of(1, 2) }],
    [':p::text', { isNull: true }, { isNull: true }],
    [':p::uuid', { stringValue: '6f1c9c5e-0000-4000-8000-000000000000' }, { stringValue: '6f1c9c5e-0000-4000-8000-000000000000' }],
    ['\':p \' || :p || " :p" FROM (SELECT \'x\' AS " :p") AS t -- :q', { stringValue: 'a' }, { stringValue: ':p ax' }],
  ])('in SELECT %s', async (expression, value, field) => {
    expect(await select(expression, parameter(value))).toEqual(field);
  });

  test('that is a string is text: a uuid compared with it needs a cast or a hint', async () => {
    const compare = 'count(*) FROM conformance WHERE key = :p';
    const value = { stringValue: '6f1c9c5e-0000-4000-8000-000000000000' };
    await expect(select(compare, parameter(value))).rejects.toMatchObject(refused('DatabaseErrorException', /SQLState: 42883$/));
    expect(await select(compare, parameter(value, 'UUID'))).toEqual({ longValue: 0 });
    const insert = execute('INSERT INTO conformance (id, document) VALUES (99, :p)', parameter({ stringValue: '{}' }));
    await expect(insert).rejects.toMatchObject(refused('DatabaseErrorException', /SQLState: 42804$/));
    expect(
      (await execute('INSERT INTO conformance (id, document) VALUES (99, :p)', parameter({ stringValue: '{}' }, 'JSON')))
        .numberOfRecordsUpdated,
    ).toBe(1);
  });

  test('with a hint has the form that the hint demands', async () => {
    const iso = parameter({ stringValue: '2026-01-31T10:00:00Z' }, 'TIMESTAMP');
    await expect(select(':p', iso)).rejects.toMatchObject(refused('BadRequestException'));
    expect(await select(':p', parameter({ stringValue: '2026-01-31 10:00:00' }, 'TIMESTAMP'))).toEqual({
      stringValue: '2026-01-31 10:00:00',
    });
  });

  test('may not be an array, nor be missing', async () => {
    await expect(select(':p', parameter({ arrayValue: { stringValues: ['a'] } }))).rejects.toMatchObject(refused('BadRequestException'));
    await expect(select(':p')).rejects.toMatchObject(refused('BadRequestException', /p$/));
  });
});

describe('A statement', () => {
  test('says how many rows it changed, or which it returns', async () => {
    expect(await execute("INSERT INTO conformance VALUES (1, 'a'), (2, 'b')")).toMatchObject({
      numberOfRecordsUpdated: 2,
      generatedFields: [],
    });
    expect((await execute("UPDATE conformance SET note = 'c' WHERE id = 1 RETURNING note")).records).toEqual([[{ stringValue: 'c' }]]);
  });

  test('is one statement, without a schema', async () => {
    await expect(execute('SELECT 1; SELECT 2')).rejects.toMatchObject(refused('ValidationException'));
    await expect(execute('SELECT 1', { schema: 'public' })).rejects.toMatchObject(refused('ValidationException'));
  });

  test('that PostgreSQL refuses says why, with the state at the end', async () => {
    await expect(execute('SELECT * FROM nowhere')).rejects.toMatchObject(
      refused('DatabaseErrorException', /^ERROR: relation "nowhere" does not exist[\s\S]*; SQLState: 42P01$/),
    );
  });

  test('runs once for each set of parameters', async () => {
    const set = (id: number): SqlParameter[] => [{ name: 'id', value: { longValue: id } }];
    const batch = new BatchExecuteStatementCommand({
      ...scope,
      sql: 'INSERT INTO conformance (id) VALUES (:id)',
      parameterSets: [set(11), set(12)],
    });
    expect((await client.send(batch)).updateResults).toHaveLength(2);
    expect(await select('count(*) FROM conformance WHERE id IN (11, 12)')).toEqual({ longValue: 2 });
  });

  onlyLocally('is ended when its time is over', async () => {
    await expect(execute('SELECT pg_sleep(30)')).rejects.toMatchObject(refused('StatementTimeoutException'));
    await sleep(100);
    expect(await select("count(*) FROM pg_stat_activity WHERE query LIKE '%sleep(30)' AND state = 'active'")).toEqual({ longValue: 0 });
  });

  onlyLocally('goes on after its time when it was asked to', async () => {
    const late = execute(`DO $$BEGIN PERFORM pg_sleep(0.7); INSERT INTO conformance (id, note) VALUES (50, ':late'); END$$`, {
      continueAfterTimeout: true,
    });
    await expect(late).rejects.toMatchObject(refused('StatementTimeoutException'));
    await sleep(700);
    expect(await select('note FROM conformance WHERE id = 50')).toEqual({ stringValue: ':late' });
  });

  onlyLocally('leaves no trace in the session that the next one gets', async () => {
    await execute("SET search_path TO 'elsewhere'");
    expect(await select("current_setting('search_path')")).toEqual({ stringValue: '"$user", public' });
  });

  test('does not begin or end a transaction by itself', async () => {
    await expect(execute('BEGIN')).rejects.toMatchObject({ name: expect.stringMatching(/Exception$/) });
  });
});

describe('A transaction', () => {
  const count = (id: number, transactionId?: string) =>
    select(`count(*) FROM conformance WHERE id = ${id}`, transactionId ? { transactionId } : {});
  const insert = (id: number, transactionId: string) => execute(`INSERT INTO conformance (id) VALUES (${id})`, { transactionId });

  test('is seen by itself, and by others once it is committed', async () => {
    const id = await begin();
    await insert(21, id);
    expect([await count(21, id), await count(21)]).toEqual([{ longValue: 1 }, { longValue: 0 }]);
    await end(CommitTransactionCommand, id);
    expect(await count(21)).toEqual({ longValue: 1 });
  });

  test('leaves nothing when it is rolled back, and is not found after its end', async () => {
    const id = await begin();
    await insert(22, id);
    await end(RollbackTransactionCommand, id);
    expect(await count(22)).toEqual({ longValue: 0 });
    await expect(insert(22, id)).rejects.toMatchObject(refused('TransactionNotFoundException'));
    await expect(end(RollbackTransactionCommand, id)).rejects.toMatchObject(refused('TransactionNotFoundException'));
  });

  test('runs one statement at a time', async () => {
    const id = await begin();
    const slow = execute('SELECT pg_sleep(0.2)', { transactionId: id });
    await sleep(50);
    await expect(select('1', { transactionId: id })).rejects.toMatchObject(
      refused('DatabaseErrorException', /Transaction is still running a query/),
    );
    await slow;
    await end(RollbackTransactionCommand, id);
  });

  test('belongs to its secret and its database', async () => {
    const id = await begin();
    await expect(select('1', { transactionId: id, database: 'postgres' })).rejects.toMatchObject(refused('BadRequestException'));
    await end(RollbackTransactionCommand, id);
  });

  onlyLocally('is gone once a statement in it has failed', async () => {
    const id = await begin();
    await insert(23, id);
    await expect(insert(23, id)).rejects.toMatchObject(refused('DatabaseErrorException', /SQLState: 23505$/));
    await expect(end(CommitTransactionCommand, id)).rejects.toMatchObject(refused('TransactionNotFoundException'));
    expect(await count(23)).toEqual({ longValue: 0 });
  });

  onlyLocally('is gone after three idle minutes of the cloud’s clock, with its locks', async () => {
    const id = await begin();
    await insert(24, id);
    local.clock.advance(2 * 60_000);
    await insert(25, id);
    local.clock.advance(3 * 60_000 + 1);
    await expect(insert(26, id)).rejects.toMatchObject(refused('TransactionNotFoundException'));
    await sleep(50);
    await execute('INSERT INTO conformance (id) VALUES (24)');
  });
});

describe('A caller', () => {
  const as = (...statements: Parameters<LocalTarget['as']>[0]) => new RDSDataClient(local.client('rds-data', local.as(statements)));
  const run = (own: RDSDataClient) => own.send(new ExecuteStatementCommand({ ...scope, sql: 'SELECT 1' }));

  onlyLocally('needs the right to the cluster and the right to read the secret', async () => {
    const data = allow('rds-data:ExecuteStatement', localCluster);
    const read = allow('secretsmanager:GetSecretValue', scope.secretArn);
    await expect(run(as(read))).rejects.toMatchObject(
      refused('AccessDeniedException', /rds-data:ExecuteStatement on resource: .*cluster:conformance/),
    );
    await expect(run(as(data))).rejects.toMatchObject(
      refused('AccessDeniedException', /secretsmanager:GetSecretValue on resource: .*secret:suite-/),
    );
    expect((await run(as(data, read))).records).toEqual([[{ longValue: 1 }]]);
  });

  onlyLocally('gets as far as the role of the secret does', async () => {
    await expect(execute('SELECT 1', { database: 'private' })).rejects.toMatchObject(
      refused('BadRequestException', /permission denied for database "private"[\s\S]*SQLState: 42501$/),
    );
    await expect(execute('SET ROLE postgres_local')).rejects.toMatchObject(refused('DatabaseErrorException', /SQLState: 42501$/));
    await expect(execute('CREATE SCHEMA other', { database: 'postgres' })).rejects.toMatchObject(
      refused('DatabaseErrorException', /SQLState: 42501$/),
    );
  });

  onlyLocally('with a wrong password, a missing database or an odd secret is told so', async () => {
    const secretArn = await addSecret('wrong', { username: 'suite', password: 'wrong' });
    await expect(execute('SELECT 1', { secretArn })).rejects.toMatchObject(
      refused('BadRequestException', /password authentication failed.*SQLState: 28P01$/),
    );
    await expect(execute('SELECT 1', { database: 'absent' })).rejects.toMatchObject(refused('BadRequestException', /SQLState: 3D000$/));
    await expect(execute('SELECT 1', { secretArn: await addSecret('odd', {}) })).rejects.toMatchObject(refused('InvalidSecretException'));
    await expect(execute('SELECT 1', { resourceArn: `${localCluster}x` })).rejects.toMatchObject(refused('DatabaseNotFoundException'));
  });
});

describe('The connections', () => {
  onlyLocally('are shared by more callers than there are of them', async () => {
    const many = await Promise.all(Array.from({ length: 60 }, (_, index) => select(`${index} + pg_backend_pid() * 0`)));
    expect(many).toEqual(Array.from({ length: 60 }, (_, longValue) => ({ longValue })));
    const open = await select("count(*) FROM pg_stat_activity WHERE application_name = 'rds-data'");
    expect(Number(open?.longValue)).toBeLessThanOrEqual(10);
  });

  onlyLocally('are made anew when the server has ended them', async () => {
    const superuser = new Client({ connectionString: server.superuserUrl });
    await superuser.connect();
    await superuser.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'rds-data'");
    await superuser.end();
    await sleep(50);
    expect(await select('1')).toEqual({ longValue: 1 });
  });
});
