import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { builtFrom } from './built.ts';
import { aFolder, all, resourcesOf, type Synthesized } from './synthesized.ts';

const roots = ['contexts', 'test/support/contexts'];
const namesOf = ({ modules }: Synthesized): readonly string[] => modules.map(({ stackName }) => stackName).toSorted();
const installable = roots.flatMap((root) => readdirSync(root).filter((folder) => existsSync(join(root, folder, 'module.ts'))));

const manifest = {
  name: 'time_sheets',
  title: 'Time sheets',
  description: 'A module that was added.',
  subscriptionRequired: false,
  serves: '>=1.0.0 <2.0.0',
  versions: [{ version: '1.0.0', migrations: { landlord: 0, tenant: 0 }, tables: { landlord: [], tenant: [] } }],
};

let stacks: Synthesized;
beforeAll(async () => {
  stacks = await builtFrom(roots);
});

describe('The stacks', () => {
  test('of modules are one for each folder with a manifest, and no others', () => {
    expect(namesOf(stacks)).toEqual(installable.map((folder) => `ModuleRegistry-${folder}`).toSorted());
  });

  test('are one more for a folder that is added, and the others stay as they were', async () => {
    const root = aFolder();
    mkdirSync(join(root, 'time-sheets'));
    writeFileSync(join(root, 'time-sheets', 'module.ts'), `export const manifest = ${JSON.stringify(manifest)};\n`);
    const shared = join(import.meta.dirname, '../../contexts/shared/application');
    writeFileSync(
      join(root, 'time-sheets', 'migrator.ts'),
      `import { defineMigrator } from '${shared}/define-migrator.ts';
import { defineModule } from '${shared}/define-module.ts';
import { manifest } from './module.ts';
export const declaration = defineMigrator({ manifest: defineModule(manifest), landlord: [], tenant: [] });
`,
    );
    const added = await builtFrom([...roots, root]);
    const others = added.modules.filter(({ stackName }) => stackName !== 'ModuleRegistry-time-sheets');
    expect(namesOf(added)).toEqual([...namesOf(stacks), 'ModuleRegistry-time-sheets'].toSorted());
    for (const stack of others) {
      const before = stacks.modules.find(({ stackName }) => stackName === stack.stackName);
      expect(before && resourcesOf(before)).toEqual(resourcesOf(stack));
    }
    expect(resourcesOf(added.service)).toEqual(resourcesOf(stacks.service));
  });

  test('that hold data keep what is in them under ids that never change', () => {
    const kept = resourcesOf(stacks.data).filter(([, { DeletionPolicy }]) => DeletionPolicy === 'Retain');
    expect(Object.fromEntries(kept.map(([id, { Type }]) => [id, Type]))).toEqual({
      Registry4DB9CCA5: 'AWS::DynamoDB::Table',
      TenantsA9C48FD3: 'AWS::RDS::DBCluster',
      TenantsWriter53DCC122: 'AWS::RDS::DBInstance',
      TenantsSubnets9E715760: 'AWS::RDS::DBSubnetGroup',
      ReportsBucket95FE29A2: 'AWS::S3::Bucket',
    });
    for (const [, { UpdateReplacePolicy }] of kept) expect(UpdateReplacePolicy).toBe('Retain');
    expect(resourcesOf(stacks.data, 'AWS::SecretsManager::Secret').map(([id]) => id)).toEqual([
      'ModuleRegistryDataTenantsSecret1FE0903C3fdaad7efa858a3daf9490cf0a702aeb',
    ]);
  });

  test('that hold data protect it from being deleted, and are the only ones that hold any', () => {
    const dataTypes = ['AWS::DynamoDB::Table', 'AWS::RDS::DBCluster', 'AWS::S3::Bucket'];
    const found = all(stacks).flatMap((stack) =>
      dataTypes.flatMap((type) => resourcesOf(stack, type).map(([, one]) => ({ stack, ...one }))),
    );
    expect(found.map(({ stack, Type }) => `${stack.stackName} ${Type}`)).toEqual([
      'ModuleRegistryData AWS::DynamoDB::Table',
      'ModuleRegistryData AWS::RDS::DBCluster',
      'ModuleRegistryData AWS::S3::Bucket',
    ]);
    const protection = found.map(({ Properties }) => Properties['DeletionProtectionEnabled'] ?? Properties['DeletionProtection']);
    // a bucket in which something lies cannot be deleted
    expect(protection).toEqual([true, true, undefined]);
  });

  test('give each function a log group of its own that forgets', () => {
    for (const stack of all(stacks)) {
      const groups = new Map(resourcesOf(stack, 'AWS::Logs::LogGroup'));
      const used = resourcesOf(stack, 'AWS::Lambda::Function').map(([id, { Properties }]) => {
        const { LogGroup } = Properties['LoggingConfig'] as { readonly LogGroup: { readonly Ref: string } };
        return [id, LogGroup.Ref] as const;
      });
      expect(new Set(used.map(([, group]) => group)).size).toBe(used.length);
      for (const [id, group] of used) expect([id, groups.get(group)?.Properties['RetentionInDays']]).toEqual([id, 90]);
    }
  });

  test('ask for a token by the one JWT authorizer on every route that is not public', () => {
    const [[id, authorizer] = ['', undefined], ...others] = resourcesOf(stacks.service, 'AWS::ApiGatewayV2::Authorizer');
    expect([others, authorizer?.Properties['AuthorizerType']]).toEqual([[], 'JWT']);
    const routes = all(stacks).flatMap((stack) =>
      resourcesOf(stack, 'AWS::ApiGatewayV2::Route').map(([, { Properties }]) => ({
        inService: stack === stacks.service,
        authorization: Properties['AuthorizationType'],
        authorizer: Properties['AuthorizerId'] as Readonly<Record<string, string>> | undefined,
      })),
    );
    const closed = routes.filter(({ authorization }) => authorization !== 'NONE');
    expect(closed.length).toBeGreaterThan(30);
    for (const { inService, authorization, authorizer: used } of closed) {
      expect(authorization).toBe('JWT');
      if (inService) expect(used).toEqual({ Ref: id });
      else expect(used?.['Fn::ImportValue']).toContain(id);
    }
    expect(all(stacks).flatMap((stack) => resourcesOf(stack, 'AWS::Lambda::Url'))).toEqual([]);
  });
});
