import { Logger } from '@aws-lambda-powertools/logger';
import { type Denial, makeDynamoDenials, makeRecordDenial } from '../../contexts/analytics/index.ts';
import type { Table } from '../../contexts/shared/adapters/dynamo-table.ts';
import { clock, newId } from './registry.ts';

/** Who is kept out stays out, also when that cannot be stored: then the log says it. */
export const openDenials = (table: Table): ((denial: Denial) => Promise<void>) => {
  const logger = new Logger();
  const record = makeRecordDenial({ denials: makeDynamoDenials(table), clock, newId });
  return (denial) =>
    record(denial).catch((error: unknown) => logger.error('a denial was not stored', { ...denial, error: error as Error }));
};
