import { beforeAll, describe, expect, test } from '@jest/globals';
import { type Resource, resourcesOf, synthesized } from './synthesized.ts';

let resources: readonly (readonly [string, Resource])[];

beforeAll(async () => {
  resources = resourcesOf((await synthesized()).service);
});

const nameOf = (id: string): string => id.replace(/(Role)?(DefaultPolicy)?[0-9A-F]{8}$/, '');
const role = () =>
  resources.find(([id, { Type }]) => Type === 'AWS::IAM::Role' && id.startsWith('TenantConfigurationRole')) ?? (['', undefined] as const);
const policies = () => resources.filter(([, { Type }]) => Type === 'AWS::IAM::Policy');

describe('The role for modules’ configuration', () => {
  test('may be assumed with a tag that names the tenant, by the functions that keep configuration', () => {
    const [, found] = role();
    const trust = JSON.stringify(found?.Properties['AssumeRolePolicyDocument']);

    expect(trust).toContain('"Null":{"aws:RequestTag/tenant":"false"}');
    expect([...trust.matchAll(/role\/([\w*-]+)/g)].map(([, name]) => name)).toEqual(
      expect.arrayContaining(['module-registry-configuration-*', 'module-registry-owner-ModuleSteps']),
    );
    expect(trust).not.toMatch(/role\/module-registry-(app|owner)-\*/);
  });

  test('keeps secrets below the name of the tagged tenant, and does nothing else', () => {
    const [id] = role();
    const own = policies().filter(([, { Properties }]) => JSON.stringify(Properties['Roles']).includes(`"${id}"`));
    const statements = own.flatMap(
      ([, { Properties }]) => (Properties['PolicyDocument'] as { readonly Statement: readonly unknown[] }).Statement,
    );

    expect(statements).toMatchObject([
      { Action: ['CreateSecret', 'DeleteSecret', 'GetSecretValue', 'TagResource'].map((action) => `secretsmanager:${action}`) },
    ]);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the policy
    expect(JSON.stringify(statements)).toContain('secret:module-registry/tenant/${aws:PrincipalTag/tenant}/config/*');
  });

  test('is named by the policies of those functions and no others', () => {
    const [id] = role();
    const callers = policies().filter(([, { Properties }]) => JSON.stringify(Properties['PolicyDocument']).includes(`"${id}"`));

    expect(callers.map(([name]) => nameOf(name)).toSorted()).toEqual(['ApiRegistry', 'ModuleSteps', 'Reconciler']);
  });
});

describe('The role for one module’s write-only values', () => {
  test('is there where a version of the module declares one, and trusts the module’s own API', async () => {
    const { modules } = await synthesized();
    const found = modules.flatMap((stack) => resourcesOf(stack, 'AWS::IAM::Role').filter(([id]) => id.startsWith('ModuleSecretsRole')));

    expect(found.map(([id]) => nameOf(id))).toEqual(['ModuleSecretsRolefinance']);
    const trust = JSON.stringify(found[0]?.[1].Properties['AssumeRolePolicyDocument']);
    expect(trust).toContain('"Null":{"aws:RequestTag/tenant":"false"}');
    expect(trust.match(/Ref":"Api[A-Za-z]+/g)?.map((ref) => ref.slice('Ref":"'.length))).toEqual([expect.stringMatching(/^Apifinance/)]);
  });
});
