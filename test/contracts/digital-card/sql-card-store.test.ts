import { describe, expect, test } from '@jest/globals';
import { makeSqlCardStore } from '../../../contexts/digital-card/adapters/sql-card-store.ts';
import { declaration } from '../../../contexts/digital-card/migrator.ts';
import { keepsTheCardStoreContract } from '../../support/card-store-contract.ts';
import { type InstalledModule, installedOnce } from '../../support/installed-module.ts';
import { startStand } from '../../support/tenant-stand.ts';

const stand = startStand();

const opening = (version: string) => {
  const installed = installedOnce(stand, declaration, version, ['digital_cards', 'card_validations']);
  return async () => underTest(await installed());
};

const underTest = ({ database, tenant, other }: InstalledModule) => {
  const time = { now: new Date('2026-01-01T00:00:00Z') };
  const rows = async (sql: string) => (await database(tenant).query({ sql, parameters: [] })).rows;
  return { store: makeSqlCardStore({ clock: { now: () => time.now }, database }), time, tenant, other, rows };
};

for (const { version } of declaration.manifest.versions) keepsTheCardStoreContract(`PostgreSQL ${version}`, opening(version));

describe('The key of a request', () => {
  const open = opening('1.0.0');
  const key = { id: 'k', bodyHash: 'a' };

  test('is taken by one of two that come at the same time, and both get its answer', async () => {
    const { store, tenant } = await open();
    const answers = await Promise.all([1, 2, 3].map((n) => store.change(tenant, key, async () => ({ n }))));
    expect(new Set(answers.map(({ n }) => n)).size).toBe(1);
  });

  test('is forgotten after a day, and swept when other keys come', async () => {
    const { store, tenant, time, rows } = await open();
    await store.change(tenant, key, async () => ({ first: true }));
    await store.change(tenant, { id: 'old', bodyHash: 'a' }, async () => ({ first: true }));
    time.now = new Date('2026-01-02T00:00:01Z');
    expect(await store.change(tenant, { id: 'k', bodyHash: 'b' }, async () => ({ second: true }))).toEqual({ second: true });
    expect(await rows('SELECT count(*)::int AS n FROM platform.idempotency')).toEqual([{ n: 1 }]);
  });
});
