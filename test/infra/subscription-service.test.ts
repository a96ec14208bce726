import { expect, test } from '@jest/globals';
import { resourcesOf, synthesized } from './synthesized.ts';

test('Every function that asks whether a tenant is entitled is told whom to ask: the registry itself, or a service of one’s own', async () => {
  const { service } = await synthesized();
  const told = resourcesOf(service, 'AWS::Lambda::Function').flatMap(([id, { Properties }]) => {
    const { Variables = {} } = (Properties['Environment'] ?? {}) as { readonly Variables?: Readonly<Record<string, unknown>> };
    return 'SUBSCRIPTION_URL' in Variables ? [[id.replace(/Function[0-9A-F]{8}$/, ''), Variables['SUBSCRIPTION_URL']] as const] : [];
  });
  for (const asking of ['ApiRegistry', 'ApiReports', 'ApiSubscriptions', 'ApiTenants', 'ModuleSteps', 'Reconciler'])
    expect(Object.fromEntries(told)).toMatchObject({ [asking]: { Ref: 'SubscriptionUrl' } });
  expect(service.template.Parameters).toMatchObject({ SubscriptionUrl: { Default: 'in-process' } });
});

test('A module’s API may write nothing of the registry but how often it was asked, that whom it asked has failed, and whom it kept out', async () => {
  const { modules } = await synthesized();
  const statements = modules.flatMap((stack) =>
    resourcesOf(stack, 'AWS::IAM::Policy').flatMap(([id, { Properties }]) => {
      const { Statement } = Properties['PolicyDocument'] as { readonly Statement: readonly Readonly<Record<string, unknown>>[] };
      return Statement.map((statement) => ({ id, text: JSON.stringify(statement['Action']), condition: statement['Condition'] }));
    }),
  );
  const writing = statements.filter(({ text }) => /dynamodb:(?!GetItem|BatchGetItem|Query)/.test(text));
  const apis = modules.filter((stack) => resourcesOf(stack, 'AWS::ApiGatewayV2::Route').length > 0);
  expect([writing.length, apis.length > 0]).toEqual([2 * apis.length, true]);
  const onlyTo = (...keys: readonly string[]) => ({
    'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': keys },
    Null: { 'dynamodb:LeadingKeys': 'false' },
  });
  for (const { id, condition } of writing) {
    expect(id).toMatch(/^Api/);
    expect([onlyTo('REQUESTS#*', 'BREAKER#*'), onlyTo('ACCESS#*')]).toContainEqual(condition);
  }
});
