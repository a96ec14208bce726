/** The kinds of job, and what each calls its states and its events. */

/** What is done to a tenant as a whole. */
export type TenantJobKind = 'provision' | 'deprovision' | 'restore-tenant' | 'purge-tenant';
/** What is done to some of a tenant's modules. */
export type ModuleJobKind = 'install' | 'upgrade' | 'downgrade' | 'uninstall' | 'restore' | 'purge';
/** What reads and changes nothing, neither the tenant nor its modules: its trail, written down for a period. */
export type ReadingJobKind = 'report';
export type JobKind = ModuleJobKind | TenantJobKind | ReadingJobKind;
export type WorkingState =
  | 'Installing'
  | 'Upgrading'
  | 'Downgrading'
  | 'Uninstalling'
  | 'Provisioning'
  | 'Deprovisioning'
  | 'Restoring'
  | 'Purging'
  | 'Reporting';
export type DoneState = 'Active' | 'Uninstalled' | 'Provisioned' | 'Deprovisioned' | 'Restored' | 'Purged' | 'Reported';
export type JobState = 'Pending' | 'Validating' | WorkingState | 'RollingBack' | DoneState | 'Cancelled' | 'Failed' | 'ManualIntervention';

interface Kind {
  readonly working: WorkingState;
  readonly done: DoneState;
  /** The events' common beginning, and the name of the last one when all went well. */
  readonly event: string;
  readonly completed: string;
}

const kinds: Readonly<Record<JobKind, Kind>> = {
  install: { working: 'Installing', done: 'Active', event: 'ModuleInstallation', completed: 'ModuleInstallationCompleted' },
  upgrade: { working: 'Upgrading', done: 'Active', event: 'ModuleUpgrade', completed: 'ModuleUpgraded' },
  downgrade: { working: 'Downgrading', done: 'Active', event: 'ModuleDowngrade', completed: 'ModuleDowngraded' },
  uninstall: { working: 'Uninstalling', done: 'Uninstalled', event: 'ModuleUninstallation', completed: 'ModuleUninstalled' },
  restore: { working: 'Restoring', done: 'Active', event: 'ModuleRestoration', completed: 'ModuleRestored' },
  purge: { working: 'Purging', done: 'Purged', event: 'ModulePurge', completed: 'ModulePurged' },
  provision: { working: 'Provisioning', done: 'Provisioned', event: 'TenantProvisioning', completed: 'TenantProvisioned' },
  deprovision: { working: 'Deprovisioning', done: 'Deprovisioned', event: 'TenantDeprovisioning', completed: 'TenantDeprovisioned' },
  'restore-tenant': { working: 'Restoring', done: 'Restored', event: 'TenantRestoration', completed: 'TenantRestored' },
  'purge-tenant': { working: 'Purging', done: 'Purged', event: 'TenantPurge', completed: 'TenantPurged' },
  report: { working: 'Reporting', done: 'Reported', event: 'ComplianceReport', completed: 'ComplianceReported' },
};

export const jobKinds = Object.keys(kinds) as readonly JobKind[];

export const workingStateOf = (kind: JobKind): WorkingState => kinds[kind].working;
export const doneStateOf = (kind: JobKind): DoneState => kinds[kind].done;
export const doneStates: ReadonlySet<JobState> = new Set(Object.values(kinds).map(({ done }) => done));

/** What destroys what it works on cannot be undone, only finished. */
export const destroys = (kind: JobKind): boolean => kind === 'purge' || kind === 'purge-tenant';

const aboutTenants: ReadonlySet<JobKind> = new Set<TenantJobKind>(['provision', 'deprovision', 'restore-tenant', 'purge-tenant']);
export const isAboutModules = (kind: JobKind): kind is ModuleJobKind => !aboutTenants.has(kind) && !onlyReads(kind);

/** What only reads has nothing to undo: it is done, or it failed. It holds nothing that others wait for. */
export const onlyReads = (kind: JobKind): kind is ReadingJobKind => kind === 'report';

/** Whether a failed job may be tried again as it is; of the others the tenant may have moved on, so they are asked for anew. */
export const startsOver = (kind: JobKind): boolean => isAboutModules(kind) || onlyReads(kind) || kind === 'provision';

export type Moment =
  | 'Pending'
  | 'Validating'
  | 'Waiting'
  | 'Working'
  | 'Done'
  | 'RollingBack'
  | 'TurnedForward'
  | 'Failed'
  | 'Cancelled'
  | 'ManualIntervention'
  | 'Retried'
  | 'Resumed'
  | 'Resolved';

const suffixes: Readonly<Record<Exclude<Moment, 'Done'>, string>> = {
  Pending: 'Requested',
  Validating: 'Validating',
  Waiting: 'Waiting',
  Working: 'Started',
  RollingBack: 'RollingBack',
  TurnedForward: 'TurnedForward',
  Failed: 'Failed',
  Cancelled: 'Cancelled',
  ManualIntervention: 'NeedsIntervention',
  Retried: 'Retried',
  Resumed: 'Resumed',
  Resolved: 'Resolved',
};

/** The domain event's name on the bus. */
export const eventName = (kind: JobKind, moment: Moment): string =>
  moment === 'Done' ? kinds[kind].completed : `${kinds[kind].event}${suffixes[moment]}`;
