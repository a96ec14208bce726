import { CfnParameter } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/** What a deploy may choose; each as CloudFormation hands it over, a string. */
export const serviceParameters = (scope: Construct) => {
  const text = (name: string, value: string, description: string): string =>
    new CfnParameter(scope, name, { default: value, description }).valueAsString;
  const number = (name: string, value: number, description: string): string =>
    new CfnParameter(scope, name, { type: 'Number', default: value, description }).valueAsString;
  return {
    jwtIssuer: text('JwtIssuer', 'https://issuer.example', 'The OIDC issuer whose tokens the API accepts.'),
    jwtAudience: text('JwtAudience', 'module-registry', 'The audience that tokens must name.'),
    leaseSeconds: number('LeaseSeconds', 120, 'How long a job may be silent before it is taken over; longer than any task.'),
    auditDays: number('AuditDays', 2_557, 'How long the trail keeps an event: seven years.'),
    archiveDays: number('ArchiveDays', 30, 'How long the data of a deprovisioned tenant is kept.'),
    moduleArchiveDays: number('ModuleArchiveDays', 30, 'How long the data of an uninstalled module is kept.'),
    purgeGraceHours: number('PurgeGraceHours', 24, 'How long an uninstalled module’s data is kept at least before a tenant may purge it.'),
    attemptsMax: number('AttemptsMax', 3, 'Attempts of a job in one direction.'),
    sliceBudgetMs: number('SliceBudgetMs', 30_000, 'How long a migrator works before it reports progress; 0: one migration at a time.'),
    subscriptionUrl: text('SubscriptionUrl', 'in-process', 'The subscription service to ask, e.g. https://subscriptions.example/v1.'),
    reconcilerRate: text('ReconcilerRate', 'rate(1 minute)', 'How often silent jobs are looked for.'),
  };
};
