import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { type ControlPlane, makeControlPlane } from '../../../local/control-plane.ts';
import { startDynamodb } from '../../../local/dynamodb.ts';
import { makeDynamodbServices } from '../../../local/dynamodb-service.ts';
import { startHttpApi } from '../../../local/http-api.ts';
import { type Issuer, openIssuer } from '../../../local/issuer.ts';
import { type Messages, makeMessages } from '../../../local/messages.ts';
import { findPort } from '../../../local/processes.ts';
import { makeTables, readRoles } from '../../../local/resources.ts';
import { loadTemplate } from '../../../local/template.ts';
import { type LocalTarget, startLocal } from './target.ts';

/** A hand-made template of a few resources, wired as `npm start` wires the real one. */
export interface ControlPlaneStand {
  readonly local: LocalTarget;
  readonly messages: Messages;
  /** The HTTP API's origin. */
  readonly api: string;
  readonly issuer: Issuer;
  readonly dynamodb: DynamoDBClient;
  /** What functions have appended with `note(…)`, oldest first. */
  readonly notes: () => readonly unknown[];
  /** Drops everything and starts it again over the same state. */
  readonly restart: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface Suite {
  /** By logical id; a function's `Code` is left out, its text stands in `functions`. */
  readonly resources: Readonly<Record<string, { readonly Type: string; readonly Properties: Readonly<Record<string, unknown>> }>>;
  /** By logical id: the body of `handler(event, context)`, which may `await note(…)`. */
  readonly functions: Readonly<Record<string, string>>;
  /** By asset name: the text of state machines. */
  readonly definitions?: Readonly<Record<string, unknown>>;
}

/** A role that its functions have, and that may do everything here. */
export const roleOf = (): Suite['resources'] => ({
  Role: {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: { Statement: [] },
      Policies: [{ PolicyName: 'all', PolicyDocument: { Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] } }],
    },
  },
});

export const functionOf = (logicalId: string, more: Readonly<Record<string, unknown>> = {}) => ({
  Type: 'AWS::Lambda::Function',
  Properties: {
    FunctionName: logicalId,
    Handler: 'index.handler',
    Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
    Code: { S3Bucket: 'assets', S3Key: `${logicalId}.zip` },
    ...more,
  },
});

const bundleOf = (body: string, notes: string): string => `import { appendFileSync, readFileSync } from 'node:fs';
const note = (value) => appendFileSync(${JSON.stringify(notes)}, JSON.stringify(value) + '\\n');
const noted = () => readFileSync(${JSON.stringify(notes)}, 'utf8').split('\\n').filter(Boolean).map((line) => JSON.parse(line));
const named = (name, message) => Object.assign(new Error(message), { name });
export const handler = async (event, context) => { ${body} };
`;

const writeAssembly = (folder: string, { resources, functions, definitions = {} }: Suite, notes: string): void => {
  const files: Record<string, unknown> = {};
  const asset = (name: string, path: string): void => {
    files[name] = { source: { path }, destinations: { here: { objectKey: name } } };
  };
  for (const [logicalId, body] of Object.entries(functions)) {
    mkdirSync(join(folder, logicalId), { recursive: true });
    writeFileSync(join(folder, logicalId, 'index.mjs'), bundleOf(body, notes));
    asset(`${logicalId}.zip`, logicalId);
  }
  for (const [name, definition] of Object.entries(definitions)) {
    writeFileSync(join(folder, name), JSON.stringify(definition));
    asset(name, name);
  }
  writeFileSync(join(folder, 'assets.json'), JSON.stringify({ files }));
  writeFileSync(join(folder, 'suite.json'), JSON.stringify({ Resources: resources }));
  const artifacts = {
    Suite: { type: 'aws:cloudformation:stack', properties: { templateFile: 'suite.json' } },
    Assets: { type: 'cdk:asset-manifest', properties: { file: 'assets.json' } },
  };
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ artifacts }));
};

export const startControlPlane = async (suite: Suite): Promise<ControlPlaneStand> => {
  const folder = mkdtempSync(join(tmpdir(), 'control-plane-'));
  const notes = join(folder, 'notes');
  writeFileSync(notes, '');
  writeAssembly(folder, suite, notes);
  const database = await startDynamodb({ dataFolder: join(folder, 'dynamodb'), log: () => {} });
  const local = await startLocal(() => makeDynamodbServices(database.endpoint));
  const { clock, counters, sessions, faults, gateway } = local;
  const port = await findPort(undefined, 'the API');
  const api = `http://127.0.0.1:${port}`;
  const template = loadTemplate({ folder, parameters: {}, endpoints: { gateway: gateway.url, api, postgres: { host: '', port: 0 } } });
  const dynamodb = new DynamoDBClient(local.client('dynamodb'));
  const streamArns = await makeTables(template, dynamodb);
  const policies = new Map(readRoles(template).map((role) => [role.arn, role.policies]));
  const messages = makeMessages(template, clock);
  const make = (): ControlPlane =>
    makeControlPlane({
      ...{ template, sessions, counters, clock, messages, faults, folder },
      environment: {},
      policiesOf: (roleArn) => policies.get(roleArn) ?? [],
      streams: new DynamoDBStreamsClient(local.client('streams')),
      streamArnOf: (arn) => streamArns.get(arn) ?? arn,
      retryMilliseconds: 0,
      pollMilliseconds: 20,
      log: () => {},
    });
  let control = make();
  const begin = (): void => {
    gateway.add(...messages.services, ...control.services);
    control.begin();
  };
  begin();
  const issuer = await openIssuer({ keyFile: join(folder, 'issuer.pem'), issuer: api, audience: 'suite', clock });
  const invoke: ControlPlane['lambda']['invoke'] = (name, payload) => control.lambda.invoke(name, payload);
  const http = await startHttpApi({ template, lambda: { invoke }, issuer, clock, log: () => {} }, port);
  const read = (): readonly unknown[] => noted(notes);
  return {
    ...{ local, messages, api, issuer, dynamodb },
    notes: read,
    restart: async () => {
      await control.drop();
      control = make();
      begin();
    },
    close: async () => {
      await http.close();
      await control.drop();
      await gateway.close();
      dynamodb.destroy();
      await database.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

const noted = (file: string): readonly unknown[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);

const looksMax = 400;

/** Looks until it is so; answers what was looked at last. */
export const until = async <T>(look: () => T | Promise<T>, isSo: (seen: T) => boolean): Promise<T> => {
  let seen = await look();
  for (let looks = 0; looks < looksMax && !isSo(seen); looks += 1) {
    await sleep(15);
    seen = await look();
  }
  return seen;
};
