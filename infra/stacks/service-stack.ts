import { CustomResource, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { EventBus, Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { type ApiFunction, registryRoutes } from '../../functions/api/routes.ts';
import { acknowledge } from '../checks/acknowledge.ts';
import { RegistryAlarms } from '../constructs/alarms.ts';
import { mayRecordDenials } from '../constructs/denial-record.ts';
import { FailureNotices } from '../constructs/failure-notices.ts';
import { HttpRoutes, RegistryHttpApi } from '../constructs/http-api.ts';
import { type Machines, startsJobs, stopsJobs } from '../constructs/job-executions.ts';
import { RegistryFunction, type RegistryFunctionProps } from '../constructs/registry-function.ts';
import { makeReportWriter, mayRequestReports } from '../constructs/report-writer.ts';
import { mayLimitRequests } from '../constructs/request-limit.ts';
import { RoleSecret } from '../constructs/role-secret.ts';
import { StreamConsumer } from '../constructs/stream-consumer.ts';
import { TenantConfigurationRole, TenantRole } from '../constructs/tenant-role.ts';
import { Workflow, type WorkflowProps } from '../constructs/workflow.ts';
import type { DataStack } from './data-stack.ts';
import { serviceParameters } from './service-parameters.ts';

const root = `${import.meta.dirname}/../..`;
const secretPrefix = 'module-registry';

const transact = [
  'dynamodb:GetItem',
  'dynamodb:Query',
  'dynamodb:BatchGetItem',
  'dynamodb:PutItem',
  'dynamodb:UpdateItem',
  'dynamodb:DeleteItem',
  'dynamodb:ConditionCheckItem',
];
const dataApi = ['rds-data:ExecuteStatement', 'rds-data:BeginTransaction', 'rds-data:CommitTransaction', 'rds-data:RollbackTransaction'];

/** What a module's stack needs of the registry's. */
export interface ModuleHost {
  readonly api: RegistryHttpApi;
  /** Those whose executions invoke migrators. */
  readonly moduleMachines: readonly Workflow[];
  /** It asks migrators what they would do. */
  readonly planner: RegistryFunction;
  readonly registrar: RegistryFunction;
  readonly landlord: CustomResource;
  readonly bus: EventBus;
  readonly ownerRoleArn: string;
  readonly appRoleArn: string;
  /** The beginning of the names of secrets. */
  readonly secretPrefix: string;
  readonly sliceBudgetMs: string;
  readonly subscriptionUrl: string;
}

/** The registry: API, workflows, events and alarms. */
export class ServiceStack extends Stack {
  readonly host: ModuleHost;
  private readonly data: DataStack;
  private readonly configurationRole: TenantConfigurationRole;

  constructor(scope: Construct, id: string, { data, ...props }: StackProps & { readonly data: DataStack }) {
    super(scope, id, props);
    this.data = data;
    const settings = serviceParameters(this);
    const lease = {
      LEASE_SECONDS: settings.leaseSeconds,
      ATTEMPTS_MAX: settings.attemptsMax,
      MODULE_ARCHIVE_DAYS: settings.moduleArchiveDays,
      PURGE_GRACE_HOURS: settings.purgeGraceHours,
      SUBSCRIPTION_URL: settings.subscriptionUrl,
    };
    const clusterArn = data.cluster.clusterArn;
    const reach = { clusterArn, secretPrefix };
    const { roleArn: ownerRoleArn } = new TenantRole(this, 'TenantMigratorRole', {
      access: 'owner',
      tableArn: data.table.tableArn,
      ...reach,
    });
    const { roleArn: appRoleArn } = new TenantRole(this, 'TenantAppRole', { access: 'app', ...reach });
    const callers = ['module-registry-configuration-*', 'module-registry-owner-ModuleSteps'];
    this.configurationRole = new TenantConfigurationRole(this, 'TenantConfigurationRole', { callers, secretPrefix });

    const moduleSteps = this.fn('ModuleSteps', 'workflow/module-steps.ts', { timeout: Duration.seconds(30), tenantAccess: 'owner' })
      .grant(['sts:AssumeRole', 'sts:TagSession'], [ownerRoleArn], { TENANT_MIGRATOR_ROLE_ARN: ownerRoleArn, CLUSTER_ARN: clusterArn })
      .tell(lease);
    const provisionSteps = this.fn('ProvisionSteps', 'workflow/provision-steps.ts', { timeout: Duration.seconds(90) }).tell({
      ...lease,
      ARCHIVE_DAYS: settings.archiveDays,
    });
    this.administers(provisionSteps);
    this.mayKeepTenantSecrets(provisionSteps);
    for (const steps of [moduleSteps, provisionSteps]) this.usesTable(steps, transact);
    this.keepsWriteOnly(moduleSteps);

    const ofModules = { name: 'ModuleSteps', function: moduleSteps };
    const ofTenants = { name: 'ProvisionSteps', function: provisionSteps };
    const workflow = (id: string, file: string, steps: WorkflowProps['steps']): Workflow =>
      new Workflow(this, id, { definition: `${root}/statemachines/${file}.asl.json`, steps });
    const machines = {
      install: workflow('InstallModule', 'install-module', ofModules),
      uninstall: workflow('UninstallModule', 'uninstall-module', ofModules),
      provision: workflow('ProvisionTenant', 'provision-tenant', ofTenants),
      deprovision: workflow('DeprovisionTenant', 'deprovision-tenant', ofTenants),
      report: makeReportWriter(this, { data, leaseSeconds: settings.leaseSeconds }),
    };

    const bus = new EventBus(this, 'Bus', { eventBusName: 'module-registry' });
    const failures = { publisher: this.publisher(bus, settings.auditDays), analytics: this.analytics() };
    this.reconciler(bus, machines, { ...lease, AUDIT_DAYS: settings.auditDays, rate: settings.reconcilerRate });
    new FailureNotices(this, 'Failures', { bus });

    const api = new RegistryHttpApi(this, 'Http', { jwtIssuer: settings.jwtIssuer, jwtAudience: settings.jwtAudience });
    const healthSecret = new RoleSecret(this, 'HealthSecret', { name: `${secretPrefix}/health`, username: 'registry_health' });
    const planner = this.apiFunctions(api, { machines, lease, healthSecret, bus, auditDays: settings.auditDays });

    const registrar = this.fn('Registrar', 'events/registrar.ts', { timeout: Duration.minutes(2) });
    this.usesTable(registrar, transact);
    this.administers(registrar);
    registrar.grant(['secretsmanager:GetSecretValue'], [this.secretsBelow(`${secretPrefix}/landlord/*`), healthSecret.secretArn]);
    acknowledge(
      registrar.role,
      [`AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:secretsmanager:<AWS::Region>:<AWS::AccountId>:secret:${secretPrefix}/landlord/*]`],
      'The landlord secrets are made by the modules’ stacks, which come later.',
    );
    const landlord = new CustomResource(this, 'Landlord', {
      resourceType: 'Custom::Landlord',
      serviceToken: registrar.function.functionArn,
      properties: { HealthSecretArn: healthSecret.secretArn },
    });
    landlord.node.addDependency(registrar.role);

    new RegistryAlarms(this, 'Alarms', {
      installMachine: machines.install.machine,
      failures,
      apiId: api.apiId,
    });
    this.host = {
      ...{ api, registrar, landlord, bus, ownerRoleArn, appRoleArn, secretPrefix, planner },
      moduleMachines: [machines.install, machines.uninstall],
      ...{ sliceBudgetMs: settings.sliceBudgetMs, subscriptionUrl: settings.subscriptionUrl },
    };
  }

  private fn(id: string, entry: string, props: Omit<RegistryFunctionProps, 'entry'>): RegistryFunction {
    return new RegistryFunction(this, id, { entry: `${root}/functions/${entry}`, ...props });
  }

  private usesTable(fn: RegistryFunction, actions: readonly string[]): void {
    const { tableArn, tableName } = this.data.table;
    fn.grant(actions, [tableArn, `${tableArn}/index/gsi1`, `${tableArn}/index/gsi2`], { TABLE_NAME: tableName });
  }

  /** Speaks to the cluster as its administrator. */
  private administers(fn: RegistryFunction): void {
    const { cluster, adminSecret } = this.data;
    fn.grant(dataApi, [cluster.clusterArn], { CLUSTER_ARN: cluster.clusterArn })
      .grant(['secretsmanager:GetSecretValue'], [adminSecret.secretArn], { ADMIN_SECRET_ARN: adminSecret.secretArn })
      .tell({ SECRET_PREFIX: secretPrefix });
  }

  /** Keeps the write-only values of tenants' modules, each tenant's with a session of its own. */
  private keepsWriteOnly(fn: RegistryFunction): void {
    const { roleArn } = this.configurationRole;
    fn.grant(['sts:AssumeRole', 'sts:TagSession'], [roleArn], { CONFIGURATION_ROLE_ARN: roleArn, SECRET_PREFIX: secretPrefix });
  }

  private mayKeepTenantSecrets(fn: RegistryFunction): void {
    const actions = ['CreateSecret', 'TagResource', 'GetSecretValue', 'DeleteSecret'].map((action) => `secretsmanager:${action}`);
    fn.grant(actions, [this.secretsBelow(`${secretPrefix}/tenant/*`)]);
    acknowledge(
      fn.role,
      [`AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:secretsmanager:<AWS::Region>:<AWS::AccountId>:secret:${secretPrefix}/tenant/*]`],
      'Provisioning makes the secrets of tenants that do not exist yet.',
    );
  }

  private secretsBelow(name: string): string {
    return `arn:${this.partition}:secretsmanager:${this.region}:${this.account}:secret:${name}`;
  }

  private publisher(bus: EventBus, auditDays: string): Queue {
    const publisher = this.fn('Publisher', 'events/publisher.ts', { timeout: Duration.seconds(30) }).grant(
      ['events:PutEvents'],
      [bus.eventBusArn],
      { EVENT_BUS_NAME: bus.eventBusName },
    );
    publisher.tell({ AUDIT_DAYS: auditDays });
    this.usesTable(publisher, ['dynamodb:UpdateItem']);
    const { failures } = new StreamConsumer(this, 'PublisherStream', {
      consumer: publisher,
      table: this.data.table,
      patterns: [{ eventName: ['INSERT'], dynamodb: { NewImage: { type: { S: ['AuditEvent'] } } } }],
      windowSeconds: 1,
      reportsFailures: true,
    });
    return failures;
  }

  /** Counts jobs' ends, and follows tenants and their modules; of a module that was deleted the record has the key only. */
  private analytics(): Queue {
    const analytics = this.fn('Analytics', 'events/analytics.ts', { timeout: Duration.seconds(30) });
    this.usesTable(
      analytics,
      ['GetItem', 'BatchGetItem', 'PutItem', 'UpdateItem', 'DeleteItem'].map((action) => `dynamodb:${action}`),
    );
    const keys = { pk: { S: [{ prefix: 'TENANT#' }] }, sk: { S: [{ prefix: 'MODULE#' }] } };
    const { failures } = new StreamConsumer(this, 'AnalyticsStream', {
      consumer: analytics,
      table: this.data.table,
      patterns: [
        { eventName: ['INSERT'], dynamodb: { NewImage: { type: { S: ['AuditEvent'] }, jobId: { S: [{ exists: true }] } } } },
        { dynamodb: { Keys: keys } },
        { dynamodb: { NewImage: { type: { S: ['Tenant'] } } } },
      ],
      windowSeconds: 2,
      reportsFailures: false,
    });
    return failures;
  }

  private reconciler(
    bus: EventBus,
    machines: Machines,
    { rate, ...lease }: Readonly<Record<string, string>> & { readonly rate: string },
  ): void {
    const fn = this.fn('Reconciler', 'events/reconciler.ts', { timeout: Duration.seconds(50), tenantAccess: 'configuration' })
      .grant(['events:PutEvents'], [bus.eventBusArn], { EVENT_BUS_NAME: bus.eventBusName })
      .tell(lease);
    this.usesTable(fn, transact);
    this.keepsWriteOnly(fn);
    startsJobs(fn, machines);
    stopsJobs(fn, Object.values(machines));
    const target = () => new LambdaFunction(fn.function, { retryAttempts: 2 });
    new Rule(this, 'ReconcilerSchedule', { schedule: Schedule.expression(rate), targets: [target()] });
    new Rule(this, 'ExecutionsEnded', {
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: {
          status: ['FAILED', 'TIMED_OUT', 'ABORTED'],
          stateMachineArn: Object.values(machines).map(({ machine }) => machine.stateMachineArn),
        },
      },
      targets: [target()],
    });
  }

  private apiFunctions(api: RegistryHttpApi, { machines, lease, healthSecret, bus, auditDays }: ApiParts): RegistryFunction {
    const timeout = Duration.seconds(28);
    const functions: Readonly<Record<ApiFunction, RegistryFunction>> = {
      ApiRegistry: this.fn('ApiRegistry', 'api/registry.ts', { timeout, memorySize: 1024, tenantAccess: 'configuration' }).tell(lease),
      ApiTenants: this.fn('ApiTenants', 'api/tenants.ts', { timeout, memorySize: 1024 }).tell({
        ...lease,
        CLUSTER_ARN: this.data.cluster.clusterArn,
      }),
      ApiSubscriptions: this.fn('ApiSubscriptions', 'api/subscriptions.ts', { timeout, memorySize: 1024 }).tell(lease),
      ApiReports: this.fn('ApiReports', 'api/reports.ts', { timeout, memorySize: 1024 }),
      ApiSystem: this.fn('ApiSystem', 'api/system.ts', { timeout, files: [docsScript] }),
    };
    for (const fn of [functions.ApiRegistry, functions.ApiTenants, functions.ApiSubscriptions]) this.usesTable(fn, transact);
    for (const fn of [functions.ApiRegistry, functions.ApiTenants]) startsJobs(fn, machines);
    stopsJobs(functions.ApiRegistry, [machines.install, machines.uninstall]);
    this.keepsWriteOnly(functions.ApiRegistry);
    for (const fn of [functions.ApiReports, functions.ApiSystem]) this.usesTable(fn, ['dynamodb:GetItem', 'dynamodb:Query']);
    mayRecordDenials(functions.ApiReports, this.data.table.tableArn);
    mayRequestReports(functions.ApiReports.tell({ ...lease, AUDIT_DAYS: auditDays }), { data: this.data, workflow: machines.report });
    mayLimitRequests(functions.ApiReports, { tableArn: this.data.table.tableArn, subscriptionUrl: lease['SUBSCRIPTION_URL'] ?? '' });
    this.looksAtHealth(functions.ApiSystem, healthSecret, bus);
    for (const [name, fn] of Object.entries(functions)) {
      new HttpRoutes(this, `${name}Routes`, { api, target: fn.function, routes: registryRoutes[name as ApiFunction] });
    }
    return functions.ApiRegistry;
  }

  /** Deep health asks each part one question. */
  private looksAtHealth(fn: RegistryFunction, secret: RoleSecret, bus: EventBus): void {
    const { cluster } = this.data;
    fn.grant(['rds-data:ExecuteStatement'], [cluster.clusterArn], { CLUSTER_ARN: cluster.clusterArn })
      .grant(['secretsmanager:GetSecretValue'], [secret.secretArn], { HEALTH_SECRET_ARN: secret.secretArn })
      .grant(['events:DescribeEventBus'], [bus.eventBusArn], { EVENT_BUS_NAME: bus.eventBusName });
  }
}

interface ApiParts {
  readonly machines: Machines;
  readonly lease: Readonly<Record<string, string>>;
  readonly healthSecret: RoleSecret;
  readonly bus: EventBus;
  readonly auditDays: string;
}

/** What the documentation page runs: it comes from our own origin. */
const docsScript = `${root}/node_modules/@redocly/cli/lib/chunks/redoc.standalone.js`;
