import { Client } from 'pg';

/** Connections to many databases as many roles, few of them open at once. The scarce thing is the server's total. */

export interface ConnectionTarget {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
}

export interface Lease {
  readonly client: Client;
  readonly processId: number;
  /** Given back `clean`, the session is as it was; `dirty`, it is made so before the next one gets it; `broken`, it is closed. */
  readonly release: (state: 'clean' | 'dirty' | 'broken') => void;
}

export interface ConnectionPool {
  /** Rejects with what PostgreSQL says, or with `PoolExhausted` after a wait. */
  readonly lease: (target: ConnectionTarget) => Promise<Lease>;
  readonly close: () => Promise<void>;
}

export interface ConnectionPoolOptions {
  readonly connectionsMax?: number;
  readonly idleMilliseconds?: number;
  readonly waitMilliseconds?: number;
}

export class PoolExhausted extends Error {
  override readonly name = 'PoolExhausted';
}

interface Connection {
  readonly key: string;
  readonly client: Client;
  idleSince: number;
  broken: boolean;
}

const keyOf = ({ host, port, database, user, password }: ConnectionTarget): string =>
  JSON.stringify([host, port, database, user, password]);

const connectMilliseconds = 10_000;

const open = async (target: ConnectionTarget): Promise<Connection> => {
  const client = new Client({ ...target, connectionTimeoutMillis: connectMilliseconds, application_name: 'rds-data' });
  const connection: Connection = { key: keyOf(target), client, idleSince: 0, broken: false };
  // Without a listener a stopping server would end our process.
  client.on('error', () => {
    connection.broken = true;
  });
  client.on('end', () => {
    connection.broken = true;
  });
  await client.connect();
  return connection;
};

const shut = (connection: Connection): Promise<void> => connection.client.end().catch(() => {});

export const makeConnectionPool = (options: ConnectionPoolOptions = {}): ConnectionPool => {
  const { connectionsMax = 80, idleMilliseconds = 10_000, waitMilliseconds = 10_000 } = options;
  const idle: Connection[] = [];
  const waiting: (() => void)[] = [];
  let openCount = 0;

  const discard = (connection: Connection): Promise<void> => {
    openCount -= 1;
    waiting.shift()?.();
    return shut(connection);
  };

  const dropIdle = async (unwanted: (connection: Connection) => boolean): Promise<void> => {
    const dropped = idle.filter(unwanted);
    for (const connection of dropped) idle.splice(idle.indexOf(connection), 1);
    await Promise.all(dropped.map(discard));
  };

  const sweep = setInterval(() => {
    const oldest = Date.now() - idleMilliseconds;
    void dropIdle(({ broken, idleSince }) => broken || idleSince < oldest);
  }, 1_000);
  sweep.unref();

  const waitForTurn = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const turn = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(turn), 1);
        reject(new PoolExhausted(`all ${connectionsMax} connections are in use`));
      }, waitMilliseconds);
      waiting.push(turn);
    });

  const connect = async (target: ConnectionTarget): Promise<Connection> => {
    openCount += 1;
    try {
      return await open(target);
    } catch (error) {
      openCount -= 1;
      waiting.shift()?.();
      throw error;
    }
  };

  const take = async (target: ConnectionTarget): Promise<Connection> => {
    const key = keyOf(target);
    const until = Date.now() + waitMilliseconds;
    while (Date.now() <= until) {
      const at = idle.findLastIndex((connection) => connection.key === key && !connection.broken);
      const [found] = at < 0 ? [] : idle.splice(at, 1);
      if (found) return found;
      if (openCount >= connectionsMax && idle[0]) {
        const oldest = idle[0];
        void dropIdle((connection) => connection === oldest);
      }
      if (openCount < connectionsMax) return connect(target);
      await waitForTurn();
    }
    throw new PoolExhausted(`all ${connectionsMax} connections are in use`);
  };

  const putBack = (connection: Connection): void => {
    if (connection.broken) return void discard(connection);
    connection.idleSince = Date.now();
    idle.push(connection);
    waiting.shift()?.();
  };

  const giveBack = (connection: Connection, state: Parameters<Lease['release']>[0]): void => {
    if (state === 'clean') putBack(connection);
    else if (state === 'broken') void discard(connection);
    else
      connection.client.query('DISCARD ALL').then(
        () => putBack(connection),
        () => discard(connection),
      );
  };

  return {
    lease: async (target) => {
      const connection = await take(target);
      let released = false;
      const release: Lease['release'] = (state) => {
        if (!released) giveBack(connection, state);
        released = true;
      };
      const { processID: processId } = connection.client as unknown as { readonly processID: number };
      return { client: connection.client, processId, release };
    },
    close: async () => {
      clearInterval(sweep);
      await dropIdle(() => true);
    },
  };
};
