import { sql } from 'kysely';
import type { Migration } from '../../shared/application/migration.ts';

const batchSize = 1_000;

/**
 * Numbers the cards that were there before, in the order of their issue. Each transaction walks the key, from where the last one ended
 * to the end of its batch: looking for cards without a number, or for those of the batch, would go through all cards each time.
 */
export const numberCards: Migration = {
  number: 5,
  name: 'number_cards',
  kind: 'batched',
  accepts: { 'missing-down': 'the numbers go with their column, which the migration before this one drops, however many there are' },
  up: async (db, cursor) => {
    const after = String(cursor?.['after'] ?? '');
    const { rows } = await sql<{ last: string | null }>`
      WITH batch AS MATERIALIZED (
        SELECT id, CASE WHEN number IS NULL THEN nextval('digital_card.digital_cards_number') END AS new_number FROM (
          SELECT id, number FROM digital_card.digital_cards WHERE id > ${after} ORDER BY id LIMIT ${sql.lit(batchSize)} FOR UPDATE
        ) AS next_cards
      ), last AS (
        SELECT max(id) AS id FROM batch
      ), numbered AS (
        UPDATE digital_card.digital_cards AS card SET number = new_number FROM batch
        WHERE card.id = batch.id AND new_number IS NOT NULL AND card.id > ${after} AND card.id <= (SELECT id FROM last)
      )
      SELECT id AS last FROM last`.execute(db);
    const last = rows[0]?.last ?? null;
    return last === null ? undefined : { after: last };
  },
  down: async () => undefined,
};
