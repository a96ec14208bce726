import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { acknowledge } from '../checks/acknowledge.ts';

/** The name and a generated password of a database role that the registrar makes from it. */
export class RoleSecret extends Secret {
  constructor(scope: Construct, id: string, { name, username }: { readonly name: string; readonly username: string }) {
    super(scope, id, {
      secretName: name,
      generateSecretString: {
        secretStringTemplate: JSON.stringify({ username }),
        generateStringKey: 'password',
        excludePunctuation: true,
        passwordLength: 40,
      },
    });
    acknowledge(this, ['AwsSolutions-SMG4'], 'The registrar sets the role’s password from it; rotation would have to do both.');
  }
}
