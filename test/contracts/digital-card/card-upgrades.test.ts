import { describe, expect, test } from '@jest/globals';
import { makeSqlCardStore } from '../../../contexts/digital-card/adapters/sql-card-store.ts';
import type { Card } from '../../../contexts/digital-card/domain/card.ts';
import { declaration } from '../../../contexts/digital-card/migrator.ts';
import { installModule } from '../../support/installed-module.ts';
import { startStand } from '../../support/tenant-stand.ts';

const stand = startStand();
const at = new Date('2026-01-01T00:00:00Z');
const id = (n: number) => `01K${String(n).padStart(23, '0')}`;

const open = async (version: string) => {
  const { database, tenant, upgrade, migrator, fingerprint } = await installModule(stand, declaration, version);
  const store = makeSqlCardStore({ database, clock: { now: () => at } });
  const rows = async (sql: string) => (await database(tenant).query({ sql, parameters: [] })).rows;
  const issue = (n: number): Promise<Card> =>
    store.change(tenant, undefined, async (changes) => {
      const template = await changes.template(undefined);
      const templateId = template?.id ?? '';
      return changes.add({
        id: id(n),
        code: `CODE${n}`,
        templateId,
        holder: { name: 'Ada' },
        attributes: {},
        issuedAt: at,
        issuedBy: 'a',
        version: 1,
      });
    });
  const show = (n: number) =>
    store.change(tenant, undefined, async (changes) => {
      const card = await changes.cardByCode(`CODE${n}`);
      await changes.addValidation({ id: id(n + 5_000), cardId: card?.id, outcome: 'valid', at, by: 'door' });
    });
  const hashes = () =>
    rows(`SELECT 'card' AS t, md5(string_agg(c::text, ',' ORDER BY id)) AS hash FROM digital_card.digital_cards c
      UNION ALL SELECT 'validation', md5(string_agg(v::text, ',' ORDER BY id)) FROM digital_card.card_validations v`);
  return { store, tenant, upgrade, migrator, fingerprint, rows, hashes, issue, show };
};

describe('Upgrading digital_card to 1.1.0', () => {
  test('numbers the cards that are there in the order of their issue, over several batches, and new ones after them', async () => {
    const { rows, issue, upgrade, store, tenant } = await open('1.0.0');
    expect(await issue(1)).not.toHaveProperty('number');
    await rows(
      `INSERT INTO digital_card.digital_cards (id, code, template_id, holder_name, issued_at, issued_by)
       SELECT '01K' || lpad(n::text, 23, '0'), 'C' || n, '00000000000000000000000001', 'Many', now(), 'a' FROM generate_series(2, 2100) n`,
    );
    await upgrade('1.1.0');
    expect(await rows('SELECT count(*)::int AS n FROM digital_card.digital_cards WHERE number = right(id, 9)::int')).toEqual([{ n: 2100 }]);
    expect(await issue(2_101)).toMatchObject({ number: 2_101 });
    expect(await store.card(tenant, id(1))).toMatchObject({ number: 1 });
  });

  test('gives no number twice', async () => {
    const { rows, issue } = await open('1.1.0');
    await issue(1);
    await issue(2);
    await expect(rows('UPDATE digital_card.digital_cards SET number = 1')).rejects.toMatchObject({ facts: { sqlState: '23505' } });
  });
});

describe('Upgrading digital_card to 2.0.0', () => {
  test('forgets who validated, keeps what came of it, and takes no card without a number', async () => {
    const { rows, issue, show, upgrade } = await open('1.0.0');
    await issue(1);
    await show(1);
    expect(await rows('SELECT validated_by FROM digital_card.card_validations')).toEqual([{ validated_by: 'door' }]);
    await upgrade('2.0.0');
    await issue(2);
    await show(2);
    expect(await rows('SELECT * FROM digital_card.card_validations ORDER BY id')).toEqual(
      [1, 2].map((n) => ({ id: id(n + 5_000), card_id: id(n), outcome: 'valid', validated_at: at })),
    );
    await expect(rows('UPDATE digital_card.digital_cards SET number = NULL')).rejects.toMatchObject({ facts: { sqlState: '23502' } });
  });
});

describe('digital_card', () => {
  test('is as it was, with every row, when an upgrade to 1.1.0 is rolled back wherever it stood', async () => {
    const { issue, show, fingerprint, hashes, migrator } = await open('1.0.0');
    await issue(1);
    await show(1);
    const before = [await fingerprint(), await hashes()];
    for (let slices = 1; slices <= 3; slices += 1) {
      for (let n = 0; n < slices; n += 1)
        await migrator.slice('migrateForTenant', { id: stand.other, fence: 1, to: '1.1.0', phase: 'expand' });
      await migrator.all('rollbackForTenant', { id: stand.other, fence: 1, from: '1.0.0' });
      expect([await fingerprint(), await hashes()]).toEqual(before);
    }
  });

  test('goes back from 2.0.0 to 1.0.0 with its cards, and issues and validates there', async () => {
    const { issue, show, upgrade, fingerprint, migrator, rows } = await open('1.0.0');
    const before = await fingerprint();
    await issue(1);
    await show(1);
    const cards = await rows('SELECT * FROM digital_card.digital_cards');
    await upgrade('2.0.0');
    await migrator.all('downgradeForTenant', { id: stand.other, fence: 1, from: '2.0.0', to: '1.0.0' });
    expect(await fingerprint()).toBe(before);
    expect(await rows('SELECT * FROM digital_card.digital_cards')).toEqual(cards);
    expect(await rows('SELECT validated_by FROM digital_card.card_validations')).toEqual([{ validated_by: 'forgotten' }]);
    expect(await issue(2)).not.toHaveProperty('number');
    await show(2);
    expect(await rows('SELECT validated_by FROM digital_card.card_validations ORDER BY id')).toEqual(
      ['forgotten', 'door'].map((validated_by) => ({ validated_by })),
    );
  });

  test('goes on counting its cards when it comes back from the archive', async () => {
    const { issue, migrator } = await open('2.0.0');
    await issue(1);
    await migrator.slice('archiveForTenant', { id: stand.other, fence: 1, archive: 1 });
    await expect(issue(2)).rejects.toMatchObject({ facts: { sqlState: '42P01' } });
    await migrator.slice('restoreForTenant', { id: stand.other, fence: 1, archive: 1 });
    expect(await issue(2)).toMatchObject({ number: 2 });
  });

  test('issues and validates while it is upgraded, numbers every card, and no card anew', async () => {
    const { rows, issue, show, upgrade } = await open('1.0.0');
    await rows(
      `INSERT INTO digital_card.digital_cards (id, code, template_id, holder_name, issued_at, issued_by)
       SELECT '01J' || lpad(n::text, 23, '0'), 'C' || n, '00000000000000000000000001', 'Many', now(), 'a' FROM generate_series(1, 3000) n`,
    );
    const busy = { until: false, cards: 0 };
    const told: unknown[] = [];
    const worker = async () => {
      while ((!busy.until || told.length === 0) && busy.cards < 1_000) {
        busy.cards += 1;
        const n = busy.cards;
        const { id: cardId, number } = await issue(n);
        if (number !== undefined) told.push({ id: cardId, number });
        await show(n);
      }
    };
    const working = Promise.all([worker(), worker()]);
    await upgrade('2.0.0');
    busy.until = true;
    await working;
    expect(busy.cards).toBeGreaterThan(0);
    expect(await rows('SELECT count(*)::int AS n, count(DISTINCT number)::int AS numbers FROM digital_card.digital_cards')).toEqual([
      { n: 3_000 + busy.cards, numbers: 3_000 + busy.cards },
    ]);
    expect(await rows('SELECT count(*)::int AS n FROM digital_card.card_validations')).toEqual([{ n: busy.cards }]);
    expect(told.length).toBeGreaterThan(0);
    expect(await rows('SELECT id, number FROM digital_card.digital_cards')).toEqual(expect.arrayContaining(told));
  });
});
