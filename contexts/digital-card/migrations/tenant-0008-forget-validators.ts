import { sql } from 'kysely';
import type { Migration } from '../../shared/application/migration.ts';

/** Who stood at the door is nobody's business: from 2.0.0 on it is not kept. The way back brings the column, not the names. */
export const forgetValidators: Migration = {
  number: 8,
  name: 'forget_validators',
  kind: 'contract',
  up: (db) => db.schema.alterTable('card_validations').dropColumn('validated_by').execute(),
  down: async (db) => {
    await db.schema
      .alterTable('card_validations')
      .addColumn('validated_by', 'text', (column) => column.notNull().defaultTo(sql`'forgotten'`))
      .execute();
    await db.schema
      .alterTable('card_validations')
      .alterColumn('validated_by', (column) => column.dropDefault())
      .execute();
  },
};
