import { makeModuleSteps } from '../../../contexts/module-registry/application/module-steps.ts';
import type { Job } from '../../../contexts/module-registry/domain/job.ts';
import { planning } from '../../support/memory-migrators.ts';
import { allowing } from '../../support/memory-quotas.ts';
import { aModule, makeMemoryRegistry } from '../../support/memory-registry.ts';
import { saying } from '../../support/memory-subscriptions.ts';
import { type AskedFor, aChange, archiveDays, askFor, jobId, leaseSeconds } from '../../support/module-job.ts';

export const error = { name: 'Defect', message: 'it broke' };
export const input = { jobId, attempt: 1 };

/** A registry in memory with all that its use cases want, in which time moves when a test says so. */
export const anEmptyRegistry = (catalog: readonly ReturnType<typeof aModule>[] = []) => {
  const memory = makeMemoryRegistry();
  memory.state.catalog.push(...catalog);
  let now = new Date('2026-01-01T00:00:00Z');
  const ended: string[] = [];
  const unstarted: string[] = [];
  const left: string[] = [];
  let asked = 0;
  const ports = {
    jobs: memory.jobs,
    secrets: memory.secrets,
    onSecretLeft: (tenant: string) => void left.push(tenant),
    facts: memory.facts,
    fences: memory.fences,
    tenantModules: memory.tenantModules,
    executions: memory.executions,
    catalog: memory.catalog,
    subscriptions: saying(false),
    migrators: planning(),
    quotas: allowing(),
    idempotency: memory.trail.idempotency,
    clock: { now: () => now },
    newId: () => {
      asked += 1;
      return `${jobId.slice(0, -1)}${asked}`;
    },
    leaseSeconds,
    archiveDays,
    purgeGraceHours: 24,
    attemptsMax: 3,
    shards: 2,
    onStartFailed: (job: string) => void unstarted.push(job),
    onJobEnded: ({ state }: Job) => void ended.push(state),
    alongside: () => [],
  };
  const stored = (): Job => {
    const found = memory.state.jobs.get(jobId);
    if (!found) throw new Error('the job is stored');
    return found;
  };
  return {
    ...memory,
    ports,
    stored,
    ended,
    unstarted,
    left,
    wait: (seconds: number): void => {
      now = new Date(now.getTime() + seconds * 1000);
    },
  };
};

/** A registry in which a change was asked for; everything that it names is in the catalog unless a test brings another one. */
export const aRegistry = async (
  asked: Partial<AskedFor> = {},
  catalog: readonly ReturnType<typeof aModule>[] = catalogOf(asked.changes ?? [aChange('install')]),
) => {
  const it = anEmptyRegistry(catalog);
  const configurations = { finance: { currency: 'EUR' } };
  await askFor(it, { at: it.ports.clock.now(), changes: [aChange('install')], configurations, ...asked });
  return { ...it, steps: makeModuleSteps(it.ports) };
};

const catalogOf = (changes: NonNullable<AskedFor['changes']>): readonly ReturnType<typeof aModule>[] =>
  changes.flatMap(({ module, from, to }) =>
    [...new Set([from, to])].flatMap((version) => (version === null ? [] : [aModule(module, { version })])),
  );
