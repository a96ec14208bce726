import { chmodSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { type LocalClock, makeClock } from './clock.ts';
import { type ControlPlane, makeControlPlane } from './control-plane.ts';
import { type Counters, makeCounters } from './counters.ts';
import { makeCustomResources } from './custom-resource.ts';
import { startDynamodb } from './dynamodb.ts';
import { makeDynamodbServices } from './dynamodb-service.ts';
import { type Credentials, type Faults, type Gateway, startGateway } from './gateway.ts';
import { startHttpApi } from './http-api.ts';
import { openIssuer } from './issuer.ts';
import type { Lambda } from './lambda.ts';
import { type Messages, makeMessages } from './messages.ts';
import { startPostgres } from './postgres.ts';
import { findPort, takeLock } from './processes.ts';
import { makeRdsData } from './rds-data.ts';
import { makeClusters, makeSecrets, makeTables, readBuckets, readRoles } from './resources.ts';
import { makeS3 } from './s3.ts';
import { openObjectStore } from './s3-store.ts';
import { openSecretStore } from './secret-store.ts';
import { makeSecretsManager } from './secrets-manager.ts';
import { makeSessions } from './sessions.ts';
import { makeSts } from './sts.ts';
import { synthesize } from './synthesize.ts';
import { loadTemplate } from './template.ts';

export interface CloudOptions {
  /** Where everything is kept; made when absent, 0711. */
  readonly localDir: string;
  /** Folders to look for contexts in. */
  readonly roots?: readonly string[];
  /** Values for the template's parameters, e.g. `{ SliceBudgetMs: '0' }`. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Of the API; a free one when absent. */
  readonly port?: number | undefined;
  readonly log: (message: string) => void;
  /** Injected at the endpoints; its hooks may be set while the cloud runs. */
  readonly faults?: Faults;
  /** How long workflows wait before a retry, instead of what they say: for who moves the clock. */
  readonly retryMilliseconds?: number;
  /** How often streams and schedules are looked at. */
  readonly pollMilliseconds?: number;
}

export interface Cloud {
  /** The API's origin, without /api/v1. */
  readonly api: string;
  readonly gateway: string;
  /** A connection string of the cluster's administrator, who is no superuser. */
  readonly postgres: string;
  /** Who runs the server itself; nothing that is deployed knows it. */
  readonly superuser: string;
  readonly dynamodb: string;
  readonly counters: Counters;
  readonly clock: LocalClock;
  readonly messages: Messages;
  /** By the construct's name, e.g. `TenantMigratorRole`: a session of that role with tags, as STS would issue it. */
  readonly sessionOf: (role: string, tags: Readonly<Record<string, string>>) => Credentials;
  readonly roleArn: (role: string) => string;
  readonly clusterArn: string;
  /** Credentials with every right, for the endpoints under `gateway`. */
  readonly administrator: Credentials;
  readonly region: string;
  /** A token of 24 hours. */
  readonly mint: (claims: Readonly<Record<string, string>> & { readonly sub: string }) => Promise<string>;
  /** A request to a service as any caller: counted, and open to faults. */
  readonly call: Gateway['call'];
  /** Ends the environments of a function that are at work; answers how many. */
  readonly crashFunction: Lambda['crash'];
  /** Functions, engine, bus and pollers are gone where they stand, and start again over what they had stored. */
  readonly crash: () => Promise<void>;
  /** Ends everything, in order; state is kept. */
  readonly stop: () => Promise<void>;
}

const region = 'us-east-1';
const audience = 'module-registry';

/** Starts the embedded cloud: the synthesized template, wired. Says what it does and how long each part took. */
export const startCloud = async ({
  localDir,
  roots = ['contexts'],
  parameters = {},
  port,
  log,
  faults = {},
  retryMilliseconds,
  pollMilliseconds = 100,
}: CloudOptions): Promise<Cloud> => {
  const folder = resolve(localDir);
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o711);
  const unlock = takeLock(join(folder, 'lock'), `the state folder ${folder}`);
  const stops: (() => Promise<void> | void)[] = [unlock];
  const stop = async (): Promise<void> => {
    for (const end of stops.splice(0).reverse()) await end();
  };
  const timed = async <T>(what: string, work: () => Promise<T> | T): Promise<T> => {
    const startedAt = performance.now();
    const result = await work();
    log(`${what}: ${Math.round(performance.now() - startedAt)} ms`);
    return result;
  };
  try {
    return await wire({ folder, roots, parameters, port, log, faults, retryMilliseconds, pollMilliseconds, timed, stops, stop });
  } catch (error) {
    await stop();
    throw error;
  }
};

interface Wiring extends Required<Pick<CloudOptions, 'roots' | 'parameters' | 'log' | 'faults'>> {
  readonly folder: string;
  readonly port: number | undefined;
  readonly retryMilliseconds: number | undefined;
  readonly pollMilliseconds: number;
  readonly timed: <T>(what: string, work: () => Promise<T> | T) => Promise<T>;
  /** Run last to first. */
  readonly stops: (() => Promise<void> | void)[];
  readonly stop: () => Promise<void>;
}

const wire = async ({
  folder,
  roots,
  parameters,
  port,
  log,
  faults,
  retryMilliseconds,
  pollMilliseconds,
  timed,
  stops,
  stop,
}: Wiring): Promise<Cloud> => {
  const clock = makeClock();
  const counters = makeCounters();
  const sessions = makeSessions(clock);
  const assembly = join(folder, 'assembly');
  const [postgres, dynamodb, apiPort] = await Promise.all([
    timed('PostgreSQL', () => startPostgres({ dataFolder: join(folder, 'postgres'), log })).then((started) => {
      stops.push(started.stop);
      return started;
    }),
    timed('DynamoDB', () => startDynamodb({ dataFolder: join(folder, 'dynamodb'), endpoint: process.env['DYNAMODB_ENDPOINT'], log })).then(
      (started) => {
        stops.push(started.stop);
        return started;
      },
    ),
    findPort(port, 'the API'),
    timed('template', () => synthesize(assembly, roots, log)),
  ]);
  const gateway = await startGateway({ services: makeDynamodbServices(dynamodb.endpoint), sessions, counters, faults, log });
  stops.push(gateway.close);
  const api = `http://127.0.0.1:${apiPort}`;
  const template = loadTemplate({
    folder: assembly,
    parameters: { JwtIssuer: api, JwtAudience: audience, ...parameters },
    endpoints: { gateway: gateway.url, api, postgres },
  });

  const administrator = sessions.issueAdministrator();
  const client = { region, credentials: administrator };
  const store = openSecretStore({ file: join(folder, 'secrets.json'), clock });
  await makeSecrets(template, store, clock);
  const clusters = await makeClusters(template, postgres, store);
  const streamArns = await makeTables(template, new DynamoDBClient({ ...client, endpoint: `${gateway.url}/dynamodb` }));

  const roles = readRoles(template);
  const policiesByRole = new Map(roles.map(({ arn, policies }) => [arn, policies]));
  const policiesOf = (roleArn: string) => policiesByRole.get(roleArn) ?? [];
  const rdsData = makeRdsData({ clusters: clusters.byArn, secrets: store, clock });
  stops.push(rdsData.close);
  const messages = makeMessages(template, clock);
  const makeControl = (): ControlPlane =>
    makeControlPlane({
      ...{ template, sessions, counters, clock, messages, faults, folder, policiesOf, log },
      retryMilliseconds,
      pollMilliseconds,
      environment: functionEnvironment(gateway.url),
      streams: new DynamoDBStreamsClient({ ...client, endpoint: `${gateway.url}/streams` }),
      streamArnOf: (arn) => streamArns.get(arn) ?? arn,
    });
  let control = makeControl();
  const objects = openObjectStore({ folder: join(folder, 's3'), buckets: readBuckets(template), clock });
  const stores = [rdsData, makeSecretsManager({ store, clock }), makeS3({ store: objects, clock })];
  gateway.add(...stores, makeSts({ roles, sessions }), ...messages.services, ...control.services);
  stops.push(() => control.drop());

  await timed('custom resources', () => makeCustomResources(template, control.lambda, join(folder, 'custom-resources.json')));
  control.begin();
  const issuer = await openIssuer({ keyFile: join(folder, 'issuer.pem'), issuer: api, audience, clock });
  const invoke: Lambda['invoke'] = (name, payload) => control.lambda.invoke(name, payload);
  const http = await startHttpApi({ template, lambda: { invoke }, issuer, clock, log }, apiPort);
  stops.push(http.close);
  const roleArn = (role: string): string => {
    const found = template.ofType('AWS::IAM::Role').find(({ name }) => name.split('/')[0] === role);
    if (!found) throw new Error(`the template has no role ${role}`);
    return String(found.attribute('Arn'));
  };
  return {
    api,
    roleArn,
    sessionOf: (role, tags) =>
      sessions.issue({ principal: `${role}/test`, roleArn: roleArn(role), policies: policiesOf(roleArn(role)), tags }),
    clusterArn: [...clusters.byArn.keys()][0] ?? '',
    gateway: gateway.url,
    postgres: clusters.adminUrl,
    superuser: postgres.superuserUrl,
    dynamodb: `${gateway.url}/dynamodb`,
    counters,
    clock,
    messages,
    administrator,
    region,
    mint: issuer.mint,
    call: gateway.call,
    crashFunction: (principal, how) => control.lambda.crash(principal, how),
    crash: async () => {
      await control.drop();
      control = makeControl();
      gateway.add(...control.services);
      control.begin();
    },
    stop,
  };
};

/** The SDK clients of the functions read these; nothing else tells them where they run. */
const functionEnvironment = (gateway: string): Readonly<Record<string, string>> => ({
  AWS_REGION: region,
  AWS_ENDPOINT_URL_DYNAMODB: `${gateway}/dynamodb`,
  AWS_ENDPOINT_URL_EVENTBRIDGE: `${gateway}/events`,
  AWS_ENDPOINT_URL_LAMBDA: `${gateway}/lambda`,
  AWS_ENDPOINT_URL_RDS_DATA: `${gateway}/rds-data`,
  AWS_ENDPOINT_URL_S3: `${gateway}/s3`,
  AWS_ENDPOINT_URL_SECRETS_MANAGER: `${gateway}/secretsmanager`,
  AWS_ENDPOINT_URL_SFN: `${gateway}/states`,
  AWS_ENDPOINT_URL_STS: `${gateway}/sts`,
});
