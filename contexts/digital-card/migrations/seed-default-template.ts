import type { Handle } from '../../shared/application/migration.ts';

/** A card needs a template, so a tenant begins with one. */
export const seedDefaultTemplate = (db: Handle): Promise<unknown> =>
  db
    .insertInto('card_templates')
    .values({
      id: '00000000000000000000000001',
      name: 'Standard',
      layout: { front: ['holderName', 'holderReference'], back: ['code'], background: '#1f3a5f' },
      validity_days: 365,
      is_default: true,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
