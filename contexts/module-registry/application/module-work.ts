import { Defect } from '../../shared/domain/errors.ts';
import type { HookName } from '../../shared/domain/hook-name.ts';
import { CONTRACT, type TenantTarget, type Undo } from '../../shared/domain/migrator-contract.ts';
import { fenceOf } from '../domain/fence.ts';
import type { Job, JobModule, ModuleJobKind } from '../domain/job.ts';
import type { WorkFacts } from './ports.ts';

/**
 * What a job about modules does, piece by piece: every module is changed; then the post hooks run, which may have effects
 * outside; then what destroys or narrows is committed. Until that last phase everything can be undone.
 */
export const phases = ['change', 'postHook', 'contract'] as const;
export type Phase = (typeof phases)[number];

/** What the state machine needs to work on one module of the plan. */
export interface CurrentModule {
  readonly contract: typeof CONTRACT;
  readonly module: string;
  readonly migratorArn: string;
  readonly change: ModuleJobKind;
  readonly from: string | null;
  readonly to: string | null;
  readonly archive: number | null;
  /** The archive that stands there already, to be brought back or dropped. */
  readonly standingArchive: number | null;
  readonly fence: number;
  readonly target: TenantTarget;
  /** Whether something stands that the job is about to change. */
  readonly stands: boolean;
  readonly landlordPending: boolean;
  /** The last landlord migration that belongs to `to`. */
  readonly landlordMigration: number;
  readonly seeds: boolean;
  /** `none` where the version has no such hook. */
  readonly preHook: HookName | 'none';
  readonly postHook: HookName | 'none';
  /** What a rollback takes back. */
  readonly undo: Undo;
  /** Whether nothing comes after it but, perhaps, the contract phase. */
  readonly last: boolean;
}

interface Piece {
  readonly phase: Phase;
  readonly change: JobModule;
}

/** The first piece of work. */
export const firstWork = (job: Job, facts: WorkFacts): { readonly phase: Phase; readonly current: CurrentModule } => {
  const [first] = piecesOf(job, facts);
  if (!first) throw new Defect(`job ${job.id} has no module`);
  return { phase: first.phase, current: currentModule(job, first.change, facts) };
};

/** What comes after a piece of work, as the job stands now; undefined when all is done. */
export const workAfter = (
  job: Job,
  facts: WorkFacts,
  done: { readonly phase: Phase; readonly module: string },
): { readonly phase: Phase; readonly current: CurrentModule } | undefined => {
  const place = ({ phase, change }: Piece): number => phases.indexOf(phase) * job.modules.length + job.modules.indexOf(change);
  const at = phases.indexOf(done.phase) * job.modules.length + job.modules.findIndex(({ module }) => module === done.module);
  const next = piecesOf(job, facts).find((piece) => place(piece) > at);
  return next && { phase: next.phase, current: currentModule(job, next.change, facts) };
};

/** The first module with something that can only be committed, once all the rest is done. */
export const contractWork = (job: Job, facts: WorkFacts): { readonly phase: Phase; readonly current: CurrentModule } | undefined => {
  const next = piecesOf(job, facts).find(({ phase }) => phase === 'contract');
  return next && { phase: next.phase, current: currentModule(job, next.change, facts) };
};

const piecesOf = (job: Job, facts: WorkFacts): readonly Piece[] =>
  phases.flatMap((phase) => job.modules.filter((change) => isIn(phase, job, change, facts)).map((change) => ({ phase, change })));

const isIn = (phase: Phase, job: Job, change: JobModule, facts: WorkFacts): boolean => {
  if (phase === 'change') return true;
  if (phase === 'postHook') return hookOf('post', change, facts) !== 'none';
  return isLeftToCommit(job, change);
};

const isLeftToCommit = (job: Job, change: JobModule): boolean => {
  if (job.stepEnds[contractStep(change.module)] !== undefined) return false;
  if (change.change === 'downgrade') return true;
  return change.to !== null && change.progress.applied < change.progress.total;
};

/** Whether something is left that can only be committed. */
export const hasContractLeft = (job: Job): boolean => job.modules.some((change) => isLeftToCommit(job, change));

/** Under this name a job keeps when a module's contract phase ended. */
export const contractStep = (module: string): string => `${module}.ContractTenant`;

/** A module of the plan, for the state machine. */
export const currentModule = (job: Job, change: JobModule, facts: WorkFacts): CurrentModule => {
  const { module, version } = versionOf(facts, change);
  const pieces = piecesOf(job, facts).filter(({ phase }) => phase !== 'contract');
  const end = job.state === 'RollingBack' ? job.modules[0] : pieces.at(-1)?.change;
  const brings = change.to !== null && change.change !== 'downgrade';
  return {
    contract: CONTRACT,
    module: change.module,
    migratorArn: change.migratorArn,
    change: change.change,
    from: change.from,
    to: change.to,
    archive: change.archive ?? null,
    standingArchive: change.change === 'uninstall' ? null : (change.archive ?? null),
    fence: fenceOf(job),
    target: facts.tenant.target,
    stands: change.from !== null,
    landlordPending: brings && version.migrations.landlord > module.landlordMigration,
    landlordMigration: version.migrations.landlord,
    seeds: change.change === 'install' && version.seeds,
    preHook: hookOf('pre', change, facts),
    postHook: hookOf('post', change, facts),
    undo: undoOf(change),
    last: change.module === end?.module && (job.state === 'RollingBack' || pieces.at(-1)?.phase === 'change'),
  };
};

const undoOf = ({ change }: JobModule): Undo => {
  if (change === 'uninstall') return 'archive';
  return change === 'restore' ? 'restore' : 'migrations';
};

const hooks: Readonly<Partial<Record<ModuleJobKind, Readonly<Record<'pre' | 'post', HookName>>>>> = {
  install: { pre: 'preInstall', post: 'postInstall' },
  upgrade: { pre: 'preUpgrade', post: 'postUpgrade' },
  uninstall: { pre: 'preUninstall', post: 'postUninstall' },
};

const hookOf = (when: 'pre' | 'post', change: JobModule, facts: WorkFacts): HookName | 'none' => {
  const name = hooks[change.change]?.[when];
  return name !== undefined && versionOf(facts, change).version.hooks.includes(name) ? name : 'none';
};

/** The version that a change is about: the one that comes, or the one that goes. */
export const aboutVersion = ({ from, to }: Pick<JobModule, 'from' | 'to'>): string => to ?? from ?? '';

export const versionOf = ({ versions }: WorkFacts, change: JobModule): WorkFacts['versions'][number] => {
  const about = aboutVersion(change);
  const found = versions.find(({ version }) => version.module === change.module && version.version === about);
  if (!found) throw new Defect(`${change.module} ${about} is not in the catalog`);
  return found;
};
