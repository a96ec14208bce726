import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type _Record,
  DescribeStreamCommand,
  type DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
} from '@aws-sdk/client-dynamodb-streams';
import type { LocalClock } from './clock.ts';
import { matchesPattern } from './event-pattern.ts';
import type { Lambda } from './lambda.ts';
import type { Messages } from './messages.ts';
import type { Template } from './template.ts';

/** Event source mappings: the table's stream, polled, filtered, batched, and handed to its function in order; at least once. */

export interface StreamsOptions {
  readonly template: Template;
  readonly lambda: Lambda;
  readonly messages: Messages;
  readonly clock: LocalClock;
  /** How often a stream is looked at. */
  readonly pollMilliseconds: number;
  readonly client: DynamoDBStreamsClient;
  /** A stream's real ARN by the one of the template. */
  readonly streamArnOf: (arn: string) => string;
  /** Where each mapping stands; a lost one means reading from the start again. */
  readonly checkpointFile: string;
  readonly log: (message: string) => void;
}

interface Mapping {
  readonly id: string;
  readonly functionName: string;
  readonly streamArn: string;
  readonly batchSize: number;
  readonly windowMilliseconds: number;
  readonly retriesMax: number;
  readonly bisects: boolean;
  readonly patterns: readonly unknown[];
  readonly failureQueue?: string;
}

const recordsPerPoll = 500;

export const startStreams = (options: StreamsOptions): { readonly stop: () => Promise<void> } => {
  const aborted = new AbortController();
  const checkpoints = new Map<string, string>(
    existsSync(options.checkpointFile)
      ? Object.entries(JSON.parse(readFileSync(options.checkpointFile, 'utf8')) as Record<string, string>)
      : [],
  );
  const save = (id: string, sequence: string): void => {
    checkpoints.set(id, sequence);
    writeFileSync(`${options.checkpointFile}.new`, JSON.stringify(Object.fromEntries(checkpoints)));
    renameSync(`${options.checkpointFile}.new`, options.checkpointFile);
  };
  const loops = readMappings(options.template).map((mapping) =>
    follow(mapping, options, { after: checkpoints.get(mapping.id), save, signal: aborted.signal }),
  );
  return {
    stop: async () => {
      aborted.abort();
      await Promise.all(loops);
    },
  };
};

const readMappings = (template: Template): readonly Mapping[] =>
  template.ofType('AWS::Lambda::EventSourceMapping').map(({ key, properties }) => {
    const p = properties as {
      readonly FunctionName: string;
      readonly EventSourceArn: string;
      readonly BatchSize?: number;
      readonly MaximumBatchingWindowInSeconds?: number;
      readonly MaximumRetryAttempts?: number;
      readonly BisectBatchOnFunctionError?: boolean;
      readonly FilterCriteria?: { readonly Filters: readonly { readonly Pattern: string }[] };
      readonly DestinationConfig?: { readonly OnFailure?: { readonly Destination: string } };
    };
    return {
      id: key,
      functionName: p.FunctionName,
      streamArn: p.EventSourceArn,
      batchSize: p.BatchSize ?? 100,
      windowMilliseconds: (p.MaximumBatchingWindowInSeconds ?? 0) * 1000,
      retriesMax: p.MaximumRetryAttempts ?? 10,
      bisects: p.BisectBatchOnFunctionError ?? false,
      patterns: (p.FilterCriteria?.Filters ?? []).map(({ Pattern }) => JSON.parse(Pattern) as unknown),
      ...(p.DestinationConfig?.OnFailure ? { failureQueue: p.DestinationConfig.OnFailure.Destination } : {}),
    };
  });

interface Position {
  readonly after: string | undefined;
  readonly save: (id: string, sequence: string) => void;
  readonly signal: AbortSignal;
}

const follow = async (mapping: Mapping, options: StreamsOptions, { after, save, signal }: Position): Promise<void> => {
  let iterator: string | undefined;
  let last = after;
  let waiting: _Record[] = [];
  let since = 0;
  const now = (): number => options.clock.now().getTime();
  while (!signal.aborted) {
    try {
      iterator ??= await iteratorAfter(options, mapping, last);
      const { Records = [], NextShardIterator } = await options.client.send(
        new GetRecordsCommand({ ShardIterator: iterator, Limit: recordsPerPoll }),
      );
      iterator = NextShardIterator;
      const wanted = Records.filter(
        (record) => mapping.patterns.length === 0 || mapping.patterns.some((pattern) => matchesPattern(pattern, record)),
      );
      if (waiting.length === 0 && wanted.length > 0) since = now();
      waiting.push(...wanted);
      last = Records.at(-1)?.dynamodb?.SequenceNumber ?? last;
      if (waiting.length > 0 && (waiting.length >= mapping.batchSize || now() - since >= mapping.windowMilliseconds)) {
        const batch = waiting.slice(0, mapping.batchSize);
        await deliver(mapping, options, batch, signal);
        if (signal.aborted) return;
        waiting = waiting.slice(batch.length);
        since = now();
        const done = waiting.length === 0 ? last : batch.at(-1)?.dynamodb?.SequenceNumber;
        if (done !== undefined) save(mapping.id, done);
      }
    } catch (error) {
      if (!signal.aborted) options.log(`streams: ${mapping.id}: ${error instanceof Error ? error.message : String(error)}`);
      iterator = undefined;
      waiting = [];
      last = after;
    }
    await sleep(options.pollMilliseconds, undefined, { signal }).catch(() => undefined);
  }
};

const iteratorAfter = async (
  { client, streamArnOf }: StreamsOptions,
  { streamArn }: Mapping,
  after: string | undefined,
): Promise<string | undefined> => {
  const StreamArn = streamArnOf(streamArn);
  const { StreamDescription } = await client.send(new DescribeStreamCommand({ StreamArn }));
  const ShardId = StreamDescription?.Shards?.[0]?.ShardId;
  if (ShardId === undefined) throw new Error(`the stream ${StreamArn} has no shard`);
  const position =
    after === undefined
      ? { ShardIteratorType: 'TRIM_HORIZON' as const }
      : { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER' as const, SequenceNumber: after };
  const { ShardIterator } = await client.send(new GetShardIteratorCommand({ StreamArn, ShardId, ...position }));
  return ShardIterator;
};

/** Retries from the first record that failed, in halves when the function threw; what cannot be delivered goes to the queue. */
const deliver = async (mapping: Mapping, options: StreamsOptions, batch: readonly _Record[], signal: AbortSignal): Promise<void> => {
  let left = batch;
  for (let attempt = 0; left.length > 0 && !signal.aborted; attempt += 1) {
    const outcome = await options.lambda.invoke(mapping.functionName, JSON.stringify({ Records: left }));
    const failed = outcome !== 'throttled' && 'payload' in outcome ? firstFailure(outcome.payload) : 'all';
    if (failed === undefined) return;
    const from = failed === 'all' ? 0 : left.findIndex(({ dynamodb }) => dynamodb?.SequenceNumber === failed);
    left = left.slice(Math.max(0, from));
    if (attempt >= mapping.retriesMax) return giveUp(mapping, options, left);
    if (failed === 'all' && mapping.bisects && left.length > 1) {
      const half = Math.ceil(left.length / 2);
      await deliver(mapping, options, left.slice(0, half), signal);
      await deliver(mapping, options, left.slice(half), signal);
      return;
    }
    await sleep(Math.min(100 * 2 ** attempt, 5_000));
  }
};

const firstFailure = (payload: string): string | undefined => {
  const answer = JSON.parse(payload) as { readonly batchItemFailures?: readonly { readonly itemIdentifier: string }[] } | null;
  return answer?.batchItemFailures?.[0]?.itemIdentifier;
};

const giveUp = ({ failureQueue, functionName }: Mapping, { messages, log }: StreamsOptions, records: readonly _Record[]): void => {
  const sequences = records.map(({ dynamodb }) => dynamodb?.SequenceNumber);
  if (failureQueue) messages.send(failureQueue, JSON.stringify({ functionName, batchSize: records.length, sequences }));
  else log(`streams: ${functionName} did not take ${records.length} records`);
};
