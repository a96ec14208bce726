import * as z from 'zod';
import { defineAnnouncement } from '../../../../contexts/shared/application/announcement.ts';
import { defineMigrator } from '../../../../contexts/shared/application/define-migrator.ts';
import type { Hook, PostHook } from '../../../../contexts/shared/application/migration.ts';
import { landlordMigrations } from './migrations/landlord.ts';
import { tenantMigrations } from './migrations/tenant.ts';
import { manifest } from './module.ts';

/** Looks at the tenant's rows and changes nothing. */
const look: Hook = { run: ({ change }) => change((db) => db.selectFrom('repairs').select('id').execute()) };

const workshopRefitted = defineAnnouncement({
  name: 'WorkshopRefitted',
  says: 'a tenant’s workshop came to another version',
  facts: z.strictObject({ set: z.array(z.string()).meta({ description: 'What the tenant has configured, by name.' }) }),
});

/** Reads what is configured, and has an effect outside. */
const tell: PostHook = {
  run: async ({ configuration, announce }) => announce(workshopRefitted, { set: Object.keys(await configuration()) }),
};

export const declaration = defineMigrator({
  manifest,
  landlord: landlordMigrations,
  tenant: tenantMigrations,
  seed: (db, version) =>
    db
      .insertInto('repairs')
      .values([1, 2, 3].map((id) => ({ id, what: `repair ${id}`, ...(version === '1.0.0' ? { old_code: `R-${id}` } : { hours: 1 }) })))
      .execute(),
  hooks: { preUpgrade: look, postUpgrade: tell, preUninstall: look, postUninstall: { run: async () => {} } },
  announces: [workshopRefitted],
});
