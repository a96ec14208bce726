import { Client } from 'pg';
import { declaration } from '../contexts/digital-card/migrator.ts';
import { dryRun } from '../contexts/shared/application/dry-run.ts';
import { repeat } from './measure.ts';

/** The same tables (of the first version) by plain pg in one transaction, without job, trail, fence or ledger: what no installer can be faster than. */
export const measureFloor = async (postgres: string, times: number): Promise<readonly number[]> => {
  const { name, versions } = declaration.manifest;
  const first = declaration.tenant.slice(0, versions[0]?.migrations.tenant);
  const migrations = await Promise.all(first.map((migration) => dryRun(name, migration)));
  const statements = migrations.flat().map(({ sql }) => sql);
  const client = new Client({ connectionString: postgres });
  await client.connect();
  try {
    await client.query('CREATE DATABASE bench_floor TEMPLATE template0');
    const url = new URL(postgres);
    url.pathname = '/bench_floor';
    const inside = new Client({ connectionString: url.href });
    await inside.connect();
    const samples = await repeat(times, async () => {
      await inside.query('BEGIN');
      await inside.query(`CREATE SCHEMA ${name}`);
      for (const statement of statements) await inside.query(statement);
      await inside.query('COMMIT');
      await inside.query(`DROP SCHEMA ${name} CASCADE`);
    });
    await inside.end();
    return samples;
  } finally {
    await client.query('DROP DATABASE IF EXISTS bench_floor WITH (FORCE)');
    await client.end();
  }
};
