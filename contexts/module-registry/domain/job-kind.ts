/** The kinds of job, and what each calls its states and its events. */

/** What is done to a tenant as a whole. */
export type TenantJobKind = 'provision' | 'deprovision' | 'restore-tenant' | 'purge-tenant';
export type JobKind = 'install' | TenantJobKind;
export type WorkingState = 'Installing' | 'Provisioning' | 'Deprovisioning' | 'Restoring' | 'Purging';
export type DoneState = 'Active' | 'Provisioned' | 'Deprovisioned' | 'Restored' | 'Purged';
export type JobState = 'Pending' | 'Validating' | WorkingState | 'RollingBack' | DoneState | 'Failed' | 'ManualIntervention';

export const workingStateOf: Readonly<Record<JobKind, WorkingState>> = {
  install: 'Installing',
  provision: 'Provisioning',
  deprovision: 'Deprovisioning',
  'restore-tenant': 'Restoring',
  'purge-tenant': 'Purging',
};
export const doneStateOf: Readonly<Record<JobKind, DoneState>> = {
  install: 'Active',
  provision: 'Provisioned',
  deprovision: 'Deprovisioned',
  'restore-tenant': 'Restored',
  'purge-tenant': 'Purged',
};

/** What has destroyed something cannot be undone, only finished. */
export const onlyGoesForward = ({ kind }: { readonly kind: JobKind }): boolean => kind === 'purge-tenant';

/** Whether a failed job may be tried again as it is; of the others the tenant may have moved on, so they are asked for anew. */
export const startsOver = ({ kind }: { readonly kind: JobKind }): boolean => kind === 'install' || kind === 'provision';

export type Moment =
  | 'Pending'
  | 'Validating'
  | 'Working'
  | 'Done'
  | 'RollingBack'
  | 'Failed'
  | 'ManualIntervention'
  | 'Retried'
  | 'Resumed';

const namesOf = (what: string, done: string): Readonly<Record<Moment, string>> => ({
  Pending: `${what}Requested`,
  Validating: `${what}Validating`,
  Working: `${what}Started`,
  Done: done,
  RollingBack: `${what}RollingBack`,
  Failed: `${what}Failed`,
  ManualIntervention: `${what}NeedsIntervention`,
  Retried: `${what}Retried`,
  Resumed: `${what}Resumed`,
});

/** The domain events' names on the bus. */
export const names: Readonly<Record<JobKind, Readonly<Record<Moment, string>>>> = {
  install: namesOf('ModuleInstallation', 'ModuleInstallationCompleted'),
  provision: namesOf('TenantProvisioning', 'TenantProvisioned'),
  deprovision: namesOf('TenantDeprovisioning', 'TenantDeprovisioned'),
  'restore-tenant': namesOf('TenantRestoration', 'TenantRestored'),
  'purge-tenant': namesOf('TenantPurge', 'TenantPurged'),
};
