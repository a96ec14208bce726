import { ArnFormat, Aws, Stack } from 'aws-cdk-lib';
import { AccountRootPrincipal, PolicyStatement, Role, SessionTagsPrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { acknowledge } from '../checks/acknowledge.ts';

export interface TenantRoleProps {
  /** Which of a tenant's two secrets its sessions may read. */
  readonly access: 'owner' | 'app';
  readonly clusterArn: string;
  readonly secretPrefix: string;
}

/**
 * A session of this role reaches one tenant: the one it is tagged with. Only functions whose role is named for this access may
 * assume it, and only with a `tenant` tag.
 */
export class TenantRole extends Construct {
  readonly roleArn: string;

  constructor(scope: Construct, id: string, { access, clusterArn, secretPrefix }: TenantRoleProps) {
    super(scope, id);
    const callers = `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:role/module-registry-${access}-*`;
    const role = new Role(this, 'Role', {
      assumedBy: new SessionTagsPrincipal(
        new AccountRootPrincipal().withConditions({ ArnLike: { 'aws:PrincipalArn': callers }, Null: { 'aws:RequestTag/tenant': 'false' } }),
      ),
    });
    const secret = Stack.of(this).formatArn({
      service: 'secretsmanager',
      resource: 'secret',
      resourceName: `${secretPrefix}/tenant/\${aws:PrincipalTag/tenant}/${access}-??????`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
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
    this.roleArn = role.roleArn;
    acknowledge(
      role,
      ['AwsSolutions-IAM5'],
      'The six characters that Secrets Manager adds to a name; the tenant is fixed by the session tag.',
    );
  }
}
