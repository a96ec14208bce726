import type { MemberStore } from '../../contexts/membership/application/ports.ts';
import { type Level, type Member, statusOf } from '../../contexts/membership/domain/member.ts';
import { makeMemoryTenantTables } from './memory-tenant-tables.ts';

interface Tables {
  readonly members: Map<string, Member>;
  readonly levels: readonly Level[];
}

/** The members of some tenants in memory; without renewals, as membership 1.0.0 has them. */
export const makeMemoryMemberStore = (level: Level, { renewals = true } = {}): MemberStore => {
  const { of, change } = makeMemoryTenantTables<Tables>({ members: new Map(), levels: [level] });
  return {
    member: async (tenant, id) => of(tenant).members.get(id),
    members: async (tenant, { limit, after, status, name = '' }) =>
      [...of(tenant).members.values()]
        .toSorted((a, b) => (a.id < b.id ? 1 : -1))
        .filter((m) => (after === undefined || m.id < after) && (status === undefined || statusOf(m) === status))
        .filter((m) => m.name.toLowerCase().startsWith(name.toLowerCase()))
        .slice(0, limit),
    levels: async (tenant) => of(tenant).levels,
    change: (tenant, key, work) =>
      change(tenant, key, (draft) =>
        work({
          member: async (id) => draft.members.get(id),
          level: async (id) => draft.levels.find((l) => (id === undefined ? l.isDefault : l.id === id)),
          add: async (member) => {
            const taken = [...draft.members.values()].some(({ number }) => number === member.number);
            if (!taken) draft.members.set(member.id, { ...(renewals ? { renewedAt: null } : {}), ...member });
            return !taken;
          },
          replace: async (member) => void draft.members.set(member.id, member),
        }),
      ),
  };
};
