import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { App, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { scanContexts } from '../../contexts/module-registry/adapters/context-scanner.ts';
import { buildApp, type RegistryStacks } from '../../infra/build-app.ts';

const outdir = mkdtempSync(join(tmpdir(), 'module-registry-synth-'));
const { context } = JSON.parse(readFileSync('cdk.json', 'utf8')) as { readonly context: Record<string, unknown> };
let app: App;
let stacks: RegistryStacks;

interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}
const resourcesOf = (type: string): readonly (readonly [string, Resource])[] =>
  [stacks.data, stacks.service, ...stacks.modules].flatMap((stack) =>
    Object.entries(Template.fromStack(stack).findResources(type) as Record<string, Resource>),
  );

beforeAll(async () => {
  app = new App({ outdir, context: { ...context, 'aws:cdk:bundling-stacks': [] } });
  stacks = buildApp(app, await scanContexts(['contexts', 'test/support/contexts']));
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
});

afterAll(() => rmSync(outdir, { recursive: true, force: true }));

describe('The CDK app', () => {
  test('has no finding of cdk-nag that is not acknowledged with a reason', () => {
    expect(() => app.synth()).not.toThrow();
  });

  test('asks every caller for a token, but for health, the API’s description and its page', () => {
    const open = resourcesOf('AWS::ApiGatewayV2::Route').filter(([, { Properties }]) => Properties['AuthorizationType'] !== 'JWT');
    expect(open.map(([, { Properties }]) => Properties['RouteKey']).sort()).toEqual([
      'GET /api/v1/docs',
      'GET /api/v1/docs/redoc.standalone.js',
      'GET /api/v1/health',
      'GET /api/v1/openapi.json',
    ]);
  });

  test('holds no secret', () => {
    const secrets = resourcesOf('AWS::SecretsManager::Secret');
    expect(secrets.filter(([, { Properties }]) => Properties['SecretString'] !== undefined)).toEqual([]);
    for (const [, { Properties }] of resourcesOf('AWS::RDS::DBCluster'))
      expect(JSON.stringify(Properties['MasterUserPassword'])).toContain('resolve:secretsmanager');
  });

  test('lets nobody but provisioning and the registrar read the administrator’s secret, least of all what everybody may ask', () => {
    const own = ['AWS::SecretsManager::Secret', 'AWS::SecretsManager::SecretTargetAttachment'].flatMap((type) =>
      Object.keys(Template.fromStack(stacks.data).findResources(type)),
    );
    const readers = resourcesOf('AWS::IAM::Policy').filter(([, { Properties }]) =>
      own.some((id) => JSON.stringify(Properties).includes(`ExportsOutputRef${id}`)),
    );
    expect(readers.map(([id]) => id.replace(/[0-9A-F]{8}$/, '')).sort()).toEqual([
      expect.stringMatching(/^ProvisionSteps/),
      expect.stringMatching(/^Registrar/),
    ]);
  });

  test('lets the machines of modules, and the API that asks for plans, invoke the live aliases of modules, no more', () => {
    const machineRoles = Object.entries(Template.fromStack(stacks.service).findResources('AWS::StepFunctions::StateMachine'));
    expect(machineRoles).toHaveLength(5);
    for (const stack of stacks.modules) {
      const policies = Object.values(Template.fromStack(stack).findResources('AWS::IAM::Policy') as Record<string, Resource>);
      const invokes = policies.flatMap(({ Properties }) =>
        JSON.stringify(Properties).includes('lambda:InvokeFunction') ? [JSON.stringify(Properties)] : [],
      );
      expect(invokes).toHaveLength(1);
      expect(invokes[0]).toMatch(/"Ref":"Live/);
    }
  });

  test('runs every function on Node 24 and arm64, with a log group that forgets', () => {
    for (const [, { Properties }] of resourcesOf('AWS::Lambda::Function')) {
      expect(Properties).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'], TracingConfig: { Mode: 'Active' } });
      expect(Properties['LoggingConfig']).toHaveProperty('LogGroup');
    }
    for (const [, { Properties }] of resourcesOf('AWS::Logs::LogGroup')) expect(Properties['RetentionInDays']).toBeGreaterThan(0);
  });

  test('names an existing runbook in every alarm', () => {
    const runbooks = resourcesOf('AWS::CloudWatch::Alarm').map(([, { Properties }]) =>
      String(Properties['AlarmDescription']).replace('See ', ''),
    );
    expect(runbooks).toHaveLength(5);
    expect(runbooks.filter((file) => !existsSync(file))).toEqual([]);
  });
});
