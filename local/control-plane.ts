import { join } from 'node:path';
import type { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import type { LocalClock } from './clock.ts';
import type { Counters } from './counters.ts';
import { makeEvents } from './events.ts';
import type { Faults, Service, Sessions } from './gateway.ts';
import type { PolicyDocument } from './iam.ts';
import { type Lambda, makeLambda } from './lambda.ts';
import type { Messages } from './messages.ts';
import { makeStepFunctions } from './step-functions.ts';
import { startStreams } from './streams.ts';
import type { Template } from './template.ts';

/** Everything that runs by itself: functions, workflow engine, bus and schedules, pollers. What it remembers lies in the state folder. */
export interface ControlPlane {
  readonly lambda: Lambda;
  readonly services: readonly Service[];
  /** Reports what a crash cut off, and begins to poll and to keep schedules. Once, when all services are there. */
  readonly begin: () => void;
  /** Drops everything where it stands, without a word to anyone. */
  readonly drop: () => Promise<void>;
}

export interface ControlPlaneOptions {
  readonly template: Template;
  readonly sessions: Sessions;
  readonly counters: Counters;
  readonly clock: LocalClock;
  readonly messages: Messages;
  readonly faults: Faults;
  /** Of every function: endpoints and region. */
  readonly environment: Readonly<Record<string, string>>;
  readonly policiesOf: (roleArn: string) => readonly PolicyDocument[];
  readonly streams: DynamoDBStreamsClient;
  readonly streamArnOf: (arn: string) => string;
  /** The state folder. */
  readonly folder: string;
  readonly retryMilliseconds?: number | undefined;
  readonly pollMilliseconds: number;
  readonly log: (message: string) => void;
}

export const makeControlPlane = (options: ControlPlaneOptions): ControlPlane => {
  const { sessions, policiesOf, folder } = options;
  const lambda = makeLambda({ ...options, logFolder: join(folder, 'logs') });
  const events = makeEvents({ ...options, lambda });
  const stepFunctions = makeStepFunctions({
    ...options,
    lambda,
    file: join(folder, 'executions.sqlite'),
    callerOf: (roleArn) => {
      const session = sessions.issue({ principal: roleArn.split('/').at(-1) ?? roleArn, roleArn, policies: policiesOf(roleArn) });
      return sessions.signer(session.accessKeyId, session.sessionToken).caller;
    },
    onStatus: (event) => events.emit({ ...event }),
  });
  let streams: ReturnType<typeof startStreams> | undefined;
  return {
    lambda,
    services: [lambda.service, stepFunctions.service, events.service],
    begin: () => {
      streams = startStreams({ ...options, lambda, client: options.streams, checkpointFile: join(folder, 'streams.json') });
      stepFunctions.reportLost();
      events.startSchedules();
    },
    drop: async () => {
      stepFunctions.stop();
      events.stop();
      const polling = streams?.stop();
      await lambda.stop();
      await polling;
    },
  };
};
