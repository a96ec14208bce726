import type { Clock } from '../../shared/domain/clock.ts';
import { type FieldError, Malformed, type Refusal, Refused, Unavailable } from '../../shared/domain/errors.ts';
import type { PlanAnswer } from '../../shared/domain/migrator-contract.ts';
import { type PlannedChange, type PlannedStep, planChange } from '../domain/plan.ts';
import { type Change, type ChangeFacts, type ChangeFactsPorts, readChangeFacts } from './change-facts.ts';
import { configurationErrors } from './configuration.ts';
import { planHash } from './plan-hash.ts';
import type { Configuration, Migrators, Quotas, Subscriptions } from './ports.ts';

export interface PlanPorts extends ChangeFactsPorts {
  readonly subscriptions: Subscriptions;
  readonly migrators: Migrators;
  readonly quotas: Quotas;
  readonly clock: Clock;
  /** An archive is kept at least so long before it may be purged. */
  readonly purgeGraceHours: number;
}

/** What is looked at before a change is accepted, in this order. */
export type CheckName = 'plan' | 'tenant' | 'subscription' | 'quota' | 'configuration' | 'grace-period' | 'confirmation' | 'data-loss';

/** The outcome of one check: passed unless it says why not. */
export interface Check {
  readonly check: CheckName;
  readonly refusal?: Refusal;
  /** It could not be looked at now; the job looks again, and waits where it must. */
  readonly note?: string;
  /** What of the request does not fit, field by field. */
  readonly fields?: readonly FieldError[];
}

/** What a step would run in the tenant's database and, once for all tenants, in the landlord's. */
export type StepStatements = Omit<PlanAnswer, 'contract'>;

export interface PlanPreview extends PlannedChange {
  readonly steps: readonly (PlannedStep & { readonly statements: StepStatements })[];
  readonly checks: readonly Check[];
  /** What a change that wants exactly this plan carries; absent where there is no plan. */
  readonly planHash?: string;
}

/** What would happen: the plan, the outcome of every check, the statements. Writes nothing, not even a lock. */
export const makePlanChange =
  (ports: PlanPorts) =>
  async (change: Change): Promise<PlanPreview> => {
    const facts = await readChangeFacts(ports, change, ports.clock.now());
    const plan = planChange(change, facts);
    if ('reason' in plan) return { steps: [], warnings: [], checks: [{ check: 'plan', refusal: plan }] };
    const steps = await Promise.all(plan.steps.map(async (step) => ({ ...step, statements: await statementsOf(ports, step) })));
    const checks = await Promise.all(checksOf(ports, change, facts, plan).map((check) => check()));
    return { ...plan, steps, checks: [{ check: 'plan' }, ...checks], planHash: planHash(plan.steps) };
  };

/** The plan of a change that every check lets pass. Rejects with the first that does not. */
export const acceptedPlan = async (ports: PlanPorts, change: Change, facts: ChangeFacts): Promise<PlannedChange> => {
  const plan = planChange(change, facts);
  if ('reason' in plan) throw new Refused(plan);
  for (const check of checksOf(ports, change, facts, plan)) {
    const { refusal, fields } = await check();
    if (refusal) throw new Refused(refusal);
    if (fields)
      throw new Malformed(
        `${change.kind} ${change.modules.map(({ module }) => module).join(', ')}: ${fields.map((f) => `${f.field} ${f.message}`).join('; ')}`,
        fields,
      );
  }
  return plan;
};

const checksOf = (ports: PlanPorts, change: Change, facts: ChangeFacts, plan: PlannedChange): readonly (() => Promise<Check>)[] => [
  async () => ({ check: 'subscription', ...(await ifKnown(() => subscriptionRefusal(ports, change, facts, plan))) }),
  async () => ({ check: 'tenant', ...refusing(tenantRefusal(change, facts)) }),
  async () => ({ check: 'quota', ...(await ifKnown(() => quotaRefusal(ports, facts, plan))) }),
  async () => ({ check: 'configuration', ...configurationCheck(change, facts, plan) }),
  ...(change.kind === 'purge'
    ? [
        async () => ({ check: 'grace-period', ...refusing(graceRefusal(ports, change, facts)) }) as const,
        async () => ({ check: 'confirmation', ...confirmationCheck(change) }) as const,
      ]
    : []),
  ...(change.kind === 'downgrade'
    ? [async () => ({ check: 'data-loss', ...refusing(await dataLossRefusal(ports, change, plan)) }) as const]
    : []),
];

/** What is briefly absent refuses nobody: the job asks again before it begins, and waits for it. */
const ifKnown = async (look: () => Promise<Refusal | undefined>): Promise<Pick<Check, 'refusal' | 'note'>> => {
  try {
    return refusing(await look());
  } catch (error) {
    if (error instanceof Unavailable) return { note: error.message };
    throw error;
  }
};

const quotaRefusal = async ({ quotas }: PlanPorts, { tenant, tenantModules }: ChangeFacts, { steps }: PlannedChange) => {
  const brought = steps.filter(({ change }) => change === 'install' || change === 'restore').length;
  const taken = steps.filter(({ change }) => change === 'uninstall').length;
  const [first] = await quotas.refusals(tenant, tenantModules, { modules: brought - taken });
  return first;
};

const refusing = (refusal: Refusal | undefined) => (refusal ? { refusal } : {});

const tenantRefusal = ({ kind }: Change, { tenant: { slug, status } }: ChangeFacts): Refusal | undefined =>
  status === 'active'
    ? undefined
    : {
        kind: 'unprocessable',
        reason: 'tenant-not-active',
        message: `tenant ${slug} is ${status}; ${kind} is possible once it is active`,
        facts: { tenant: slug, status },
      };

/** What is there already, or is taken away, needs no subscription. */
export const needsSubscription = (kind: Change['kind'], { from, to }: PlannedStep): boolean =>
  to !== null && (from === null || kind === 'restore' || kind === 'upgrade');

const subscriptionRefusal = async (
  { subscriptions }: PlanPorts,
  { tenantId, kind }: Change,
  { modules }: ChangeFacts,
  { steps }: PlannedChange,
): Promise<Refusal | undefined> => {
  const brought = steps.filter((step) => needsSubscription(kind, step));
  for (const { module } of brought) {
    if (modules.get(module)?.subscriptionRequired !== true) continue;
    if (!(await subscriptions.hasSubscriptionForModule(tenantId, module))) return subscriptionRequired(module);
  }
  return undefined;
};

export const subscriptionRequired = (module: string): Refusal => ({
  kind: 'payment-required',
  reason: 'subscription-required',
  message: `${module} needs a subscription; subscribe the tenant to it first`,
  facts: { module },
});

/** The configuration that each module of the plan will have, where the request says something of it or another version judges it. */
const configurationAfter = (change: Change, facts: ChangeFacts, module: string): Configuration =>
  change.configurations[module] ?? facts.tenantModules.find((known) => known.module === module)?.configuration ?? {};

const configurationCheck = (change: Change, facts: ChangeFacts, { steps }: PlannedChange): Pick<Check, 'fields'> => {
  const several = Object.keys(change.configurations).length > 1;
  const strangers = Object.keys(change.configurations)
    .filter((name) => !steps.some(({ module, to }) => module === name && to !== null))
    .map((name) => ({ field: 'configuration', message: `${name} is not brought by this change` }));
  const wrong = steps.flatMap(({ module, to }) => {
    const version = facts.versions.get(module)?.find((known) => known.version === to);
    const secretsSet = facts.tenantModules.find((known) => known.module === module)?.secrets?.fields;
    const errors = version ? configurationErrors(version.configuration, configurationAfter(change, facts, module), secretsSet) : [];
    return errors.map(({ field, message }) => ({ field: several ? `${module}.${field}` : field, message }));
  });
  const fields = [...strangers, ...wrong];
  return fields.length === 0 ? {} : { fields };
};

const graceRefusal = ({ purgeGraceHours }: PlanPorts, change: Change, { tenantModules, at }: ChangeFacts): Refusal | undefined => {
  const [{ module } = { module: '' }] = change.modules;
  const archivedAt = tenantModules.find((known) => known.module === module)?.archive?.at;
  const from = new Date((archivedAt?.getTime() ?? 0) + purgeGraceHours * 3_600_000);
  if (change.waiveGracePeriod === true || from <= at) return undefined;
  return {
    kind: 'conflict',
    reason: 'grace-period',
    message: `the archive of ${module} may be purged from ${from.toISOString()} on; a platform admin may waive the grace period`,
    facts: { module, from: from.toISOString() },
  };
};

const confirmationCheck = ({ modules: [wish], confirm }: Change): Pick<Check, 'fields'> =>
  confirm === wish?.module
    ? {}
    : {
        fields: [{ field: 'confirm', message: `must be the module’s name, ${wish?.module}: this drops its data for ever` }],
      };

const dataLossRefusal = async (ports: PlanPorts, { acceptDataLoss }: Change, { steps }: PlannedChange): Promise<Refusal | undefined> => {
  if (acceptDataLoss === true) return undefined;
  for (const step of steps) {
    const { losesData, migrations } = await statementsOf(ports, step);
    if (!losesData) continue;
    const losing = migrations.filter((migration) => migration.losesData);
    return {
      kind: 'unprocessable',
      reason: 'data-loss',
      message: `taking ${step.module} from ${step.from} to ${step.to} loses data: it undoes ${losing.map(({ name }) => name).join(', ')}; ask with acceptDataLoss: true if that is meant`,
      facts: { module: step.module, from: step.from, to: step.to, migrations: losing.map(({ name }) => name) },
    };
  }
  return undefined;
};

const statementsOf = async (
  { migrators }: PlanPorts,
  { module, from, to, archive, change, migratorArn }: PlannedStep,
): Promise<StepStatements> => {
  const question = { module, change, from, to, ...(archive === undefined ? {} : { archive }) };
  const { contract: _contract, ...statements } = await migrators.plan(migratorArn, question);
  return statements;
};
