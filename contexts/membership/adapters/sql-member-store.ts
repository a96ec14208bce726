import { type Kysely, sql } from 'kysely';
import { onceForKey } from '../../shared/adapters/idempotency.ts';
import { kyselyOver, type Queryable } from '../../shared/application/database.ts';
import type { ModuleApiPorts } from '../../shared/application/route.ts';
import type { MemberChanges, MemberPage, MemberStore } from '../application/ports.ts';
import type { Level, Member } from '../domain/member.ts';

/** The module's tables as this version of the code writes and reads them. */
interface MemberTables {
  readonly members: MemberRow;
  readonly membership_levels: LevelRow;
}

interface MemberRow {
  readonly id: string;
  readonly number: string;
  readonly name: string;
  readonly email: string | null;
  readonly level_id: string;
  readonly joined_at: Date;
  readonly left_at: Date | null;
  /** From 1.1.0 on: a row that has it not is of an older version. */
  readonly renewed_at?: Date | null | undefined;
  readonly version: number;
}

interface LevelRow {
  readonly id: string;
  readonly name: string;
  readonly is_default: boolean;
}

const schema = 'membership';

/** Members in the tenant's own database, in the schema of the module. */
export const makeSqlMemberStore = ({ database, clock }: Pick<ModuleApiPorts, 'database' | 'clock'>): MemberStore => ({
  member: async (tenant, id) => {
    const row = await tables(database(tenant)).selectFrom('members').selectAll().where('id', '=', id).executeTakeFirst();
    return row === undefined ? undefined : toMember(row);
  },
  members: async (tenant, page) => (await listed(database(tenant), page)).map(toMember),
  levels: async (tenant) => {
    const rows = await tables(database(tenant)).selectFrom('membership_levels').selectAll().orderBy('name').limit(100).execute();
    return rows.map(toLevel);
  },
  change: (tenant, key, work) =>
    database(tenant).transaction((transaction) =>
      onceForKey({ transaction, scope: schema, key, at: clock.now(), work: () => work(changes(transaction)) }),
    ),
});

const tables = (queryable: Queryable): Kysely<MemberTables> => kyselyOver<MemberTables>(queryable).withSchema(schema);

const listed = (database: Queryable, { limit, after, status, name }: MemberPage): Promise<readonly MemberRow[]> => {
  let query = tables(database).selectFrom('members').selectAll().orderBy('id', 'desc').limit(limit);
  if (after !== undefined) query = query.where('id', '<', after);
  if (status !== undefined) query = query.where('left_at', status === 'current' ? 'is' : 'is not', null);
  if (name !== undefined) query = query.where(sql`lower(name)`, 'like', sql<string>`lower(${beginning(name)})`);
  return query.execute();
};

const beginning = (text: string): string => `${text.replace(/[\\%_]/g, '\\$&')}%`;

const changes = (transaction: Queryable): MemberChanges => {
  const db = tables(transaction);
  return {
    member: async (id) => {
      const row = await db.selectFrom('members').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
      return row === undefined ? undefined : toMember(row);
    },
    level: async (id) => {
      const query = db.selectFrom('membership_levels').selectAll();
      const row = await (id === undefined ? query.where('is_default', '=', true) : query.where('id', '=', id)).executeTakeFirst();
      return row === undefined ? undefined : toLevel(row);
    },
    add: async (member) => {
      const insert = db.insertInto('members').values(toRow(member));
      const { numInsertedOrUpdatedRows } = await insert.onConflict((taken) => taken.column('number').doNothing()).executeTakeFirstOrThrow();
      return numInsertedOrUpdatedRows === 1n;
    },
    replace: async (member) => {
      const { id, ...row } = toRow(member);
      await db.updateTable('members').set(row).where('id', '=', id).execute();
    },
  };
};

const toRow = (member: Member): MemberRow => ({
  id: member.id,
  number: member.number,
  name: member.name,
  email: member.email ?? null,
  level_id: member.levelId,
  joined_at: member.joinedAt,
  left_at: member.leftAt ?? null,
  version: member.version,
  ...(member.renewedAt === undefined ? {} : { renewed_at: member.renewedAt }),
});

const toMember = ({ id, number, name, email, level_id, joined_at, left_at, renewed_at, version }: MemberRow): Member => ({
  id,
  number,
  name,
  levelId: level_id,
  joinedAt: joined_at,
  version,
  ...(email === null ? {} : { email }),
  ...(left_at === null ? {} : { leftAt: left_at }),
  ...(renewed_at === undefined ? {} : { renewedAt: renewed_at }),
});

const toLevel = ({ id, name, is_default }: LevelRow): Level => ({ id, name, isDefault: is_default });
