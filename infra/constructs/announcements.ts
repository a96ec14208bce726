import type { IEventBus } from 'aws-cdk-lib/aws-events';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { RegistryFunction } from './registry-function.ts';

export interface Announcements {
  readonly module: string;
  readonly bus: Pick<IEventBus, 'eventBusArn' | 'eventBusName'>;
}

/** Lets a module's migrator tell the module's own events on the platform's bus: under its own source, and under no other. */
export const mayAnnounce = (fn: RegistryFunction, { module, bus }: Announcements): void => {
  fn.role.addToPolicy(
    new PolicyStatement({
      actions: ['events:PutEvents'],
      resources: [bus.eventBusArn],
      conditions: {
        'ForAllValues:StringEquals': { 'events:source': [`module.${module}`] },
        Null: { 'events:source': 'false' },
      },
    }),
  );
  fn.tell({ EVENT_BUS_NAME: bus.eventBusName });
};
