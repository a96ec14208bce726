import type { Clock } from '../../shared/domain/clock.ts';
import type { TenantModules } from './ports.ts';
import type { makeRequestChange } from './request-change.ts';

const purgesMax = 25;

export interface DuePurges {
  /** The jobs. */
  readonly requested: readonly string[];
  /** Asked for again by the next sweep; one tenant's trouble keeps no other waiting. */
  readonly failed: readonly { readonly tenantId: string; readonly module: string; readonly error: unknown }[];
}

export interface PurgeArchivesPorts {
  readonly tenantModules: Pick<TenantModules, 'dueForPurge'>;
  readonly requestChange: ReturnType<typeof makeRequestChange>;
  readonly clock: Clock;
}

/** Asks for the purge of every archive whose time has come. Safe to run at any time, also twice at once. */
export const makePurgeArchivesDue =
  ({ tenantModules, requestChange, clock }: PurgeArchivesPorts) =>
  async (): Promise<DuePurges> => {
    const requested: string[] = [];
    const failed: { readonly tenantId: string; readonly module: string; readonly error: unknown }[] = [];
    for (const { tenantId, module } of await tenantModules.dueForPurge(clock.now(), purgesMax)) {
      try {
        const change = { tenantId, kind: 'purge', modules: [{ module }], configurations: {}, confirm: module } as const;
        requested.push((await requestChange({ ...change, waiveGracePeriod: true, actor: 'system' })).jobId);
      } catch (error) {
        failed.push({ tenantId, module, error });
      }
    }
    return { requested, failed };
  };
