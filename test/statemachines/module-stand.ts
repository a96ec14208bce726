import { makeModuleSteps } from '../../contexts/module-registry/application/module-steps.ts';
import type { Fences, ModuleRestorePoint, Subscriptions } from '../../contexts/module-registry/application/ports.ts';
import { evolve, type Job, type JobEvent, takeOver } from '../../contexts/module-registry/domain/job.ts';
import { cancel } from '../../contexts/module-registry/domain/job-by-hand.ts';
import type { MigratorRequest } from '../../contexts/shared/domain/migrator-contract.ts';
import { makeStepHandler } from '../../functions/workflow/step-handler.ts';
import { aModule, type MemoryRegistry, makeMemoryRegistry } from '../support/memory-registry.ts';
import { saying } from '../support/memory-subscriptions.ts';
import { aChange, archiveDays, askFor, type Change, jobId, leaseSeconds } from '../support/module-job.ts';
import { makeScriptedMigrator, type Script } from '../support/scripted-migrator.ts';
import type { InvokedFunction, Meetings, Workflow, WorkflowEnd } from '../support/workflow.ts';

/** What is asked for, in the order of work; and what happens to it outside the registry. */
export interface Given {
  /** Unless they are named, what is in the catalog is installed. */
  readonly changes?: readonly Change[];
  readonly modules?: readonly ReturnType<typeof aModule>[];
  readonly script?: Script;
  readonly subscriptions?: Subscriptions;
  /** What raising a fence meets with before it succeeds. */
  readonly fenceErrors?: readonly Error[];
  readonly breakStep?: Readonly<Record<string, Error>>;
}

export interface ModuleStand {
  readonly state: MemoryRegistry['state'];
  readonly stored: () => Job;
  readonly events: () => Promise<readonly string[]>;
  readonly restorePoints: () => Promise<readonly ModuleRestorePoint[]>;
  /** What the migrators were asked for, e.g. `finance.migrateForTenant`. */
  readonly asked: () => readonly string[];
  readonly requests: readonly MigratorRequest[];
  readonly run: (attempt?: number, meetings?: Meetings) => Promise<WorkflowEnd>;
  /** The reconciler starts the next attempt. */
  readonly takeOver: () => Promise<void>;
  /** A person calls off what has begun. */
  readonly cancel: () => Promise<void>;
  readonly wait: (seconds: number) => void;
}

/** A job that changes modules of an active tenant, just asked for. */
export const aModuleJob = async (workflow: Workflow, given: Given = {}): Promise<ModuleStand> => {
  process.env['POWERTOOLS_LOG_LEVEL'] = 'SILENT';
  const { modules = [aModule('finance')], script, subscriptions = saying(true), fenceErrors = [], breakStep = {} } = given;
  const memory = makeMemoryRegistry();
  let now = new Date('2026-01-01T00:00:00.000Z');
  memory.state.catalog.push(...modules);
  await askFor(memory, { at: now, changes: given.changes ?? modules.map(({ module }) => aChange('install', module.name)) });
  const migrator = makeScriptedMigrator(script);
  const steps = makeModuleSteps({
    jobs: memory.jobs,
    secrets: memory.secrets,
    onSecretLeft: () => {},
    catalog: memory.catalog,
    tenantModules: memory.tenantModules,
    facts: memory.facts,
    subscriptions,
    fences: failingAtFirst(memory.fences, fenceErrors),
    clock: { now: () => now },
    leaseSeconds,
    archiveDays,
    onJobEnded: () => {},
    alongside: () => [],
  });
  const broken = Object.entries(breakStep).map(([step, error]) => [step, () => Promise.reject(error)] as const);
  const handler = makeStepHandler(() => ({ ...steps, ...Object.fromEntries(broken) }));
  const functions: Record<string, InvokedFunction> = { ModuleSteps: handler };
  for (const { module } of modules) functions[module.migratorArn] = migrator.invoke;
  const stored = (): Job => {
    const found = memory.state.jobs.get(jobId);
    if (!found) throw new Error('the job is stored');
    return found;
  };
  const decide = async (decision: (job: Job, fence: number) => readonly JobEvent[]): Promise<void> => {
    const before = stored();
    const events = decision(before, memory.state.revision + 1);
    const tenantRevision = { expected: memory.state.revision };
    await memory.jobs.commit({ before, job: events.reduce(evolve, before), events, tenantModules: [], tenantRevision });
  };
  return {
    state: memory.state,
    stored,
    events: async () => (await memory.jobs.events(jobId, { limit: 100 })).items.map(({ name }) => name),
    restorePoints: () => memory.jobs.restorePoints(jobId),
    asked: () => migrator.requests.map(said),
    requests: migrator.requests,
    run: (attempt = 1, meetings = {}) => workflow.run(functions, { jobId, attempt }, meetings),
    takeOver: () => decide((job, fence) => takeOver(job, { fence }, { at: now, leaseSeconds })),
    cancel: () =>
      decide((job, fence) => {
        const said = cancel(job, { fence, actor: 'ada' }, { at: now, leaseSeconds });
        return 'reason' in said ? [] : said;
      }),
    wait: (seconds) => {
      now = new Date(now.getTime() + seconds * 1000);
    },
  };
};

const said = (request: MigratorRequest): string => {
  const contract = request.operation === 'migrateForTenant' && request.phase === 'contract';
  return `${request.module}.${request.operation}${contract ? ' contract' : ''}`;
};

const failingAtFirst = (fences: Fences, errors: readonly Error[]): Fences => {
  const left = [...errors];
  return {
    raise: async (target, module, fence) => {
      const error = left.shift();
      if (error) throw error;
      return fences.raise(target, module, fence);
    },
  };
};
