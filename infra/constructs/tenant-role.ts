import { ArnFormat, Aws, Stack } from 'aws-cdk-lib';
import { AccountRootPrincipal, PolicyStatement, Role, SessionTagsPrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { acknowledge } from '../checks/acknowledge.ts';

export interface TenantRoleProps {
  /** Which of a tenant's two secrets its sessions may read. */
  readonly access: 'owner' | 'app';
  readonly clusterArn: string;
  readonly secretPrefix: string;
  /** In whose partition of this table its sessions may read, where they may. */
  readonly tableArn?: string;
}

const theTag = 'The six characters that Secrets Manager adds to a name; the tenant is fixed by the session tag.';

/**
 * A session of this role reaches one tenant: the one it is tagged with. Only functions whose role is named for this access may
 * assume it, and only with a `tenant` tag.
 */
export class TenantRole extends Construct {
  readonly roleArn: string;

  constructor(scope: Construct, id: string, { access, clusterArn, secretPrefix, tableArn }: TenantRoleProps) {
    super(scope, id);
    const role = new Role(this, 'Role', { assumedBy: taggedSessionOf([`module-registry-${access}-*`]) });
    const secret = secretsNamed(this, `${secretPrefix}/tenant/\${aws:PrincipalTag/tenant}/${access}-??????`);
    role.addToPolicy(new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: [secret] }));
    role.addToPolicy(
      new PolicyStatement({
        actions: [
          'rds-data:ExecuteStatement',
          'rds-data:BatchExecuteStatement',
          'rds-data:BeginTransaction',
          'rds-data:CommitTransaction',
          'rds-data:RollbackTransaction',
        ],
        resources: [clusterArn],
      }),
    );
    if (tableArn !== undefined) role.addToPolicy(ownPartitionOf(tableArn));
    this.roleArn = role.roleArn;
    acknowledge(role, ['AwsSolutions-IAM5'], theTag);
  }
}

/** The items of the tagged tenant: itself, and its modules with what it has configured of them. */
const ownPartitionOf = (tableArn: string): PolicyStatement =>
  new PolicyStatement({
    actions: ['dynamodb:GetItem'],
    resources: [tableArn],
    conditions: {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the policy
      'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['TENANT#${aws:PrincipalTag/tenant}'] },
      Null: { 'dynamodb:LeadingKeys': 'false' },
    },
  });

export interface TenantConfigurationRoleProps {
  /** The names of the functions' roles that may assume it. */
  readonly callers: readonly string[];
  readonly secretPrefix: string;
}

/** A session of this role keeps the write-only values of the modules of one tenant, the one it is tagged with, and reaches nothing else. */
export class TenantConfigurationRole extends Construct {
  readonly roleArn: string;

  constructor(scope: Construct, id: string, { callers, secretPrefix }: TenantConfigurationRoleProps) {
    super(scope, id);
    const role = new Role(this, 'Role', { assumedBy: taggedSessionOf(callers) });
    const actions = ['CreateSecret', 'TagResource', 'GetSecretValue', 'DeleteSecret'].map((action) => `secretsmanager:${action}`);
    const resources = [secretsNamed(this, `${secretPrefix}/tenant/\${aws:PrincipalTag/tenant}/config/*`)];
    role.addToPolicy(new PolicyStatement({ actions, resources }));
    this.roleArn = role.roleArn;
    const named = `arn:<AWS::Partition>:secretsmanager:<AWS::Region>:<AWS::AccountId>:secret:${secretPrefix}/tenant/<aws:PrincipalTag/tenant>/config/*`;
    acknowledge(role, [`AwsSolutions-IAM5[Resource::${named}]`], `The modules that the tenant has, and a name for each change. ${theTag}`);
  }
}

export interface ModuleSecretsRoleProps {
  readonly module: string;
  /** The name of the role of the function that may assume it: the module's API. */
  readonly caller: string;
  readonly secretPrefix: string;
}

/** A session of this role reads the write-only values of one module of one tenant, the one it is tagged with, and reaches nothing else. */
export class ModuleSecretsRole extends Construct {
  readonly roleArn: string;

  constructor(scope: Construct, id: string, { module, caller, secretPrefix }: ModuleSecretsRoleProps) {
    super(scope, id);
    const role = new Role(this, 'Role', { assumedBy: taggedSessionOf([caller]) });
    const below = (tenant: string): string => `${secretPrefix}/tenant/${tenant}/config/${module}/*`;
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the policy
    const resources = [secretsNamed(this, below('${aws:PrincipalTag/tenant}'))];
    role.addToPolicy(new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources }));
    this.roleArn = role.roleArn;
    const named = `arn:<AWS::Partition>:secretsmanager:<AWS::Region>:<AWS::AccountId>:secret:${below('<aws:PrincipalTag/tenant>')}`;
    acknowledge(role, [`AwsSolutions-IAM5[Resource::${named}]`], `A name for each change. ${theTag}`);
  }
}

/** Functions by the names of their roles, with a `tenant` tag only. */
const taggedSessionOf = (callers: readonly string[]) => {
  const arns = callers.map((name) => `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:role/${name}`);
  const conditions = { ArnLike: { 'aws:PrincipalArn': arns }, Null: { 'aws:RequestTag/tenant': 'false' } };
  return new SessionTagsPrincipal(new AccountRootPrincipal().withConditions(conditions));
};

const secretsNamed = (scope: Construct, resourceName: string): string =>
  Stack.of(scope).formatArn({ service: 'secretsmanager', resource: 'secret', resourceName, arnFormat: ArnFormat.COLON_RESOURCE_NAME });
