import { test } from '@jest/globals';
import { makeClock } from '../../../local/clock.ts';
import { makeCounters } from '../../../local/counters.ts';
import { type Credentials, type Faults, type Gateway, type Service, startGateway } from '../../../local/gateway.ts';
import type { PolicyDocument, Statement } from '../../../local/iam.ts';
import { makeSessions } from '../../../local/sessions.ts';

/**
 * What a conformance suite runs against: the embedded service by default; with `CONFORMANCE_TARGET=aws` the real one, by the
 * SDK's own credentials and region. There, suites make and remove what they need, but for what they say they are given in
 * variables `CONFORMANCE_…`. Suites of rules that only the embedded cloud can show (clock, faults, counters, policies of a
 * session) are skipped on AWS.
 */
export const onAws = process.env['CONFORMANCE_TARGET'] === 'aws';

export const onlyLocally = onAws ? test.skip : test;

/** A variable that a suite needs on AWS. */
export const given = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`set ${name} to run this suite against AWS`);
  return value;
};

const parts = () => {
  const clock = makeClock();
  return { clock, counters: makeCounters(), sessions: makeSessions(clock), faults: {} as Faults };
};

export type Parts = ReturnType<typeof parts>;

export interface ClientConfig {
  readonly region: string;
  readonly endpoint?: string;
  readonly credentials?: Credentials;
}

export interface LocalTarget extends Parts {
  readonly gateway: Gateway;
  /** The configuration of a client of one service, with every right or as the given session. */
  readonly client: (service: string, credentials?: Credentials) => ClientConfig;
  /** Credentials of a role with these statements. */
  readonly as: (statements: readonly Statement[], tags?: Readonly<Record<string, string>>) => Credentials;
}

export const allow = (Action: string | readonly string[], Resource: string | readonly string[]): Statement => ({
  Effect: 'Allow',
  Action,
  Resource,
});

export const policy = (...Statement: readonly Statement[]): PolicyDocument => ({ Statement });

/** The gateway with the services that a suite makes of its parts. */
export const startLocal = async (make: (parts: Parts) => readonly Service[]): Promise<LocalTarget> => {
  const own = parts();
  const gateway = await startGateway({ ...own, services: make(own), log: (line) => process.stderr.write(`${line}\n`) });
  const administrator = own.sessions.issueAdministrator();
  return {
    ...own,
    gateway,
    client: (service, credentials = administrator) => ({ region: 'us-east-1', endpoint: `${gateway.url}/${service}`, credentials }),
    as: (statements, tags = {}) =>
      own.sessions.issue({
        principal: 'tester',
        roleArn: 'arn:aws:iam::000000000000:role/tester',
        policies: [policy(...statements)],
        tags,
      }),
  };
};

/** Clients of real AWS take everything from the environment. */
export const awsClient = (): ClientConfig => ({ region: process.env['AWS_REGION'] ?? 'us-east-1' });
