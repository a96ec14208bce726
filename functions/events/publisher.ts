import { Logger } from '@aws-lambda-powertools/logger';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import { auditEventOf } from '../../contexts/shared/adapters/audit-item.ts';
import { composePublisher } from '../compose/events.ts';

const logger = new Logger();
let publish: ReturnType<typeof composePublisher> | undefined;

/** Stored audit events → bus. The first that was not taken is where the stream goes on, so order is kept. */
export const handler = async ({ Records }: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> => {
  publish ??= composePublisher();
  const stored = Records.flatMap(({ dynamodb }) =>
    dynamodb?.NewImage && dynamodb.SequenceNumber
      ? [{ event: auditEventOf(unmarshall(dynamodb.NewImage as Record<string, AttributeValue>)), itemIdentifier: dynamodb.SequenceNumber }]
      : [],
  );
  const refused = await publish(stored.map(({ event }) => event));
  logger.info('published', { events: stored.length - refused.size, refused: refused.size });
  return { batchItemFailures: stored.filter(({ event }) => refused.has(event.id)).map(({ itemIdentifier }) => ({ itemIdentifier })) };
};
