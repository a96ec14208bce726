import { type EventBus, Rule } from 'aws-cdk-lib/aws-events';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { acknowledge } from '../checks/acknowledge.ts';

/** Tells administrators of installs that failed or need a person: ids only. */
export class FailureNotices extends Construct {
  constructor(scope: Construct, id: string, { bus }: { readonly bus: EventBus }) {
    super(scope, id);
    const topic = new Topic(this, 'InstallFailures', { displayName: 'Failed installs', enforceSSL: true });
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
      eventPattern: { source: ['module-registry'], detailType: ['ModuleInstallationFailed', 'ModuleInstallationNeedsIntervention'] },
      targets: [new SnsTopic(topic)],
    });
  }
}
