import { type Duration, RemovalPolicy } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, LoggingFormat, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat, SourceMapMode } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { acknowledge } from '../checks/acknowledge.ts';

export interface RegistryFunctionProps {
  /** Absolute path of the entry file. */
  readonly entry: string;
  /** Which of the roles of a tenant the function may assume: that of the database's owner, of the app, of modules' configuration, or none. Its own role's name says so, and the trust goes by it. */
  readonly tenantAccess?: 'owner' | 'app' | 'configuration';
  /** Shorter than whatever waits for it. */
  readonly timeout: Duration;
  /** Megabytes; also its share of a processor. */
  readonly memorySize?: number;
  /** Files that the function reads at run time, absolute; they lie beside its bundle. */
  readonly files?: readonly string[];
}

/** Node 24 on arm64, one ESM bundle with the SDK inside, its own role and log group. Grants set rights and environment together. */
export class RegistryFunction extends Construct {
  readonly function: NodejsFunction;
  readonly role: Role;

  constructor(scope: Construct, id: string, { entry, tenantAccess, timeout, memorySize = 512, files = [] }: RegistryFunctionProps) {
    super(scope, id);
    const logGroup = new LogGroup(this, 'Logs', { retention: RetentionDays.THREE_MONTHS, removalPolicy: RemovalPolicy.DESTROY });
    this.role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      ...(tenantAccess ? { roleName: `module-registry-${tenantAccess}-${id}` } : {}),
    });
    logGroup.grantWrite(this.role);
    this.function = new NodejsFunction(this, 'Function', {
      entry,
      handler: 'handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      timeout,
      memorySize,
      role: this.role,
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      tracing: Tracing.ACTIVE,
      environment: { POWERTOOLS_SERVICE_NAME: id, POWERTOOLS_METRICS_NAMESPACE: 'ModuleRegistry', NODE_OPTIONS: '--enable-source-maps' },
      awsSdkConnectionReuse: false,
      depsLockFilePath: `${import.meta.dirname}/../../package-lock.json`,
      projectRoot: `${import.meta.dirname}/../..`,
      bundling: {
        format: OutputFormat.ESM,
        target: 'node24',
        minify: true,
        keepNames: false,
        sourceMap: true,
        sourceMapMode: SourceMapMode.DEFAULT,
        externalModules: [],
        commandHooks: {
          beforeInstall: () => [],
          beforeBundling: () => [],
          afterBundling: (_input, output) => files.map((file) => `cp "${file}" "${output}"`),
        },
        banner: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);",
      },
    });
    acknowledge(
      this.role,
      ['AwsSolutions-IAM5[Resource::*]'],
      'X-Ray takes segments without naming a resource; nothing else is granted on *.',
    );
  }

  /** Lets the function do `actions` on `resources`, and tells it about them. */
  grant(actions: readonly string[], resources: readonly string[], environment: Readonly<Record<string, string>> = {}): this {
    this.role.addToPolicy(new PolicyStatement({ actions: [...actions], resources: [...resources] }));
    return this.tell(environment);
  }

  tell(environment: Readonly<Record<string, string>>): this {
    for (const [name, value] of Object.entries(environment)) this.function.addEnvironment(name, value);
    return this;
  }
}
