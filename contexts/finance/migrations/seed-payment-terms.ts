import type { Handle } from '../../shared/application/migration.ts';

/** An invoice is due by some terms, so a tenant begins with the usual ones. */
export const seedPaymentTerms = (db: Handle): Promise<unknown> =>
  db
    .insertInto('payment_terms')
    .values({ id: '00000000000000000000000001', name: 'Within 30 days', days: 30, is_default: true })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
