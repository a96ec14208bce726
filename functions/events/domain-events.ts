import * as z from 'zod';
import {
  destroys,
  eventName,
  isAboutModules,
  type JobKind,
  jobKinds,
  type Moment,
  onlyReads,
} from '../../contexts/module-registry/domain/job-kind.ts';
import { ModuleName, Ulid } from '../../contexts/shared/domain/names.ts';

/** The language that the registry speaks to other systems: every event that it puts on the bus, and what each consists of. */

export interface DomainEvent {
  /** `detail-type` on the bus. */
  readonly name: string;
  readonly group: string;
  /** When it is told, as a sentence. */
  readonly says: string;
  /** Of `detail`. */
  readonly schema: z.ZodObject;
}

const Facts = z.record(z.string(), z.unknown());
const Version = z.string().min(1).max(64);

/** Fields of every event, besides its name. */
export const commonFields = {
  id: Ulid.meta({ description: 'Of the event: the same however often it arrives.' }),
  sequence: z.int().positive().meta({ description: 'Its number within `aggregate`, from 1, without gaps.' }),
  aggregate: z.string().meta({ description: 'What it changed: events of one aggregate are in order.' }),
  actor: z.string().min(1).meta({ description: 'Who asked for it: a subject id, or `system`.' }),
  at: z.iso.datetime().meta({ description: 'When, UTC.' }),
};

const schemaOf = <Fields extends z.ZodRawShape>(name: string, fields: Fields) =>
  z.strictObject({ name: z.literal(name).meta({ description: 'Also `detail-type`.' }), ...commonFields, ...fields });

// ---- jobs

const StepError = z.strictObject({ name: z.string(), message: z.string(), facts: Facts.optional() });
const state = (description: string) =>
  z
    .string()
    .regex(/^[A-Z][A-Za-z]+$/)
    .meta({ description });

const tenantJob = {
  jobId: Ulid.meta({ description: 'The job.' }),
  tenantId: Ulid.meta({ description: 'The tenant.' }),
  from: state('The job’s state before; absent for the first event.').optional(),
  to: state('The job’s state now.'),
  attempt: z.int().positive().meta({ description: 'Which execution of the job.' }),
  reason: z.string().optional().meta({ description: 'The stable word for why.' }),
  error: StepError.optional().meta({ description: 'What went wrong: names and facts, never rows.' }),
  stepDurationsMs: z
    .record(z.string(), z.number().min(0))
    .optional()
    .meta({ description: 'What took how long since the event before, by step; the rest under the state’s name.' }),
};

const moduleJob = {
  ...tenantJob,
  module: ModuleName.optional().meta({ description: 'The module that was asked for, when it was one.' }),
  facts: z
    .strictObject({
      kind: z.enum(jobKinds).meta({ description: 'The kind of job.' }),
      modules: z.record(ModuleName, z.strictObject({ from: Version.nullable(), to: Version.nullable() })),
    })
    .meta({ description: '`kind`, and `modules`: each module that the job changes, with its version before and after (null: none).' }),
};

const reportJob = {
  ...tenantJob,
  facts: z
    .strictObject({
      kind: z.literal('report').meta({ description: 'The kind of job.' }),
      from: z.iso.datetime().meta({ description: 'Events from then on.' }),
      to: z.iso.datetime().meta({ description: 'Events before then.' }),
      format: z.enum(['json', 'csv']).meta({ description: 'How it is written.' }),
    })
    .meta({ description: 'The period that is reported on, `from` and `to`, and the `format`.' }),
};

const doing: Readonly<Record<JobKind, string>> = {
  install: 'installing',
  upgrade: 'upgrading',
  downgrade: 'downgrading',
  uninstall: 'uninstalling',
  restore: 'restoring from the archive',
  purge: 'purging the archive',
  provision: 'provisioning the tenant',
  deprovision: 'deprovisioning the tenant',
  'restore-tenant': 'restoring the tenant',
  'purge-tenant': 'purging the tenant',
  report: 'writing the report',
};

/** In the order in which a job may meet them. */
const moments: Readonly<Record<Moment, (work: string) => string>> = {
  Pending: (work) => `A job for ${work} was accepted.`,
  Validating: (work) => `Before ${work}, the job looks again at what may have changed since it was accepted.`,
  Waiting: (work) => `What ${work} needs to know is briefly absent; the job waits and looks again.`,
  Working: (work) => `Everything was in order, and ${work} began.`,
  Done: (work) => `The job has ended well: ${work} is done.`,
  RollingBack: (work) => `What ${work} had done so far is being undone.`,
  TurnedForward: (work) => `Part of ${work} cannot be undone any more: the job is finished instead.`,
  Failed: (work) => `The job ended without ${work}; everything is as it was.`,
  Cancelled: (work) => `The job was called off; what ${work} had done is undone.`,
  ManualIntervention: (work) => `Neither ${work} nor undoing it succeeds; a person must decide.`,
  Retried: (work) => `A person asked for ${work} to be tried again.`,
  Resumed: (work) => `An attempt at ${work} was lost, and the next one took over.`,
  Resolved: (work) => `A person has put it right by hand, and said how ${work} ended.`,
};

const onlyModules: ReadonlySet<Moment> = new Set<Moment>(['Waiting', 'TurnedForward', 'Cancelled']);
const onlyChanges: ReadonlySet<Moment> = new Set<Moment>(['RollingBack', 'ManualIntervention', 'Resolved']);

/** What destroys is never undone, what only reads has nothing to undo, and what concerns a tenant as a whole neither waits nor is called off. */
const occurs = (kind: JobKind, moment: Moment): boolean =>
  (isAboutModules(kind) || !onlyModules.has(moment)) &&
  !(destroys(kind) && (moment === 'RollingBack' || moment === 'TurnedForward')) &&
  !(onlyReads(kind) && onlyChanges.has(moment));

const fieldsOf = (kind: JobKind): z.ZodRawShape => {
  if (onlyReads(kind)) return reportJob;
  return isAboutModules(kind) ? moduleJob : tenantJob;
};

const jobEvents = (kind: JobKind): readonly DomainEvent[] =>
  (Object.keys(moments) as readonly Moment[])
    .filter((moment) => occurs(kind, moment))
    .map((moment) => {
      const name = eventName(kind, moment);
      const schema = schemaOf(name, fieldsOf(kind));
      return { name, group: kind, says: moments[moment](doing[kind]), schema };
    });

// ---- everything else

const versionChange = (more: z.ZodRawShape = {}) => ({
  module: ModuleName.meta({ description: 'The module.' }),
  from: z.string().meta({ description: 'The version’s status before.' }),
  to: z.string().meta({ description: 'The version’s status now.' }),
  facts: z.strictObject({ version: Version, ...more }).meta({ description: 'The `version`, and what else was decided about it.' }),
});
const tenantModule = {
  tenantId: Ulid.meta({ description: 'The tenant.' }),
  module: ModuleName.meta({ description: 'The module.' }),
};
const tenantStatus = {
  tenantId: Ulid.meta({ description: 'The tenant.' }),
  from: z.string().meta({ description: 'Its status before.' }),
  to: z.string().meta({ description: 'Its status now.' }),
};

const one = (group: string, name: string, says: string, fields: z.ZodRawShape): DomainEvent => ({
  name,
  group,
  says,
  schema: schemaOf(name, fields),
});

const catalogEvents: readonly DomainEvent[] = [
  one('Catalog', 'ModuleRegistered', 'A deploy brought new versions of a module, or changed what is said of it.', {
    module: ModuleName.meta({ description: 'The module.' }),
    facts: z.strictObject({ versions: z.array(Version) }).meta({ description: '`versions` that are new, as drafts.' }),
  }),
  one('Catalog', 'ModulePublished', 'A version may be installed.', versionChange()),
  one('Catalog', 'ModuleDeprecated', 'A version is not installed anew from its sunset on.', versionChange({ sunsetAt: z.iso.datetime() })),
  one('Catalog', 'ModuleWithdrawn', 'A version is not installed anew any more; where it stands it goes on.', versionChange()),
];

const tenantEvents: readonly DomainEvent[] = [
  one('Configuration', 'ModuleConfigured', 'A tenant’s configuration of a module was changed.', {
    ...tenantModule,
    facts: z
      .strictObject({ version: Version, fields: z.array(z.string()) })
      .meta({ description: 'The `version` that stands, and the `fields` that were changed: names, never values.' }),
  }),
  one('Modules of tenants', 'ModuleRepaired', 'The registry was made to say what stands in a tenant’s database.', {
    ...tenantModule,
    facts: z.strictObject({ recorded: Version.nullable(), stands: Version.nullable(), revision: z.int() }).meta({
      description: 'What the registry said, and what the database says, null for nothing; and the `revision` that the tenant has now.',
    }),
  }),
  one('Subscriptions', 'TenantSubscribed', 'A tenant may have a module.', tenantModule),
  one('Subscriptions', 'TenantUnsubscribed', 'A tenant may not have a module any more; what is installed goes on.', tenantModule),
  one('Tenants', 'TenantPlanChanged', 'A tenant is on another subscription plan; what it has stays.', {
    tenantId: Ulid.meta({ description: 'The tenant.' }),
    from: z.string().meta({ description: 'Its subscription plan before.' }),
    to: z.string().meta({ description: 'Its subscription plan now.' }),
  }),
  one('Tenants', 'TenantSuspended', 'Nothing new is begun for a tenant, and its modules do not answer.', tenantStatus),
  one('Tenants', 'TenantResumed', 'A suspended tenant is active again.', tenantStatus),
];

const securityEvents: readonly DomainEvent[] = [
  one('Security', 'AccessDenied', 'Somebody with a valid token asked for what is not theirs; told once an hour for the same.', {
    reason: z.enum(['another-tenant', 'role-not-allowed']).meta({ description: 'Why they were kept out.' }),
    facts: z
      .strictObject({ role: z.string(), operation: z.string(), ofTenant: Ulid.optional(), tenant: z.string().optional() })
      .meta({ description: 'Their `role`, the `operation` they asked for, the tenant they are `ofTenant`, the `tenant` they named.' }),
  }),
];

export const domainEvents: readonly DomainEvent[] = [...jobKinds.flatMap(jobEvents), ...catalogEvents, ...tenantEvents, ...securityEvents];
