import { expect, test } from '@jest/globals';
import { Template } from 'aws-cdk-lib/assertions';
import { resourcesOf, stacksOf } from './synthesized.ts';

test('Every function that asks whether a tenant is entitled is told whom to ask: the registry itself, or a service of one’s own', async () => {
  const { service } = await stacksOf(['contexts']);
  const told = resourcesOf(service, 'AWS::Lambda::Function').flatMap(([id, { Properties }]) => {
    const { Variables = {} } = (Properties['Environment'] ?? {}) as { readonly Variables?: Readonly<Record<string, unknown>> };
    return 'SUBSCRIPTION_URL' in Variables ? [[id.replace(/Function[0-9A-F]{8}$/, ''), Variables['SUBSCRIPTION_URL']] as const] : [];
  });
  for (const asking of ['ApiRegistry', 'ApiSubscriptions', 'ApiTenants', 'ModuleSteps', 'Reconciler'])
    expect(Object.fromEntries(told)).toMatchObject({ [asking]: { Ref: 'SubscriptionUrl' } });
  expect(Template.fromStack(service).findParameters('SubscriptionUrl')).toMatchObject({ SubscriptionUrl: { Default: 'in-process' } });
});
