import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { RegistryFunction } from './registry-function.ts';

export interface RequestLimit {
  readonly tableArn: string;
  /** The service that says how many requests a plan allows. */
  readonly subscriptionUrl: string;
}

/**
 * Lets a function that may otherwise only read the registry's table count its tenants' requests: of the table it may change
 * their token buckets, and the breaker of the service that it asks for the limit, and no other item.
 */
export const mayLimitRequests = (fn: RegistryFunction, { tableArn, subscriptionUrl }: RequestLimit): void => {
  fn.role.addToPolicy(
    new PolicyStatement({
      actions: ['dynamodb:UpdateItem', 'dynamodb:PutItem'],
      resources: [tableArn],
      conditions: {
        'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['REQUESTS#*', 'BREAKER#*'] },
        Null: { 'dynamodb:LeadingKeys': 'false' },
      },
    }),
  );
  fn.tell({ SUBSCRIPTION_URL: subscriptionUrl });
};
