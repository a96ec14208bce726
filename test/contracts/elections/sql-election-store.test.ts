import { describe, expect, test } from '@jest/globals';
import { makeSqlElectionStore } from '../../../contexts/elections/adapters/sql-election-store.ts';
import { declaration } from '../../../contexts/elections/migrator.ts';
import { keepsTheElectionStoreContract } from '../../support/election-store-contract.ts';
import { installedOnce } from '../../support/installed-module.ts';
import { startStand } from '../../support/tenant-stand.ts';

const stand = startStand();
const at = new Date('2026-01-01T00:00:00Z');
const clock = { now: () => at };
const tables = ['elections', 'election_candidates', 'election_ballots'];
const electionId = '01K00000000000000000000001';

for (const version of ['1.0.0', '1.1.0']) {
  const installed = installedOnce(stand, declaration, version, tables);
  keepsTheElectionStoreContract(`PostgreSQL ${version}`, async () => {
    const { database, tenant, other } = await installed();
    return { tenant, other, store: makeSqlElectionStore({ database, clock }), keepsQuorum: version === '1.1.0' };
  });
}

describe('Voters of one election', () => {
  test('who come at the same time are all counted, and one who comes twice is counted once', async () => {
    const { database, tenant } = await installedOnce(stand, declaration, '1.1.0', tables)();
    const store = makeSqlElectionStore({ database, clock });
    const candidates = ['Ada', 'Grace'].map((name, index) => ({ number: index + 1, name, ballots: 0 }));
    const times = { opensAt: at, closesAt: new Date('2026-06-01T00:00:00Z'), createdAt: at };
    await store.change(tenant, undefined, (changes) =>
      changes.add({ id: electionId, title: 'Chair', createdBy: 'admin', candidates, ...times }),
    );
    const vote = (voter: string) =>
      store.change(tenant, undefined, async (changes) => {
        await changes.contest(electionId, 'to-vote');
        return changes.cast({ electionId, voter, candidate: 1 });
      });
    const casts = await Promise.all([...Array.from({ length: 8 }, (_, n) => vote(`M-${n}`)), vote('M-0'), vote('M-0')]);
    expect(casts.filter(Boolean)).toHaveLength(8);
    expect((await store.contest(tenant, electionId))?.candidates.map(({ ballots }) => ballots)).toEqual([8, 0]);
  });
});
