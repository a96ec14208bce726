import { describe, expect, test } from '@jest/globals';
import { makeSqlElectionStore } from '../../../contexts/elections/adapters/sql-election-store.ts';
import type { ElectionStore } from '../../../contexts/elections/application/ports.ts';
import type { Contest } from '../../../contexts/elections/domain/election.ts';
import { declaration } from '../../../contexts/elections/migrator.ts';
import type { TenantRef } from '../../../contexts/shared/application/route.ts';
import { CONTRACT } from '../../../contexts/shared/domain/migrator-contract.ts';
import { keepsTheElectionStoreContract } from '../../support/election-store-contract.ts';
import { installModule } from '../../support/installed-module.ts';
import { targetOf } from '../../support/migrator-bench.ts';
import { makePgDatabase } from '../../support/pg-database.ts';
import { startStand } from '../../support/tenant-stand.ts';

const stand = startStand();
const clock = { now: () => new Date('2026-01-01T00:00:00Z') };

for (const version of ['1.0.0', '1.1.0'])
  keepsTheElectionStoreContract(`PostgreSQL ${version}`, async () => {
    const { database, tenant, other } = await installModule(stand, declaration, version);
    return { tenant, other, store: makeSqlElectionStore({ database, clock }), keepsQuorum: version === '1.1.0' };
  });

const days = (n: number) => new Date(Date.now() + n * 86_400_000);
const id = (n: number) => `01K${String(n).padStart(23, '0')}`;
const aContest = (n: number, more: Partial<Contest> = {}): Contest => ({
  id: id(n),
  title: `Election ${n}`,
  opensAt: days(-5),
  closesAt: days(5),
  createdAt: days(-6),
  createdBy: 'admin',
  candidates: [
    { number: 1, name: 'Ada', ballots: 0 },
    { number: 2, name: 'Grace', ballots: 0 },
  ],
  ...more,
});
const add = (store: ElectionStore, tenant: TenantRef, ...contests: readonly Contest[]) =>
  store.change(tenant, undefined, async (changes) => {
    for (const contest of contests) await changes.add(contest);
  });

describe('Voters of one election', () => {
  test('who come at the same time are all counted, and one who comes twice is counted once', async () => {
    const { database, tenant } = await installModule(stand, declaration, '1.1.0');
    const store = makeSqlElectionStore({ database, clock });
    await add(store, tenant, aContest(1));
    const vote = (voter: string) =>
      store.change(tenant, undefined, async (changes) => {
        await changes.contest(id(1), 'to-vote');
        return changes.cast({ electionId: id(1), voter, candidate: 1 });
      });
    const casts = await Promise.all([...Array.from({ length: 8 }, (_, n) => vote(`M-${n}`)), vote('M-0'), vote('M-0')]);
    expect(casts.filter(Boolean)).toHaveLength(8);
    expect((await store.contest(tenant, id(1)))?.candidates.map(({ ballots }) => ballots)).toEqual([8, 0]);
  });
});

describe('An upgrade of elections from 1.0.0 to 1.1.0', () => {
  test('keeps elections and ballots, and brings the quorum', async () => {
    const { database, tenant, upgrade } = await installModule(stand, declaration, '1.0.0');
    const store = makeSqlElectionStore({ database, clock });
    await add(store, tenant, aContest(1));
    await store.change(tenant, undefined, (changes) => changes.cast({ electionId: id(1), voter: 'M-1', candidate: 2 }));
    const before = await store.contest(tenant, id(1));
    await upgrade('1.1.0');
    expect(await store.contest(tenant, id(1))).toEqual(before);
    await add(store, tenant, aContest(2, { quorum: 7 }));
    expect(await store.contest(tenant, id(2))).toMatchObject({ quorum: 7 });
  });
});

describe('The hook before an uninstall of elections', () => {
  test('closes what is open, however often it runs, and nothing else', async () => {
    const mine = await stand.aTenant();
    await mine.letIn('elections', 1);
    const bench = mine.bench(declaration);
    await bench.all('migrateForTenant', { id: stand.job, fence: 1 });
    const tenant = { id: mine.tenant.slug, slug: mine.tenant.slug };
    const store = makeSqlElectionStore({ database: () => makePgDatabase(mine.tenant.app), clock });
    const early = aContest(4, { closed: { at: days(-1), reason: 'early' } });
    await add(store, tenant, aContest(1), aContest(2, { opensAt: days(1) }), aContest(3, { closesAt: days(-2) }), early);
    const run = () =>
      bench.send({
        operation: 'runHook',
        hook: 'preUninstall',
        contract: CONTRACT,
        module: 'elections',
        jobId: stand.job,
        attempt: 1,
        fence: 1,
        target: targetOf(mine.tenant),
        from: '1.1.0',
        to: null,
      });
    const closed = async () => Promise.all([1, 2, 3, 4].map(async (n) => (await store.contest(tenant, id(n)))?.closed));
    await run();
    const first = await closed();
    expect(first.map((c) => c?.reason)).toEqual(['module-uninstalled', undefined, undefined, 'early']);
    await run();
    expect(await closed()).toEqual(first);
  });
});
