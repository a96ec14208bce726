import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { DeleteSecretCommand, paginateListSecrets, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { Client } from 'pg';
import { type Cloud, startCloud } from '../../local/cloud.ts';
import type { Faults, Invocation, ServiceRequest } from '../../local/gateway.ts';
import type { Outcome } from '../../local/worker-pool.ts';
import { makeStateFolder } from '../support/running-cloud.ts';
import { makeTenantDatabases, type TenantDatabases } from '../support/tenant-databases.ts';
import { makePostgresReader, type PostgresReader } from './postgres-reader.ts';
import { makeRegistryReader, type RegistryReader } from './registry-reader.ts';

/** An outside call of the product as it is made: a request to a service, or the invocation of a function. `by`: the function's logical name. */
export type OutsideCall =
  | { readonly kind: 'request'; readonly by: string; readonly request: ServiceRequest }
  | { readonly kind: 'invocation'; readonly by: string; readonly invocation: Invocation };

/** What happens around a call. `go` lets it take effect; it may be called never, later, or twice. */
export interface Around {
  request?: (request: ServiceRequest, moment: 'before' | 'after') => ReturnType<NonNullable<Faults['before']>>;
  invocation?: (invocation: Invocation, go: () => Promise<Outcome>) => Promise<Outcome>;
}

/** The embedded cloud with everything that a sweep needs to see and to move; product code knows of none of it. */
export interface Stage {
  readonly cloud: Cloud;
  readonly registry: RegistryReader;
  readonly databases: TenantDatabases;
  readonly postgres: PostgresReader;
  /** Functions at work just now, the youngest last. */
  readonly atWork: () => readonly string[];
  /** Names of the executions that run. */
  readonly runningExecutions: () => Promise<readonly string[]>;
  /** What an operator does in the console: stops every execution that runs. */
  readonly stopExecutions: () => Promise<void>;
  readonly secretNames: () => Promise<readonly string[]>;
  readonly removeSecret: (name: string) => Promise<void>;
  /** Set by the fault of a case; empty while there is none. */
  readonly around: Around;
  /** Accepted by the bus since `clearHeard`, in order. */
  readonly heard: () => readonly HeardEvent[];
  readonly clearHeard: () => void;
  /** Runs `work` with every outside call reported, in order. */
  readonly listen: <T>(onCall: (call: OutsideCall) => void, work: () => Promise<T>) => Promise<T>;
  /** Resolves once nothing has been asked or invoked for a moment; calls that a fault holds do not count. */
  readonly quiet: () => Promise<void>;
  /** For `calls` that are held back on purpose: a request, or one and the invocation that makes it. */
  readonly notCounting: <T>(calls: number, work: () => Promise<T>) => Promise<T>;
  /** Lets idle transactions end as PostgreSQL would after their own time limit, which no clock of ours can move. */
  readonly endIdleTransactions: (on: boolean) => void;
  readonly stop: () => Promise<void>;
}

export interface HeardEvent {
  readonly id: string;
  readonly name: string;
  readonly aggregate: string;
}

const quietMilliseconds = 60;
const quietPatienceMilliseconds = 60_000;

export const startStage = async (log: (message: string) => void, parameters: Readonly<Record<string, string>> = {}): Promise<Stage> => {
  const state = makeStateFolder();
  const around: Around = {};
  const activity = watchActivity();
  let onCall: (call: OutsideCall) => void = () => {};
  let heard: HeardEvent[] = [];
  const atWork: string[] = [];
  const faults: Faults = {
    before: (request) => {
      if (isOurs(request)) return 'pass';
      activity.began();
      onCall({ kind: 'request', by: callerOf(request, atWork), request });
      return around.request?.(request, 'before') ?? 'pass';
    },
    after: (request, { output }) => {
      if (isOurs(request)) return 'pass';
      if (request.service === 'events') heard = [...heard, ...acceptedBy(request, output)];
      return around.request?.(request, 'after') ?? 'pass';
    },
    ended: (request) => {
      if (!isOurs(request)) activity.ended();
    },
    invocation: async (invocation, go) => {
      activity.began();
      atWork.push(invocation.principal);
      onCall({ kind: 'invocation', by: invocation.principal, invocation });
      try {
        return await (around.invocation?.(invocation, go) ?? go());
      } finally {
        atWork.splice(atWork.lastIndexOf(invocation.principal), 1);
        activity.ended();
      }
    },
  };
  const cloud = await startCloud({
    localDir: state.localDir,
    roots: ['contexts', 'test/support/contexts'],
    parameters: { SliceBudgetMs: '0', ...parameters },
    retryMilliseconds: 0,
    pollMilliseconds: 25,
    faults,
    log,
  });
  const client = { region: cloud.region, credentials: cloud.administrator };
  const dynamodb = new DynamoDBClient({ ...client, endpoint: cloud.dynamodb });
  const { TableNames = [] } = await dynamodb.send(new ListTablesCommand({}));
  const registry = makeRegistryReader(DynamoDBDocumentClient.from(dynamodb), TableNames[0] ?? '');
  const secrets = new SecretsManagerClient({ ...client, endpoint: `${cloud.gateway}/secretsmanager` });
  const idle = await watchIdleTransactions(cloud.superuser);
  const postgres = makePostgresReader(cloud.superuser);
  const executions = makeExecutions(cloud);
  return {
    cloud,
    registry,
    secretNames: async () => {
      const names: string[] = [];
      for await (const { SecretList = [] } of paginateListSecrets({ client: secrets }, {}))
        names.push(...SecretList.map(({ Name = '' }) => Name));
      return names;
    },
    removeSecret: async (name) => {
      await secrets.send(new DeleteSecretCommand({ SecretId: name, ForceDeleteWithoutRecovery: true }));
    },
    around,
    postgres,
    atWork: () => atWork,
    runningExecutions: async () => (await executions.running()).map(({ name }) => name),
    stopExecutions: executions.stopAll,
    databases: makeTenantDatabases({ postgres: cloud.postgres, secrets, tenantId: registry.tenantId }),
    heard: () => heard,
    clearHeard: () => {
      heard = [];
    },
    listen: async (listener, work) => {
      onCall = listener;
      try {
        return await work();
      } finally {
        onCall = () => {};
      }
    },
    quiet: activity.quiet,
    notCounting: activity.notCounting,
    endIdleTransactions: idle.set,
    stop: async () => {
      await idle.stop();
      await postgres.stop();
      await cloud.stop();
      state.remove();
    },
  };
};

const makeExecutions = ({ call }: Cloud) => {
  const caller = { principal: 'administrator', roleArn: 'administrator', tags: {}, allows: () => true, decide: () => 'Allow' as const };
  const ask = async <T>(operation: string, input: unknown): Promise<T> =>
    (await call({ service: 'states', operation, input, caller })).output as T;
  const running = async () => {
    const { stateMachines } = await ask<{ readonly stateMachines: readonly { stateMachineArn: string }[] }>('ListStateMachines', {});
    const lists = stateMachines.map(({ stateMachineArn }) =>
      ask<{ readonly executions: readonly { name: string; executionArn: string }[] }>('ListExecutions', {
        stateMachineArn,
        statusFilter: 'RUNNING',
      }),
    );
    return (await Promise.all(lists)).flatMap(({ executions }) => executions);
  };
  return {
    running,
    stopAll: async (): Promise<void> => {
      for (const { executionArn } of await running()) await ask('StopExecution', { executionArn, cause: 'an operator stopped it' });
    },
  };
};

/** The sweep's own look at the stores, and the pollers'. */
const isOurs = ({ caller }: ServiceRequest): boolean => caller.principal === 'administrator';

/** A session assumed for a tenant is used by the function that works just now. */
const callerOf = ({ caller: { principal } }: ServiceRequest, atWork: readonly string[]): string =>
  principal.includes('/') ? (atWork.findLast((name) => /^Migrator|Steps$|^Api[A-Z]\w*_/.test(name)) ?? principal) : principal;

const acceptedBy = ({ input }: ServiceRequest, output: unknown): readonly HeardEvent[] => {
  const { Entries: sent = [] } = input as { readonly Entries?: readonly { readonly Detail: string }[] };
  const { Entries: answers = [] } = output as { readonly Entries?: readonly { readonly EventId?: string }[] };
  return sent.filter((_, index) => answers[index]?.EventId !== undefined).map(({ Detail }) => JSON.parse(Detail) as HeardEvent);
};

const watchActivity = () => {
  let open = 0;
  let lastAt = performance.now();
  const began = (): void => {
    open += 1;
    lastAt = performance.now();
  };
  const ended = (): void => {
    open -= 1;
    lastAt = performance.now();
  };
  return {
    began,
    ended,
    notCounting: async <T>(calls: number, work: () => Promise<T>): Promise<T> => {
      open -= calls;
      try {
        return await work();
      } finally {
        open += calls;
        lastAt = performance.now();
      }
    },
    quiet: async (): Promise<void> => {
      const until = performance.now() + quietPatienceMilliseconds;
      while (open > 0 || performance.now() - lastAt < quietMilliseconds) {
        if (performance.now() > until) throw new Error(`the cloud did not come to rest: ${open} calls are open`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
  };
};

const idleMilliseconds = 300;
const lookEveryMilliseconds = 100;

/** The product asks PostgreSQL to end a transaction that idles for 10 s. A sweep has no 10 s: from a fault on, 300 ms stand for them. */
const watchIdleTransactions = async (superuser: string) => {
  const client = new Client({ connectionString: superuser });
  await client.connect();
  let on = false;
  let looking: Promise<unknown> = Promise.resolve();
  const look = (): void => {
    if (!on) return;
    looking = looking.then(() =>
      client.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name = 'rds-data' AND state LIKE 'idle in transaction%' AND clock_timestamp() - state_change > $1::interval`,
        [`${idleMilliseconds} milliseconds`],
      ),
    );
  };
  const timer = setInterval(look, lookEveryMilliseconds);
  return {
    set: (value: boolean) => {
      on = value;
    },
    stop: async () => {
      clearInterval(timer);
      await looking;
      await client.end();
    },
  };
};
