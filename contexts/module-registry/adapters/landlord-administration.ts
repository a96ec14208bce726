import { setTimeout as sleep } from 'node:timers/promises';
import { existsAlready, lostRace, sqlStateOf } from '../../shared/adapters/sql-state.ts';
import type { Database } from '../../shared/application/database.ts';
import { Contended, Unavailable } from '../../shared/domain/errors.ts';
import { ModuleName } from '../../shared/domain/names.ts';

/**
 * What the registrar does in the cluster for landlord schemas. Each is safe to repeat, also while another registrar does the same,
 * and repeats itself when an answer is lost: a deploy that fails is rolled back, and nobody else tries again.
 */
export interface LandlordAdministration {
  /** Makes the database `landlord`, and takes CONNECT from PUBLIC wherever this platform relies on it. */
  readonly bootstrap: () => Promise<void>;
  /** Makes the role of the health check, which may connect to the database `landlord` and nothing else. */
  readonly ensureHealthRole: (verifier: string) => Promise<void>;
  /** Makes the module's role. */
  readonly ensureModuleRole: (module: string, verifier: string) => Promise<void>;
  /** Makes the module's schema in the database `landlord`, as the module's role, which so owns it. */
  readonly ensureModuleSchema: (module: string, secretArn: string) => Promise<void>;
}

const landlordRole = (module: string): string => `landlord_${ModuleName.parse(module)}`;

/** The name that the service stack puts into the role's secret. */
const healthRole = 'registry_health';

/** Run by the cluster's administrator over the Data API. */
export const makeLandlordAdministration = (
  open: (database: string, secretArn?: string) => Database,
  pause: (milliseconds: number) => Promise<unknown> = sleep,
): LandlordAdministration => {
  const admin = open('postgres');
  const run = async (sql: string): Promise<void> => {
    await admin.query({ sql, parameters: [] });
  };
  const ensureRole = async (role: string, verifier: string): Promise<void> => {
    const verb = (await exists('SELECT 1 FROM pg_roles WHERE rolname = $1', role)) ? 'ALTER' : 'CREATE';
    await run(`${verb} ROLE ${role} LOGIN NOCREATEDB NOCREATEROLE NOINHERIT PASSWORD '${verifier}'`);
  };
  const exists = async (sql: string, name: string): Promise<boolean> => (await admin.query({ sql, parameters: [name] })).rows.length > 0;
  /** From its beginning, when it lost a race or its answer; waits 16 s in all, which is more than a paused cluster needs. */
  const repeated = async (work: () => Promise<void>): Promise<void> => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await work();
      } catch (error) {
        const passing = lostRace(error) || error instanceof Contended || error instanceof Unavailable;
        if (!passing || tries === triesMax) throw lostRace(error) ? stillRacing(error) : error;
        await pause(Math.random() * 250 * 2 ** tries);
      }
    }
  };
  return {
    bootstrap: () =>
      repeated(async () => {
        if (!(await exists('SELECT 1 FROM pg_database WHERE datname = $1', 'landlord')))
          await unlessExisting(run('CREATE DATABASE landlord TEMPLATE template0'));
        for (const database of ['landlord', 'postgres', 'template1'])
          await run(`REVOKE CONNECT, TEMPORARY ON DATABASE ${database} FROM PUBLIC`);
      }),
    ensureHealthRole: (verifier) =>
      repeated(async () => {
        await ensureRole(healthRole, verifier);
        await run(`GRANT CONNECT ON DATABASE landlord TO ${healthRole}`);
      }),
    ensureModuleRole: (module, verifier) =>
      repeated(async () => {
        const role = landlordRole(module);
        await ensureRole(role, verifier);
        await run(`GRANT CONNECT, TEMPORARY, CREATE ON DATABASE landlord TO ${role}`);
      }),
    ensureModuleSchema: (module, secretArn) =>
      repeated(async () => {
        const sql = `CREATE SCHEMA IF NOT EXISTS ${ModuleName.parse(module)}`;
        await unlessExisting(open('landlord', secretArn).query({ sql, parameters: [] }));
      }),
  };
};

const unlessExisting = async (creation: Promise<unknown>): Promise<void> => {
  try {
    await creation;
  } catch (error) {
    if (!existsAlready(error)) throw error;
  }
};

const triesMax = 6;

const stillRacing = (error: unknown): Contended =>
  new Contended(`another deploy changes the same roles and databases (SQLSTATE ${sqlStateOf(error)})`, { cause: error });
