import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  SecretsManagerClient,
  TagResourceCommand,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openSecretStore } from '../../../local/secret-store.ts';
import { makeSecretsManager } from '../../../local/secrets-manager.ts';
import { allow, awsClient, type LocalTarget, onAws, onlyLocally, startLocal } from './target.ts';

const folder = mkdtempSync(join(tmpdir(), 'secrets-'));
const file = join(folder, 'secrets.json');
const run = `conformance-${randomUUID().slice(0, 8)}`;
let local: LocalTarget;
let client: SecretsManagerClient;
const made: string[] = [];

beforeAll(async () => {
  if (!onAws) local = await startLocal(({ clock }) => [makeSecretsManager({ store: openSecretStore({ file, clock }), clock })]);
  client = new SecretsManagerClient(onAws ? awsClient() : local.client('secretsmanager'));
});
afterAll(async () => {
  for (const SecretId of made) await client.send(new DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true }));
  await local?.gateway.close();
  rmSync(folder, { recursive: true });
});

const create = async (
  name: string,
  SecretString = 'first',
  more: { ClientRequestToken?: string; Tags?: { Key: string; Value: string }[] } = {},
) => {
  const Name = `${run}/${name}`;
  made.push(Name);
  const { ARN = '', VersionId = '' } = await client.send(new CreateSecretCommand({ Name, SecretString, ...more }));
  return { name: Name, arn: ARN, version: VersionId };
};
const read = async (SecretId: string): Promise<string | undefined> =>
  (await client.send(new GetSecretValueCommand({ SecretId }))).SecretString;

describe('A secret', () => {
  test('has an ARN that ends in six characters of chance, and is read by it or by its name', async () => {
    const { arn, name } = await create('read');
    expect(arn).toMatch(new RegExp(`:secret:${name}-[A-Za-z0-9]{6}$`));
    expect([await read(arn), await read(name), await read(arn.slice(0, -7))]).toEqual(['first', 'first', 'first']);
  });

  test('is not found under a name that nobody gave', async () => {
    await expect(read(`${run}/absent`)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  test('keeps its bytes when it is binary', async () => {
    const Name = `${run}/binary`;
    made.push(Name);
    await client.send(new CreateSecretCommand({ Name, SecretBinary: Uint8Array.of(0, 255) }));
    expect((await client.send(new GetSecretValueCommand({ SecretId: Name }))).SecretBinary).toEqual(Uint8Array.of(0, 255));
  });

  test('is created once, however often the request with its token is repeated', async () => {
    const token = { ClientRequestToken: randomUUID() };
    const first = await create('repeated', 'same', token);
    expect(await create('repeated', 'same', token)).toEqual(first);
    await expect(create('repeated', 'other', token)).rejects.toMatchObject({ name: 'ResourceExistsException' });
    await expect(create('repeated', 'same')).rejects.toMatchObject({ name: 'ResourceExistsException' });
  });

  test('shows its tags, and takes more', async () => {
    const { arn } = await create('tagged', 'x', { Tags: [{ Key: 'tenant', Value: 'acme' }] });
    await client.send(new TagResourceCommand({ SecretId: arn, Tags: [{ Key: 'role', Value: 'app' }] }));
    const { Tags, CreatedDate } = await client.send(new DescribeSecretCommand({ SecretId: arn }));
    expect(new Map(Tags?.map(({ Key, Value }) => [Key, Value]))).toEqual(
      new Map([
        ['tenant', 'acme'],
        ['role', 'app'],
      ]),
    );
    expect(CreatedDate).toBeInstanceOf(Date);
  });

  onlyLocally('is listed by the beginning of its name, page by page', async () => {
    await create('listed/a');
    await create('listed/b');
    const Filters = [{ Key: 'name' as const, Values: [`${run}/listed/`] }];
    const first = await client.send(new ListSecretsCommand({ Filters, MaxResults: 1 }));
    const second = await client.send(new ListSecretsCommand({ Filters, NextToken: first.NextToken }));
    expect([first, second].flatMap(({ SecretList = [] }) => SecretList.map(({ Name }) => Name))).toEqual([
      `${run}/listed/a`,
      `${run}/listed/b`,
    ]);
    expect(second.NextToken).toBeUndefined();
  });
});

describe('A new value', () => {
  test('becomes the current one, and the old one the previous', async () => {
    const { arn, version } = await create('put');
    const put = await client.send(new PutSecretValueCommand({ SecretId: arn, SecretString: 'second' }));
    const previous = await client.send(new GetSecretValueCommand({ SecretId: arn, VersionStage: 'AWSPREVIOUS' }));
    expect(await read(arn)).toBe('second');
    expect(previous).toMatchObject({ SecretString: 'first', VersionId: version });
    expect(await client.send(new GetSecretValueCommand({ SecretId: arn, VersionId: put.VersionId }))).toMatchObject({
      SecretString: 'second',
    });
  });

  test('is put once, however often the request with its token is repeated', async () => {
    const { arn } = await create('put-again');
    const repeat = { SecretId: arn, SecretString: 'second', ClientRequestToken: randomUUID() };
    const first = await client.send(new PutSecretValueCommand(repeat));
    const second = await client.send(new PutSecretValueCommand(repeat));
    expect(second.VersionId).toBe(first.VersionId);
    const other = client.send(new PutSecretValueCommand({ ...repeat, SecretString: 'third' }));
    await expect(other).rejects.toMatchObject({ name: 'ResourceExistsException' });
  });
});

describe('A deleted secret', () => {
  test('is unreadable at once, keeps its name, and comes back when restored', async () => {
    const { arn, name } = await create('deleted');
    const { DeletionDate } = await client.send(new DeleteSecretCommand({ SecretId: arn, RecoveryWindowInDays: 7 }));
    expect(DeletionDate).toBeInstanceOf(Date);
    await expect(read(arn)).rejects.toMatchObject({ name: 'InvalidRequestException' });
    await expect(client.send(new CreateSecretCommand({ Name: name, SecretString: 'x' }))).rejects.toMatchObject({
      name: 'InvalidRequestException',
    });
    await client.send(new RestoreSecretCommand({ SecretId: arn }));
    expect(await read(arn)).toBe('first');
  });

  onlyLocally('is gone when its recovery window is over, and its successor has another ARN', async () => {
    const { arn, name } = await create('expired');
    await client.send(new DeleteSecretCommand({ SecretId: arn, RecoveryWindowInDays: 7 }));
    local.clock.advance(7 * 86_400_000 + 1);
    await expect(read(arn)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    expect((await create('expired')).arn).not.toBe(arn);
    expect((await client.send(new GetSecretValueCommand({ SecretId: name }))).ARN).not.toBe(arn);
  });

  onlyLocally('is gone at once by force, and deleting it again by force is no error', async () => {
    const { arn } = await create('forced');
    const force = new DeleteSecretCommand({ SecretId: arn, ForceDeleteWithoutRecovery: true });
    await client.send(force);
    await expect(read(arn)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await client.send(force);
  });
});

describe('The policy of a session', () => {
  const as = (...[statements, tags]: Parameters<LocalTarget['as']>) =>
    new SecretsManagerClient(local.client('secretsmanager', local.as(statements, tags)));

  onlyLocally('is checked against the full ARN, by name as well', async () => {
    const { arn, name } = await create('policy/acme');
    const reader = as([allow('secretsmanager:GetSecretValue', arn)]);
    expect((await reader.send(new GetSecretValueCommand({ SecretId: name }))).SecretString).toBe('first');
    await expect(reader.send(new DescribeSecretCommand({ SecretId: name }))).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });

  onlyLocally('opens a tenant’s secret to a session with that tenant’s tag only', async () => {
    const acme = await create('by-tag/acme');
    const resource = acme.arn.replace(/acme-.{6}$/, `\${aws:PrincipalTag/tenant}-??????`);
    const readAs = (tenant: string) =>
      as([allow('secretsmanager:*', resource)], { tenant }).send(new GetSecretValueCommand({ SecretId: acme.arn }));
    expect((await readAs('acme')).SecretString).toBe('first');
    await expect(readAs('globex')).rejects.toThrow(/role\/tester.*secretsmanager:GetSecretValue on resource: arn:.*acme/);
  });

  onlyLocally('decides before it is told whether the secret exists', async () => {
    const absent = as([]).send(new GetSecretValueCommand({ SecretId: `${run}/absent` }));
    await expect(absent).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });

  onlyLocally('must allow the tags of a new secret too', async () => {
    const maker = as([allow('secretsmanager:CreateSecret', '*')]);
    const tagged = maker.send(new CreateSecretCommand({ Name: `${run}/mine`, SecretString: 'x', Tags: [{ Key: 'a', Value: 'b' }] }));
    await expect(tagged).rejects.toThrow('secretsmanager:TagResource');
  });
});

describe('The file', () => {
  onlyLocally('can be read by its owner only, and gives everything back to the next start', async () => {
    const { arn } = await create('kept');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(openSecretStore({ file, clock: local.clock }).find(arn)?.versions[0]?.string).toBe('first');
  });

  onlyLocally('has every acknowledged change, also of many at once', async () => {
    const many = Array.from({ length: 20 }, (_, index) => create(`many/${index}`));
    await Promise.all(many);
    const names = new Set((JSON.parse(readFileSync(file, 'utf8')) as { name: string }[]).map(({ name }) => name));
    expect((await Promise.all(many)).every(({ name }) => names.has(name))).toBe(true);
  });
});
