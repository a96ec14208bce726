import type { ElectionStore } from '../../contexts/elections/application/ports.ts';
import { type Contest, type Election, statusOf } from '../../contexts/elections/domain/election.ts';
import { makeMemoryTenantTables } from './memory-tenant-tables.ts';

/** The elections of some tenants in memory. `keepsQuorum`: as of 1.1.0. */
export const makeMemoryElectionStore = ({ keepsQuorum = true }: { readonly keepsQuorum?: boolean } = {}): ElectionStore => {
  const tables = makeMemoryTenantTables({ contests: new Map<string, Contest>(), voters: new Map<string, Set<string>>() });
  return {
    contest: async (tenant, id) => tables.of(tenant).contests.get(id),
    elections: async (tenant, { limit, after, status, voter }, at) => {
      const { contests, voters } = tables.of(tenant);
      return [...contests.values()]
        .toSorted((a, b) => (a.id < b.id ? 1 : -1))
        .filter(({ id }) => after === undefined || id < after)
        .filter((contest) => status === undefined || statusOf(contest, at) === status)
        .filter(({ id }) => voter === undefined || voters.get(id)?.has(voter) === true)
        .slice(0, limit)
        .map(({ candidates: _left, ...election }): Election => election);
    },
    change: (tenant, key, work) =>
      tables.change(tenant, key, ({ contests, voters }) =>
        work({
          contest: async (id) => contests.get(id),
          keepsQuorum: async () => keepsQuorum,
          add: async (contest) => void contests.set(contest.id, contest),
          replace: async (election) => {
            const known = contests.get(election.id);
            if (known !== undefined) contests.set(election.id, { ...election, candidates: known.candidates });
          },
          cast: async ({ electionId, voter, candidate }) => {
            const [contest, voted] = [contests.get(electionId), voters.get(electionId) ?? new Set<string>()];
            if (contest === undefined || voted.has(voter)) return false;
            voters.set(electionId, voted.add(voter));
            const candidates = contest.candidates.map((c) => (c.number === candidate ? { ...c, ballots: c.ballots + 1 } : c));
            contests.set(electionId, { ...contest, candidates });
            return true;
          },
        }),
      ),
  };
};
