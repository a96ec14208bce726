import type { Refusal } from '../../shared/domain/errors.ts';
import { inTheWay } from './plan.ts';
import type { TenantModule } from './tenant-module.ts';

/** What a tenant's database says of a module, held against what the registry says. */

/** A version whose ledger, tables and declaration agree with what stands; `absent`: nothing of it; `unknown`: it fits no version. */
export type Stands = { readonly version: string } | 'absent' | 'unknown';

/** Whether the registry says what stands. An archive has no schema of the module's name. */
export const agrees = (recorded: TenantModule | undefined, stands: Stands): boolean => {
  const version = recorded?.status === 'Archived' ? undefined : recorded?.version;
  if (stands === 'unknown') return false;
  return stands === 'absent' ? version === undefined : version === stands.version;
};

/** What a migrator found of a version. */
export interface Found {
  readonly ok: boolean;
  readonly exists: boolean;
}

/**
 * What the first version that was asked for says of all: it stands, or nothing does; undefined where others have to be asked. Where a
 * module makes no schema there is nothing to look at, and the registry is believed.
 */
export const standsAtFirst = (recorded: TenantModule | undefined, version: string, { ok, exists }: Found): Stands | undefined => {
  if (ok && (exists || recorded?.version !== undefined)) return { version };
  return exists ? undefined : 'absent';
};

interface Of {
  readonly tenantId: string;
  readonly module: string;
  readonly at: Date;
}

/**
 * The tenant module as it must be recorded so that it says what stands: after the cluster or the table was taken back to an
 * earlier moment, the database is believed. `undefined` is absent.
 */
export const repaired = (
  recorded: TenantModule | undefined,
  stands: Stands,
  { tenantId, module, at }: Of,
): TenantModule | undefined | Refusal => {
  if (recorded?.jobId !== undefined) return inTheWay(recorded);
  if (recorded?.status === 'Archived')
    return notByItself(module, 'an archive of it is recorded, and its schema stands beside or instead of that');
  if (stands === 'unknown') return notByItself(module, 'what stands fits none of its versions');
  if (stands === 'absent') return undefined;
  const { version } = stands;
  if (recorded) return { ...recorded, status: 'Active', version };
  return { tenantId, module, status: 'Active', version, configuration: {}, installedAt: at };
};

const notByItself = (module: string, because: string): Refusal => ({
  kind: 'conflict',
  reason: 'not-repairable',
  message: `${module} cannot be repaired by itself: ${because}; see docs/runbooks/migration-troubleshooting.md`,
  facts: { module },
});
