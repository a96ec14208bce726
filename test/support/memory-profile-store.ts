import type { ProfileStore } from '../../contexts/user-management/application/ports.ts';
import type { Profile } from '../../contexts/user-management/domain/profile.ts';
import { makeMemoryTenantTables } from './memory-tenant-tables.ts';

/** The profiles of some tenants in memory. */
export const makeMemoryProfileStore = (): ProfileStore => {
  const tables = makeMemoryTenantTables({ profiles: new Map<string, Profile>() });
  return {
    profile: async (tenant, id) => tables.of(tenant).profiles.get(id),
    profiles: async (tenant, { limit, after, active, subject }) =>
      [...tables.of(tenant).profiles.values()]
        .toSorted((a, b) => (a.id < b.id ? 1 : -1))
        .filter((profile) => after === undefined || profile.id < after)
        .filter((profile) => active === undefined || (profile.deactivatedAt === undefined) === active)
        .filter((profile) => subject === undefined || profile.subject === subject)
        .slice(0, limit),
    change: (tenant, key, work) =>
      tables.change(tenant, key, ({ profiles }) =>
        work({
          profile: async (id) => profiles.get(id),
          add: async (profile) => {
            if ([...profiles.values()].some(({ subject }) => subject === profile.subject)) return false;
            profiles.set(profile.id, profile);
            return true;
          },
          replace: async (profile) => void profiles.set(profile.id, profile),
        }),
      ),
  };
};
