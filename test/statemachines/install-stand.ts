import { makeInstallSteps } from '../../contexts/module-registry/application/install-steps.ts';
import type { Fences } from '../../contexts/module-registry/application/ports.ts';
import { evolve, type Job, requestJob, takeOver } from '../../contexts/module-registry/domain/job.ts';
import { tenantModuleAfter } from '../../contexts/module-registry/domain/tenant-module.ts';
import { makeStepHandler } from '../../functions/workflow/step-handler.ts';
import { aModule, type MemoryRegistry, makeMemoryRegistry, tenantId } from '../support/memory-registry.ts';
import { saying } from '../support/memory-subscriptions.ts';
import { makeScriptedMigrator, type Script } from '../support/scripted-migrator.ts';
import type { InvokedFunction, Workflow, WorkflowEnd } from '../support/workflow.ts';

export const jobId = '01JD00000000000000000000J1';
const at = new Date('2026-01-01T00:00:00.000Z');

/** What is asked for, in dependency order; and what happens to it outside the registry. */
export interface Given {
  readonly modules?: readonly ReturnType<typeof aModule>[];
  readonly script?: Script;
  readonly subscribed?: boolean;
  /** What raising a fence meets with before it succeeds. */
  readonly fenceErrors?: readonly Error[];
  readonly breakStep?: Readonly<Record<string, Error>>;
}

export interface InstallStand {
  readonly state: MemoryRegistry['state'];
  readonly stored: () => Job;
  /** What the migrators were asked for, e.g. `finance.migrateForTenant`. */
  readonly asked: () => readonly string[];
  readonly run: (attempt?: number) => Promise<WorkflowEnd>;
  /** The reconciler starts the next attempt. */
  readonly takeOver: () => Promise<void>;
}

/** A job that installs modules for an active tenant, just asked for. */
export const anInstall = async (workflow: Workflow, given: Given = {}): Promise<InstallStand> => {
  process.env['POWERTOOLS_LOG_LEVEL'] = 'SILENT';
  const { modules = [aModule('finance')], script, subscribed = true, fenceErrors = [], breakStep = {} } = given;
  const memory = makeMemoryRegistry();
  memory.state.catalog.push(...modules);
  await request(
    memory,
    modules.map(({ module }) => module.name),
  );
  const migrator = makeScriptedMigrator(script);
  const steps = makeInstallSteps({
    jobs: memory.jobs,
    catalog: { landlordStands: (_, migration) => memory.landlordStands(migration) },
    facts: memory.facts,
    subscriptions: saying(subscribed),
    fences: failingAtFirst(memory.fences, fenceErrors),
    clock: { now: () => at },
    leaseSeconds: 120,
    onJobEnded: () => {},
  });
  const broken = Object.entries(breakStep).map(([step, error]) => [step, () => Promise.reject(error)] as const);
  const handler = makeStepHandler(() => ({ ...steps, ...Object.fromEntries(broken) }));
  const functions: Record<string, InvokedFunction> = { InstallSteps: handler };
  for (const { module } of modules) functions[module.migratorArn] = migrator.invoke;
  const stored = (): Job => {
    const found = memory.state.jobs.get(jobId);
    if (!found) throw new Error('the job is stored');
    return found;
  };
  return {
    state: memory.state,
    stored,
    asked: () => migrator.requests.map(({ module, operation }) => `${module}.${operation}`),
    run: (attempt = 1) => workflow.run(functions, { jobId, attempt }),
    takeOver: async () => {
      const before = stored();
      const events = takeOver(before, { fence: memory.state.revision + 1 }, { at, leaseSeconds: 120 });
      const tenantRevision = { expected: memory.state.revision };
      await memory.jobs.commit({ before, job: events.reduce(evolve, before), events, tenantModules: [], tenantRevision });
    },
  };
};

const request = async (memory: MemoryRegistry, names: readonly string[]): Promise<void> => {
  const modules = names.map((module) => ({ module, from: null, to: '1.0.0', why: 'requested', migratorArn: `arn:${module}:live` }));
  const about = { id: jobId, kind: 'install' as const, tenantId, tenantSlug: 'acme', modules, fence: 2 };
  const { job, events } = requestJob({ ...about, requestedBy: 'ada', attemptsMax: 3 }, { at, leaseSeconds: 120 });
  const tenantModules = job.modules.flatMap((change) => {
    const after = tenantModuleAfter(job, change, undefined);
    return after ? [{ module: change.module, after }] : [];
  });
  await memory.jobs.commit({ job, events, tenantModules, tenantRevision: { expected: 1 } });
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
