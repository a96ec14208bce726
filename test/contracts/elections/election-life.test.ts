import { describe, expect, test } from '@jest/globals';
import { makeSqlElectionStore } from '../../../contexts/elections/adapters/sql-election-store.ts';
import type { Contest } from '../../../contexts/elections/domain/election.ts';
import { declaration } from '../../../contexts/elections/migrator.ts';
import { makePgDatabase } from '../../support/pg-database.ts';
import { startStand } from '../../support/tenant-stand.ts';

const { aTenant, job, other } = startStand();

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

/** A tenant with elections in a version, its migrator and its store. */
const standsAt = async (version: string) => {
  const { tenant: roles, letIn, bench } = await aTenant();
  await letIn('elections', 1);
  const migrator = bench(declaration);
  await migrator.all('migrateForTenant', { id: job, fence: 1, to: version });
  const tenant = { id: roles.slug, slug: roles.slug };
  const store = makeSqlElectionStore({ database: () => makePgDatabase(roles.app), clock: { now: () => days(0) } });
  const add = (...contests: readonly Contest[]) =>
    store.change(tenant, undefined, async (changes) => {
      for (const contest of contests) await changes.add(contest);
    });
  const vote = (n: number, voter: string) =>
    store.change(tenant, undefined, (changes) => changes.cast({ electionId: id(n), voter, candidate: 2 }));
  return { migrator, add, vote, contest: (n: number) => store.contest(tenant, id(n)) };
};

describe('elections', () => {
  test('keeps elections and ballots when it is upgraded, and can then keep a quorum', async () => {
    const { migrator, add, vote, contest } = await standsAt('1.0.0');
    await add(aContest(1));
    await vote(1, 'M-1');
    const before = await contest(1);
    await migrator.all('migrateForTenant', { id: job, fence: 1, to: '1.1.0' });
    expect(await contest(1)).toEqual(before);
    expect(await vote(1, 'M-1')).toBe(false);
    await add(aContest(2, { quorum: 7 }));
    expect(await contest(2)).toMatchObject({ quorum: 7 });
  });

  test('loses the quorum and nothing else when it is downgraded', async () => {
    const { migrator, add, vote, contest } = await standsAt('1.1.0');
    await add(aContest(1, { quorum: 7 }));
    await vote(1, 'M-1');
    const { quorum: _lost, ...kept } = (await contest(1)) ?? {};
    await migrator.all('downgradeForTenant', { id: job, fence: 1, from: '1.1.0', to: '1.0.0' });
    expect(await contest(1)).toEqual(kept);
    expect(await vote(1, 'M-1')).toBe(false);
    expect(await vote(1, 'M-2')).toBe(true);
  });

  test('closes what is open before an uninstall, however often the hook runs, and nothing else', async () => {
    const { migrator, add, contest } = await standsAt('1.1.0');
    const early = aContest(4, { closed: { at: days(-1), reason: 'early' } });
    await add(aContest(1), aContest(2, { opensAt: days(1) }), aContest(3, { closesAt: days(-2) }), early);
    const closed = () => Promise.all([1, 2, 3, 4].map(async (n) => (await contest(n))?.closed));
    const run = () => migrator.slice('preUninstall', { id: job, fence: 1, from: '1.1.0' });
    await run();
    const first = await closed();
    expect(first.map((c) => c?.reason)).toEqual(['module-uninstalled', undefined, undefined, 'early']);
    await run();
    expect(await closed()).toEqual(first);
  });

  test('opens again what an uninstall has closed that came to nothing, and not what one before it had closed', async () => {
    const { migrator, add, contest } = await standsAt('1.1.0');
    const before = { closed: { at: days(-1), reason: 'module-uninstalled' } } as const;
    await add(aContest(1), aContest(2, before));
    const stood = await Promise.all([contest(1), contest(2)]);
    const leaving = { id: other, fence: 1, from: '1.1.0', archive: 1 };
    await migrator.slice('preUninstall', leaving);
    await migrator.slice('archiveForTenant', leaving);
    for (let n = 0; n < 2; n += 1) await migrator.slice('rollbackForTenant', { ...leaving, undo: 'archive' });
    expect(await Promise.all([contest(1), contest(2)])).toEqual(stood);

    await migrator.slice('preUninstall', leaving);
    expect((await contest(1))?.closed?.reason).toBe('module-uninstalled');
  });

  test('is out of reach when it is archived, and as it was when it is restored', async () => {
    const { migrator, add, vote, contest } = await standsAt('1.1.0');
    await add(aContest(1, { quorum: 1 }));
    await vote(1, 'M-1');
    const before = await contest(1);
    await migrator.slice('archiveForTenant', { id: job, fence: 1, archive: 1 });
    await expect(contest(1)).rejects.toMatchObject({ name: 'Defect', facts: { sqlState: '42P01' } });
    await migrator.slice('restoreForTenant', { id: job, fence: 1, archive: 1 });
    expect(await contest(1)).toEqual(before);
    expect([await vote(1, 'M-1'), await vote(1, 'M-2')]).toEqual([false, true]);
  });
});
