import * as z from 'zod';
import { defineAnnouncement } from '../../shared/application/announcement.ts';
import type { PostHook } from '../../shared/application/migration.ts';
import { Ulid } from '../../shared/domain/names.ts';
import { Configuration } from '../domain/configuration.ts';

export const calendarOpened = defineAnnouncement({
  name: 'CalendarOpened',
  says: 'a tenant’s first calendar was opened, and from now on has events',
  facts: z.strictObject({
    calendarId: Ulid.meta({ description: 'The calendar.' }),
    timeZone: z.string().meta({ description: 'Where the tenant is, as IANA names it.' }),
  }),
});

const id = '00000000000000000000000001';

/**
 * A tenant begins with a calendar that is named after it, which a seed could not know, and whoever sends invitations or keeps
 * calendars elsewhere is told of it. Repeated, it finds the calendar there: by its id, and `created_by` names the job.
 */
export const openFirstCalendar: PostHook = {
  run: async ({ tenant, idempotencyKey, change, configuration, announce }) => {
    await change((db) =>
      db
        .insertInto('calendars')
        .values({ id, name: tenant.slug, created_by: idempotencyKey })
        .onConflict((conflict) => conflict.doNothing())
        .execute(),
    );
    const { timeZone } = Configuration.parse(await configuration());
    await announce(calendarOpened, { calendarId: id, timeZone });
  },
};
