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
  const { database, tenant, upgrade } = await installModule(stand, declaration, version);
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
  return { store, tenant, upgrade, rows, issue, show };
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
