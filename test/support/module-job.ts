import { standingHash } from '../../contexts/module-registry/application/given-configuration.ts';
import type { Configuration, GivenConfiguration } from '../../contexts/module-registry/application/ports.ts';
import { type Job, type JobModule, type ModuleJobKind, requestJob } from '../../contexts/module-registry/domain/job.ts';
import { type TenantModule, tenantModuleAfter } from '../../contexts/module-registry/domain/tenant-module.ts';
import { type MemoryRegistry, tenantId } from './memory-registry.ts';

export const jobId = '01JD00000000000000000000J1';
export const leaseSeconds = 120;
export const archiveDays = 30;
/** When what stands before a test's job was made. */
export const before = new Date('2025-12-01T00:00:00.000Z');
export const archiveExpiresAt = new Date('2025-12-31T00:00:00.000Z');

export type Change = Omit<JobModule, 'progress'>;

const usual: Readonly<Record<ModuleJobKind, Pick<Change, 'from' | 'to' | 'archive'>>> = {
  install: { from: null, to: '1.0.0' },
  upgrade: { from: '1.0.0', to: '2.0.0' },
  downgrade: { from: '2.0.0', to: '1.0.0' },
  uninstall: { from: '1.0.0', to: null, archive: 1 },
  restore: { from: '1.0.0', to: '1.0.0', archive: 1 },
  purge: { from: '1.0.0', to: null, archive: 1 },
};

/** What becomes of one module of a plan, as it usually is for its kind; changed as a test needs it. */
export const aChange = (change: ModuleJobKind, module = 'finance', more: Partial<Change> = {}): Change => ({
  module,
  change,
  why: 'requested',
  migratorArn: `arn:${module}:live`,
  ...usual[change],
  ...more,
});

/** The module as the tenant has it before such a change; absent before an install. */
export const beforeChange = ({ module, from, archive = 1, change }: Change): TenantModule | undefined => {
  if (from === null) return undefined;
  const base = { tenantId, module, configuration: { currency: 'CHF' }, installedAt: before, installedBy: 'J0' };
  if (change !== 'restore' && change !== 'purge') return { ...base, status: 'Active', version: from };
  return {
    ...base,
    status: 'Archived',
    archives: archive,
    archive: { number: archive, version: from, at: before, expiresAt: archiveExpiresAt },
  };
};

export interface AskedFor {
  readonly at: Date;
  readonly kind?: ModuleJobKind;
  readonly changes: readonly Change[];
  /** Named, if not all are. */
  readonly requested?: readonly string[];
  readonly configurations?: Readonly<Record<string, Configuration>>;
}

/** A configuration without anything that is write-only, as a job keeps it that finds `stood`. */
export const givenOf = (configuration: Configuration, stood?: TenantModule): GivenConfiguration => ({
  configuration,
  fields: Object.keys(configuration).toSorted(),
  insteadOf: standingHash(stood),
});

/** A job that changes modules, as it stands once its request was accepted: what the tenant had, the job, its locks. */
export const askFor = async (memory: MemoryRegistry, { at, changes, configurations = {}, ...asked }: AskedFor): Promise<Job> => {
  const { kind = changes[0]?.change ?? 'install', requested = changes.map(({ module }) => module) } = asked;
  const about = { id: jobId, kind, tenantId, tenantSlug: 'acme', modules: changes, requested, fence: memory.state.revision + 1 };
  const { job, events } = requestJob({ ...about, requestedBy: 'ada', attemptsMax: 3 }, { at, leaseSeconds });
  const tenantModules = job.modules.flatMap((change) => {
    const stood = beforeChange(change);
    if (stood) memory.state.modules.set(change.module, stood);
    const after = tenantModuleAfter(job, change, stood, { archiveDays });
    if (!after) return [];
    if (stood) return [{ module: change.module, before: stood, after }];
    return [{ module: change.module, after: { ...after, configuration: configurations[change.module] ?? {} } }];
  });
  const tenantRevision = { expected: memory.state.revision };
  const given = Object.entries(configurations).map(
    ([module, configuration]) => [module, givenOf(configuration, memory.state.modules.get(module))] as const,
  );
  await memory.jobs.commit({ job, events, tenantModules, configurations: Object.fromEntries(given), tenantRevision });
  return job;
};
