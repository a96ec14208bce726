import { Logger } from '@aws-lambda-powertools/logger';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBStreamEvent } from 'aws-lambda';
import { changesIn, storagesIn } from '../../contexts/analytics/index.ts';
import { composeAnalytics } from '../compose/analytics.ts';

const logger = new Logger();
let composed: ReturnType<typeof composeAnalytics> | undefined;
const plain = (item: unknown) => unmarshall(item as Record<string, AttributeValue>);

/** Stored events, tenant modules and tenants → what is counted of them. A batch that fails comes again whole; what was counted stays so. */
export const handler = async ({ Records }: DynamoDBStreamEvent): Promise<void> => {
  composed ??= composeAnalytics();
  const records = Records.flatMap(({ dynamodb: { Keys, NewImage } = {} }) =>
    Keys ? [{ keys: plain(Keys), ...(NewImage ? { image: plain(NewImage) } : {}) }] : [],
  );
  const counted = await composed.countChanges(changesIn(records, composed.isEnd));
  const storages = await composed.countStorage(storagesIn(records));
  logger.info('counted', { ...counted, storages });
};
