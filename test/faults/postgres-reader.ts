import { Client } from 'pg';

/** The cluster as its own superuser sees it. */
export interface PostgresReader {
  readonly query: (database: string, sql: string, parameters?: readonly unknown[]) => Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Runs a statement in a transaction of its own and answers what ends it: for locks. */
  readonly hold: (database: string, sql: string) => Promise<() => Promise<void>>;
  readonly stop: () => Promise<void>;
}

/** One connection a database, kept: a sweep asks the same few again and again. */
export const makePostgresReader = (superuser: string): PostgresReader => {
  const clients = new Map<string, Promise<Client>>();
  const connect = async (database: string): Promise<Client> => {
    const url = new URL(superuser);
    url.pathname = `/${database}`;
    const client = new Client({ connectionString: url.href, application_name: 'sweep' });
    // the database may be dropped under it
    client.on('error', () => clients.delete(database));
    await client.connect();
    return client;
  };
  return {
    query: async (database, sql, parameters = []) => {
      const client = clients.get(database) ?? connect(database);
      if (database === 'postgres' || database === 'landlord') clients.set(database, client);
      const connected = await client;
      try {
        return (await connected.query(sql, [...parameters])).rows as readonly Readonly<Record<string, unknown>>[];
      } finally {
        if (!clients.has(database)) await connected.end();
      }
    },
    hold: async (database, sql) => {
      const client = await connect(database);
      await client.query('BEGIN');
      await client.query(sql);
      return () => client.end();
    },
    stop: async () => {
      for (const client of clients.values()) await (await client).end();
      clients.clear();
    },
  };
};
