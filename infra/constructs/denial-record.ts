import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { RegistryFunction } from './registry-function.ts';

/** Lets a function that may otherwise only read the registry's table add to it whom it has kept out, and nothing else. */
export const mayRecordDenials = (fn: RegistryFunction, tableArn: string): void => {
  fn.role.addToPolicy(
    new PolicyStatement({
      actions: ['dynamodb:PutItem'],
      resources: [tableArn],
      conditions: {
        'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['ACCESS#*'] },
        Null: { 'dynamodb:LeadingKeys': 'false' },
      },
    }),
  );
};
