import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CustomResource, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { Policy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Alias } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { DiscoveredContext } from '../../contexts/module-registry/adapters/context-scanner.ts';
import { Defect } from '../../contexts/shared/domain/errors.ts';
import { writeOnlyFields } from '../../contexts/shared/domain/write-only.ts';
import { mayAnnounce } from '../constructs/announcements.ts';
import { mayRecordDenials } from '../constructs/denial-record.ts';
import { HttpRoutes } from '../constructs/http-api.ts';
import { RegistryFunction } from '../constructs/registry-function.ts';
import { mayLimitRequests } from '../constructs/request-limit.ts';
import { RoleSecret } from '../constructs/role-secret.ts';
import { ModuleSecretsRole } from '../constructs/tenant-role.ts';
import type { DataStack } from './data-stack.ts';
import type { ModuleHost } from './service-stack.ts';

export interface ModuleStackProps extends StackProps {
  readonly context: DiscoveredContext;
  readonly data: DataStack;
  readonly host: ModuleHost;
}

const functions = `${import.meta.dirname}/../../functions`;

/** One module: its migrator, its API if it has one, its landlord credentials, and its place in the catalog. */
export class ModuleStack extends Stack {
  constructor(scope: Construct, id: string, { context, data, host, ...props }: ModuleStackProps) {
    super(scope, id, props);
    const { manifest, folder, api } = context;
    const landlordSecret = new RoleSecret(this, 'LandlordSecret', {
      name: `module-registry/landlord/${manifest.name}`,
      username: `landlord_${manifest.name}`,
    });
    const clusterArn = data.cluster.clusterArn;
    const migrator = new RegistryFunction(this, `Migrator-${manifest.name}`, {
      entry: generatedEntry(`${manifest.name}-migrator`, migratorEntry(folder)),
      tenantAccess: 'owner',
      timeout: Duration.seconds(90),
      memorySize: 1024,
    })
      .grant(['sts:AssumeRole', 'sts:TagSession'], [host.ownerRoleArn], { TENANT_MIGRATOR_ROLE_ARN: host.ownerRoleArn })
      .grant(
        ['rds-data:ExecuteStatement', 'rds-data:BeginTransaction', 'rds-data:CommitTransaction', 'rds-data:RollbackTransaction'],
        [clusterArn],
      )
      .grant(['secretsmanager:GetSecretValue'], [landlordSecret.secretArn])
      .tell({ CLUSTER_ARN: clusterArn, LANDLORD_SECRET_ARN: landlordSecret.secretArn, SLICE_BUDGET_MS: host.sliceBudgetMs })
      .tell({ TABLE_NAME: data.table.tableName });
    mayAnnounce(migrator, { module: manifest.name, bus: host.bus });
    const alias = new Alias(this, 'Live', { aliasName: 'live', version: migrator.function.currentVersion });
    new Policy(this, 'MachineMayInvoke', {
      roles: [...host.moduleMachines.map(({ role }) => role), host.planner.role],
      statements: [new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [alias.functionArn] })],
    });
    if (api) this.moduleApi({ context, data, host }, api);
    const document = JSON.stringify(manifest);
    const module = new CustomResource(this, 'Module', {
      resourceType: 'Custom::Module',
      serviceToken: host.registrar.function.functionArn,
      properties: {
        Manifest: document,
        ManifestHash: createHash('sha256').update(document).digest('hex'),
        MigratorArn: alias.functionArn,
        LandlordSecretArn: landlordSecret.secretArn,
      },
    });
    module.node.addDependency(host.landlord);
  }

  private moduleApi({ context, data, host }: ModuleStackProps, api: NonNullable<DiscoveredContext['api']>): void {
    const { manifest, folder } = context;
    const { tableArn, tableName } = data.table;
    const fn = new RegistryFunction(this, `Api-${manifest.name}`, {
      entry: generatedEntry(`${manifest.name}-api`, apiEntry(folder)),
      tenantAccess: 'app',
      timeout: Duration.seconds(28),
      memorySize: 1024,
    })
      .grant(['sts:AssumeRole', 'sts:TagSession'], [host.appRoleArn], { TENANT_APP_ROLE_ARN: host.appRoleArn })
      .grant(['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query'], [tableArn], { TABLE_NAME: tableName })
      .tell({ CLUSTER_ARN: data.cluster.clusterArn });
    if (manifest.versions.some(({ configuration }) => writeOnlyFields(configuration).length > 0))
      this.mayReadWriteOnly(fn, manifest.name, host);
    mayRecordDenials(fn, tableArn);
    mayLimitRequests(fn, { tableArn, subscriptionUrl: host.subscriptionUrl });
    const routes = api.routes(listingOnly).map(({ method, path }) => ({ method, path }));
    new HttpRoutes(this, `Api-${manifest.name}-Routes`, { api: host.api, target: fn.function, routes });
  }

  /** What its tenants have set and nobody is shown, of this module only: with a session of a role that trusts this function alone. */
  private mayReadWriteOnly(fn: RegistryFunction, module: string, { secretPrefix }: ModuleHost): void {
    const { roleArn } = new ModuleSecretsRole(this, `ModuleSecretsRole-${module}`, { module, caller: fn.role.roleName, secretPrefix });
    fn.grant(['sts:AssumeRole', 'sts:TagSession'], [roleArn], { MODULE_SECRETS_ROLE_ARN: roleArn, SECRET_PREFIX: secretPrefix });
  }
}

/** Routes are declared without touching their ports; whoever does is told. */
const refuse = (): never => {
  throw new Defect('the routes of a module’s API must not use their ports while they are listed');
};
const listingOnly = { database: refuse, configuration: refuse, secret: refuse, clock: { now: refuse }, newId: refuse };

/** esbuild wants entries below the project. The name holds the code's hash, so that two syntheses at once do not meet. */
const generatedEntry = (name: string, code: string): string => {
  const folder = join(import.meta.dirname, '../../node_modules/.cache/entries');
  const file = join(folder, `${name}-${createHash('sha256').update(code).digest('hex').slice(0, 16)}.ts`);
  mkdirSync(folder, { recursive: true });
  if (!existsSync(file)) writeFileSync(file, code);
  return file;
};

const migratorEntry = (folder: string): string => `import { declaration } from '${folder}/migrator.ts';
import { makeMigratorHandler } from '${functions}/workflow/migrator.ts';

export const handler = makeMigratorHandler(declaration);
`;

const apiEntry = (folder: string): string => `import { declaration } from '${folder}/api.ts';
import { makeModuleApiHandler } from '${functions}/api/module-api.ts';

export const handler = makeModuleApiHandler(declaration);
`;
