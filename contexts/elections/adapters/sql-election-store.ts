import type { Kysely } from 'kysely';
import { onceForKey } from '../../shared/adapters/idempotency.ts';
import { type Database, kyselyOver, type Queryable } from '../../shared/application/database.ts';
import type { ModuleApiPorts } from '../../shared/application/route.ts';
import type { ElectionChanges, ElectionPage, ElectionStore } from '../application/ports.ts';
import type { Contest } from '../domain/election.ts';
import { type ElectionRow, type ElectionTables, toCandidateRow, toContest, toElection, toElectionRow } from './election-rows.ts';

/** Elections in the tenant's own database, in the schema of the module. */
export const makeSqlElectionStore = ({ database, clock }: Pick<ModuleApiPorts, 'database' | 'clock'>): ElectionStore => ({
  contest: async (tenant, id) => {
    const db = tables(database(tenant));
    return contestOf(db, await db.selectFrom('elections').selectAll().where('id', '=', id).executeTakeFirst());
  },
  elections: async (tenant, page, at) => (await listed(database(tenant), page, at)).map(toElection),
  change: (tenant, key, work) =>
    database(tenant).transaction((transaction) =>
      onceForKey({ transaction, scope: schema, key, at: clock.now(), work: () => work(changes(transaction)) }),
    ),
});

const schema = 'elections';

const tables = (queryable: Queryable): Kysely<ElectionTables> => kyselyOver<ElectionTables>(queryable).withSchema(schema);

const contestOf = async (db: Kysely<ElectionTables>, row: ElectionRow | undefined): Promise<Contest | undefined> => {
  if (row === undefined) return undefined;
  return toContest(
    row,
    await db.selectFrom('election_candidates').selectAll().where('election_id', '=', row.id).orderBy('number').execute(),
  );
};

const listed = (database: Database, { limit, after, status, voter }: ElectionPage, at: Date): Promise<readonly ElectionRow[]> => {
  const db = tables(database);
  let query = db.selectFrom('elections').selectAll().orderBy('id', 'desc').limit(limit);
  if (after !== undefined) query = query.where('id', '<', after);
  if (status === 'closed') query = query.where((is) => is.or([is('closed_at', 'is not', null), is('closes_at', '<=', at)]));
  if (status === 'open') query = query.where('closed_at', 'is', null).where('opens_at', '<=', at).where('closes_at', '>', at);
  if (status === 'planned') query = query.where('closed_at', 'is', null).where('opens_at', '>', at);
  if (voter !== undefined)
    query = query.where('id', 'in', db.selectFrom('election_ballots').select('election_id').where('voter', '=', voter));
  return query.execute();
};

const changes = (transaction: Queryable): ElectionChanges => {
  const db = tables(transaction);
  return {
    contest: async (id, hold) => {
      const query = db.selectFrom('elections').selectAll().where('id', '=', id);
      return contestOf(db, await (hold === 'to-vote' ? query.forShare() : query.forUpdate()).executeTakeFirst());
    },
    keepsQuorum: async () => (await transaction.query({ sql: quorumSql, parameters: [] })).rows.length > 0,
    add: async (contest) => {
      await db.insertInto('elections').values(toElectionRow(contest)).execute();
      const candidates = contest.candidates.map((candidate) => toCandidateRow(contest.id, candidate));
      await db.insertInto('election_candidates').values(candidates).execute();
    },
    replace: async (election) => {
      const { id, ...row } = toElectionRow(election);
      await db.updateTable('elections').set(row).where('id', '=', id).execute();
    },
    cast: async ({ electionId, voter, candidate }) => {
      const ballot = db.insertInto('election_ballots').values({ election_id: electionId, voter });
      const cast = await ballot
        .onConflict((conflict) => conflict.doNothing())
        .returning('voter')
        .execute();
      if (cast.length === 0) return false;
      await db
        .updateTable('election_candidates')
        .set((is) => ({ ballots: is('ballots', '+', 1) }))
        .where('election_id', '=', electionId)
        .where('number', '=', candidate)
        .execute();
      return true;
    },
  };
};

/** The tenant's version is what stands in its database. */
const quorumSql = `SELECT 1 AS found FROM pg_catalog.pg_attribute
  WHERE attrelid = to_regclass('${schema}.elections') AND attname = 'quorum' AND NOT attisdropped`;
