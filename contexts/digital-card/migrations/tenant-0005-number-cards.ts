import { sql } from 'kysely';
import type { Migration } from '../../shared/application/migration.ts';

const batchSize = 1_000;

/** Numbers the cards that were there before, in the order of their issue, a thousand a transaction. */
export const numberCards: Migration = {
  number: 5,
  name: 'number_cards',
  kind: 'batched',
  accepts: { 'missing-down': 'the numbers go with their column, which the migration before this one drops, however many there are' },
  up: async (db, cursor) => {
    const after = String(cursor?.['after'] ?? '');
    const { rows } = await sql<{ last: string | null }>`
      WITH batch AS MATERIALIZED (
        SELECT id, nextval('digital_card.digital_cards_number') AS number FROM (
          SELECT id FROM digital_card.digital_cards WHERE id > ${after} AND number IS NULL ORDER BY id LIMIT ${sql.lit(batchSize)} FOR UPDATE
        ) AS unnumbered
      ), numbered AS (
        UPDATE digital_card.digital_cards AS card SET number = batch.number FROM batch WHERE card.id = batch.id RETURNING card.id
      )
      SELECT max(id) AS last FROM numbered`.execute(db);
    const last = rows[0]?.last ?? null;
    return last === null ? undefined : { after: last };
  },
  down: async () => undefined,
};
