import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Database, Result } from '../../contexts/shared/application/database.ts';
import { kyselyOver } from '../../contexts/shared/application/database.ts';

/** What every Database keeps, over the Data API or plain pg. `open` gives one whose role may create schemas. */
export const keepsTheDatabaseContract = (name: string, open: () => Promise<Database>): void => {
  describe(`A database over ${name}`, () => {
    let database: Database;
    const run = (sql: string, ...parameters: readonly unknown[]): Promise<Result> => database.query({ sql, parameters });
    const names = async (): Promise<readonly unknown[]> => (await run('SELECT name FROM t.notes ORDER BY name')).rows.map((r) => r['name']);
    beforeAll(async () => {
      database = await open();
      await run('CREATE SCHEMA t');
      await run('CREATE TABLE t.notes (name text PRIMARY KEY, at timestamptz, data jsonb, n integer, big bigint, flag boolean)');
    });

    test('gives values back as they were put in', async () => {
      const at = new Date('2026-01-31T10:00:00.123Z');
      const values = ['a $1 :p1 ’', at, { list: [1, 'two', null] }, 7, 12, true] as const;
      const inserted = await run('INSERT INTO t.notes VALUES ($1, $2, $3, $4, $5, $6)', ...values);
      expect(inserted).toEqual({ rows: [], affected: 1 });
      const { rows } = await run('SELECT name, at, data, n, flag FROM t.notes WHERE name = $1', values[0]);
      expect(rows).toEqual([{ name: values[0], at, data: values[2], n: 7, flag: true }]);
      await run('DELETE FROM t.notes');
    });

    test('commits what a transaction did when its work resolves', async () => {
      const answer = await database.transaction(async (transaction) => {
        await transaction.query({ sql: 'INSERT INTO t.notes (name) VALUES ($1)', parameters: ['kept'] });
        return 'done';
      });
      expect([answer, await names()]).toEqual(['done', ['kept']]);
    });

    test('undoes what a transaction did when its work rejects', async () => {
      const failing = database.transaction(async (transaction) => {
        await transaction.query({ sql: 'INSERT INTO t.notes (name) VALUES ($1)', parameters: ['lost'] });
        throw new Error('no');
      });
      await expect(failing).rejects.toThrow('no');
      expect(await names()).toEqual(['kept']);
    });

    test('says what PostgreSQL refused, by SQLSTATE and without the row', async () => {
      await expect(run('INSERT INTO t.notes (name) VALUES ($1)', 'kept')).rejects.toMatchObject({
        name: 'Defect',
        facts: { sqlState: '23505', constraint: 'notes_pkey' },
        message: expect.not.stringContaining('(kept)'),
      });
      await expect(run('SELECT * FROM t.nothing')).rejects.toMatchObject({ facts: { sqlState: '42P01' } });
    });

    test('is a SQL builder’s database', async () => {
      const db = kyselyOver<{ notes: { name: string; n: number | null } }>(database).withSchema('t');
      const { numUpdatedRows } = await db.updateTable('notes').set({ n: 5 }).where('name', '=', 'kept').executeTakeFirstOrThrow();
      expect(numUpdatedRows).toBe(1n);
      expect(await db.selectFrom('notes').select('n').execute()).toEqual([{ n: 5 }]);
      await expect(db.transaction().execute(async () => undefined)).rejects.toThrow('Database.transaction');
      await expect(db.selectFrom('notes').selectAll().stream().next()).rejects.toThrow('cannot stream');
    });
  });
};
