import { type EventBus, Rule } from 'aws-cdk-lib/aws-events';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { domainEvents } from '../../functions/events/domain-events.ts';
import { acknowledge } from '../checks/acknowledge.ts';

/** The ends of jobs, of whatever kind, that somebody has to know of. */
const bad = domainEvents.map(({ name }) => name).filter((name) => /(?:Failed|NeedsIntervention)$/.test(name));

/** Tells administrators of jobs that failed or need a person, and of access denied: ids only. */
export class FailureNotices extends Construct {
  constructor(scope: Construct, id: string, { bus }: { readonly bus: EventBus }) {
    super(scope, id);
    const topic = new Topic(this, 'InstallFailures', { displayName: 'Failed jobs', enforceSSL: true });
    topic.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('events.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
      }),
    );
    acknowledge(topic, ['AwsSolutions-SNS2'], 'Notices hold ids only; the topic’s policy refuses plain transport.');
    new Rule(this, 'InstallFailed', {
      eventBus: bus,
      eventPattern: { source: ['module-registry'], detailType: [...bad, 'AccessDenied'] },
      targets: [new SnsTopic(topic)],
    });
  }
}
