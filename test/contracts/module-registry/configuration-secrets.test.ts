import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { ulid } from 'ulid';
import type { ConfigurationSecrets } from '../../../contexts/module-registry/application/configuration-ports.ts';
import { makeSecretsManagerConfiguration } from '../../../contexts/module-registry/index.ts';
import { makeMemorySecrets } from '../../support/memory-configurations.ts';
import { type SecretsStand, startSecretsStand } from '../../support/secrets-stand.ts';
import { registryTable } from './registry-stand.ts';

const useTable = registryTable();
let stand: SecretsStand;

beforeAll(async () => {
  stand = await startSecretsStand();
});
afterEach(() => {
  delete stand.local.faults.before;
  delete stand.local.faults.after;
});
afterAll(() => stand.close());

const inSecretsManager = (): ConfigurationSecrets =>
  makeSecretsManagerConfiguration({ clientOf: stand.clientOf(), table: useTable(), prefix: 'module-registry', newId: ulid });

const values = { key: 'k-1', nested: { deep: [1, true] } };

const describeSecrets = (name: string, make: () => ConfigurationSecrets): void => {
  describe(`Write-only values ${name}`, () => {
    test('are found under the ref that writing them answered, each time another', async () => {
      const [secrets, of] = [make(), { tenantId: ulid(), module: 'finance' }];
      const [first, second] = [await secrets.write(of, values), await secrets.write(of, { key: 'k-2' })];

      expect(second).not.toBe(first);
      expect(await secrets.read(of, first)).toEqual(values);
      expect(await secrets.read(of, second)).toEqual({ key: 'k-2' });
    });

    test('are gone once they are removed, which may be said twice; others stay', async () => {
      const [secrets, of] = [make(), { tenantId: ulid(), module: 'finance' }];
      const [first, second] = [await secrets.write(of, values), await secrets.write(of, values)];
      await secrets.remove(of, first);
      await secrets.remove(of, first);

      expect(await secrets.read(of, first)).toBeUndefined();
      expect(await secrets.read(of, second)).toEqual(values);
    });

    test('are listed for one module, all that were written and not removed', async () => {
      const [secrets, of] = [make(), { tenantId: ulid(), module: 'finance' }];
      const refs = [await secrets.write(of, values), await secrets.write(of, values), await secrets.write(of, values)] as const;
      await secrets.write({ ...of, module: 'finance_more' }, values);
      await secrets.write({ ...of, tenantId: ulid() }, values);
      await secrets.remove(of, refs[1]);

      expect((await secrets.refs(of)).toSorted()).toEqual([refs[0], refs[2]].toSorted());
      expect(await secrets.refs({ ...of, module: 'shop' })).toEqual([]);
    });

    test('are removed for one module, and then for the tenant, and nobody else’s', async () => {
      const secrets = make();
      const [tenantId, other] = [ulid(), ulid()];
      const finance = { tenantId, module: 'finance' };
      const longer = { tenantId, module: 'finance_more' };
      const theirs = { tenantId: other, module: 'finance' };
      const refs = [
        await secrets.write(finance, values),
        await secrets.write(longer, values),
        await secrets.write(theirs, values),
      ] as const;

      await secrets.removeAll(tenantId, 'finance');
      expect(await secrets.read(finance, refs[0])).toBeUndefined();
      expect(await secrets.read(longer, refs[1])).toEqual(values);

      await secrets.removeAll(tenantId);
      await secrets.removeAll(tenantId);
      expect(await secrets.read(longer, refs[1])).toBeUndefined();
      expect(await secrets.read(theirs, refs[2])).toEqual(values);
    });
  });
};

describeSecrets('in memory', makeMemorySecrets);
describeSecrets('in Secrets Manager', inSecretsManager);

describe('A secret of a tenant’s module', () => {
  const itemsOf = (tenantId: string) =>
    useTable().queryAll({ KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': `SECRETS#${tenantId}` } }, 10);

  test('is named and tagged after the tenant, and the table knows its ref and no value', async () => {
    const of = { tenantId: ulid(), module: 'finance' };
    const ref = await inSecretsManager().write(of, values);
    const name = `module-registry/tenant/${of.tenantId}/config/finance/${ref}`;

    expect(await stand.secretsOf(of.tenantId)).toMatchObject([{ Name: name, Tags: [{ Key: 'tenant', Value: of.tenantId }] }]);
    expect(await itemsOf(of.tenantId)).toEqual([
      { pk: `SECRETS#${of.tenantId}`, sk: `finance#${ref}`, type: 'ConfigurationSecret', ...of, ref },
    ]);
  });

  test('cannot be read, made or deleted with another tenant’s session', async () => {
    const [acme, globex] = [ulid(), ulid()];
    const of = { tenantId: acme, module: 'finance' };
    const ref = await inSecretsManager().write(of, values);
    const asGlobex = makeSecretsManagerConfiguration({
      clientOf: () => stand.clientOf()(globex),
      table: useTable(),
      prefix: 'module-registry',
      newId: ulid,
    });
    const refused = { name: 'Defect', facts: { awsError: 'AccessDeniedException' } };

    await expect(asGlobex.read(of, ref)).rejects.toMatchObject(refused);
    await expect(asGlobex.write(of, values)).rejects.toMatchObject(refused);
    await expect(asGlobex.remove(of, ref)).rejects.toMatchObject(refused);
    await expect(
      stand
        .clientOf()(globex)
        .send(new GetSecretValueCommand({ SecretId: `module-registry/tenant/${acme}/config/finance/${ref}` })),
    ).rejects.toMatchObject({ name: 'AccessDeniedException' });
    expect(await inSecretsManager().read(of, ref)).toEqual(values);
  });

  test('that was made while nobody heard the answer is found again when all are removed', async () => {
    const of = { tenantId: ulid(), module: 'finance' };
    stand.local.faults.after = ({ operation }) => (operation === 'CreateSecret' ? 'drop' : 'pass');
    await expect(inSecretsManager().write(of, values)).rejects.toMatchObject({ name: 'Unavailable' });
    delete stand.local.faults.after;
    expect(await stand.secretsOf(of.tenantId)).toHaveLength(1);

    await inSecretsManager().removeAll(of.tenantId);
    expect([await stand.secretsOf(of.tenantId), await itemsOf(of.tenantId)]).toEqual([[], []]);
  });

  test('is never quoted by an error', async () => {
    const of = { tenantId: ulid(), module: 'finance' };
    stand.local.faults.before = ({ operation }) => (operation === 'CreateSecret' ? 'drop' : 'pass');
    const error: unknown = await inSecretsManager()
      .write(of, { key: 'hush-hush' })
      .catch((reason: unknown) => reason);

    expect(error).toMatchObject({ name: 'Unavailable' });
    expect((error as Error).cause).toBeUndefined();
    expect((error as Error).message).not.toContain('hush-hush');
  });
});
