import { destroys, doneStateOf, doneStates, type JobKind, type JobState, type ModuleJobKind, workingStateOf } from './job-kind.ts';

/** What a job is, and what it tells; what may become of it is in job.ts. */

// ---- events

/** What went wrong, without row data: an error's name, our own sentence, and facts such as `sqlState`. */
export interface JobError {
  readonly name: string;
  readonly message: string;
  readonly facts?: Readonly<Record<string, unknown>>;
}

export interface Cause {
  readonly reason?: string;
  readonly error?: JobError;
}

/** What a job waits for in Validating, and when it looks again. */
export interface Waiting {
  readonly reason: string;
  readonly message: string;
  readonly since: Date;
  readonly nextTryAt: Date;
}

/** Where the tenant's data lies, and since when the job may have changed it: to what the cluster would have to be taken back. */
export interface RestorePoint {
  readonly clusterArn: string;
  readonly database: string;
  readonly at: Date;
}

export interface JobEvent extends Cause {
  /** The domain event's name on the bus, e.g. `ModuleInstallationCompleted`. */
  readonly name: string;
  readonly at: Date;
  readonly from: JobState | null;
  readonly to: JobState;
  readonly attempt: number;
  readonly fence: number;
  /** Until when the attempt may be silent; absent once the job has ended. */
  readonly leaseUntil?: Date;
  /** A subject id, or `system`. */
  readonly actor: string;
  /** What took how long since the last event: the steps whose end was stored, and under the state's name all the rest. */
  readonly stepDurationsMs?: Readonly<Record<string, number>>;
  readonly waiting?: Waiting;
  readonly restorePoint?: RestorePoint;
  /** Something that cannot be undone has been committed. */
  readonly forwardOnly?: true;
}

// ---- state

export interface Progress {
  readonly applied: number;
  readonly total: number;
}

/** One module of the plan: `from` is null where it is not there yet, `to` where it will not be any more. */
export interface JobModule {
  readonly module: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly why: string;
  /** What becomes of this one module; the others of the plan may go another way. */
  readonly change: ModuleJobKind;
  readonly migratorArn: string;
  /** The number of the archive that is made, brought back or dropped. */
  readonly archive?: number;
  readonly progress: Progress;
}

/** What a report is to be about: the tenant's trail from `from` until before `to`. */
export interface ReportPeriod {
  readonly from: string;
  readonly to: string;
  readonly format: 'json' | 'csv';
}

export interface Job {
  readonly id: string;
  readonly kind: JobKind;
  readonly tenantId: string;
  readonly tenantSlug: string;
  /** In the order of work: dependencies first, and last when they are removed. Empty for a job about the tenant as a whole. */
  readonly modules: readonly JobModule[];
  /** The modules that were asked for; the others are there for their sake. */
  readonly requested: readonly string[];
  /** Of a report. */
  readonly report?: ReportPeriod;
  readonly state: JobState;
  readonly attempt: number;
  /** Attempts that may be started in one direction; `attemptsLeft` of them still may before the job settles. */
  readonly attemptsMax: number;
  readonly attemptsLeft: number;
  readonly fence: number;
  /** The number of the last event. */
  readonly sequence: number;
  /** When steps of the present state ended last, e.g. `digital_card.MigrateTenant`. */
  readonly stepEnds: Readonly<Record<string, Date>>;
  readonly leaseUntil?: Date;
  readonly reason?: string;
  readonly error?: JobError;
  readonly waiting?: Waiting;
  /** Of the first attempt that began to work. */
  readonly restorePoint?: RestorePoint;
  /** What was committed cannot be undone any more: the job can only be finished. */
  readonly forwardOnly?: true;
  /** Why it was rolled back, also once the rollback has failed in its turn. */
  readonly undoneFor?: Cause;
  readonly requestedBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

const ends: ReadonlySet<JobState> = new Set<JobState>([...doneStates, 'Cancelled', 'Failed', 'ManualIntervention']);

/** Whether no more work will be done on the job unless someone asks for it. */
export const hasEnded = ({ state }: Pick<Job, 'state'>): boolean => ends.has(state);

/** Whether the attempt does what the job was asked for, and may therefore have changed something. */
export const isWorking = ({ kind, state }: Pick<Job, 'kind' | 'state'>): boolean => state === workingStateOf(kind);

/** Whether the job has done what it was asked for. */
export const isDone = ({ kind, state }: Pick<Job, 'kind' | 'state'>): boolean => state === doneStateOf(kind);

/** Whether nothing of the job can be undone any more. */
export const onlyGoesForward = ({ kind, forwardOnly }: Pick<Job, 'kind' | 'forwardOnly'>): boolean =>
  destroys(kind) || forwardOnly === true;
