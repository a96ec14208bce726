import type { Hook } from '../../shared/application/migration.ts';

/**
 * A tenant begins with a calendar that is named after it, which a seed could not know. Repeated, it finds the calendar there: by
 * its id, and `created_by` names the job.
 */
export const openFirstCalendar: Hook = {
  run: ({ tenant, idempotencyKey, change }) =>
    change((db) =>
      db
        .insertInto('calendars')
        .values({ id: '00000000000000000000000001', name: tenant.slug, created_by: idempotencyKey })
        .onConflict((conflict) => conflict.doNothing())
        .execute(),
    ),
};
