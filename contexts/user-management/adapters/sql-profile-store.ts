import type { Kysely } from 'kysely';
import { onceForKey } from '../../shared/adapters/idempotency.ts';
import { kyselyOver, type Queryable } from '../../shared/application/database.ts';
import type { ModuleApiPorts } from '../../shared/application/route.ts';
import type { ProfileChanges, ProfileStore } from '../application/ports.ts';
import type { Profile } from '../domain/profile.ts';

/** Profiles in the tenant's own database, in the schema of the module. */
export const makeSqlProfileStore = ({ database, clock }: Pick<ModuleApiPorts, 'database' | 'clock'>): ProfileStore => ({
  profile: async (tenant, id) => {
    const row = await tables(database(tenant)).selectFrom('user_profiles').selectAll().where('id', '=', id).executeTakeFirst();
    return row === undefined ? undefined : toProfile(row);
  },
  profiles: async (tenant, { limit, after, active, subject }) => {
    let query = tables(database(tenant)).selectFrom('user_profiles').selectAll().orderBy('id', 'desc').limit(limit);
    if (after !== undefined) query = query.where('id', '<', after);
    if (active !== undefined) query = query.where('deactivated_at', active ? 'is' : 'is not', null);
    if (subject !== undefined) query = query.where('subject', '=', subject);
    return (await query.execute()).map(toProfile);
  },
  change: (tenant, key, work) =>
    database(tenant).transaction((transaction) =>
      onceForKey({ transaction, scope: schema, key, at: clock.now(), work: () => work(changes(transaction)) }),
    ),
});

interface ProfileTables {
  readonly user_profiles: ProfileRow;
}

interface ProfileRow {
  readonly id: string;
  readonly subject: string;
  readonly display_name: string;
  readonly email: string | null;
  readonly locale: string | null;
  readonly time_zone: string | null;
  readonly created_at: Date;
  readonly deactivated_at: Date | null;
  readonly version: number;
}

const schema = 'user_management';

const tables = (queryable: Queryable): Kysely<ProfileTables> => kyselyOver<ProfileTables>(queryable).withSchema(schema);

const changes = (transaction: Queryable): ProfileChanges => {
  const db = tables(transaction);
  return {
    profile: async (id) => {
      const row = await db.selectFrom('user_profiles').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
      return row === undefined ? undefined : toProfile(row);
    },
    add: async (profile) => {
      const added = await db
        .insertInto('user_profiles')
        .values(toRow(profile))
        .onConflict((conflict) => conflict.column('subject').doNothing())
        .returning('id')
        .execute();
      return added.length > 0;
    },
    replace: async (profile) => {
      const { id, ...row } = toRow(profile);
      await db.updateTable('user_profiles').set(row).where('id', '=', id).execute();
    },
  };
};

const toRow = (profile: Profile): ProfileRow => ({
  id: profile.id,
  subject: profile.subject,
  display_name: profile.displayName,
  email: profile.email ?? null,
  locale: profile.locale ?? null,
  time_zone: profile.timeZone ?? null,
  created_at: profile.createdAt,
  deactivated_at: profile.deactivatedAt ?? null,
  version: profile.version,
});

const toProfile = (row: ProfileRow): Profile => ({
  id: row.id,
  subject: row.subject,
  displayName: row.display_name,
  createdAt: row.created_at,
  version: row.version,
  ...(row.email === null ? {} : { email: row.email }),
  ...(row.locale === null ? {} : { locale: row.locale }),
  ...(row.time_zone === null ? {} : { timeZone: row.time_zone }),
  ...(row.deactivated_at === null ? {} : { deactivatedAt: row.deactivated_at }),
});
