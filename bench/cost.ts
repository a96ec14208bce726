import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CountersSnapshot } from '../local/counters.ts';

/** What one install asked of the cloud, as the endpoints counted it. */
export interface InstallCounts {
  readonly transitions: number;
  readonly lambdaInvocations: number;
  readonly dataApiCalls: number;
  readonly dynamodbRequests: number;
  readonly dynamodbReadUnits: number;
  readonly dynamodbWriteUnits: number;
  readonly secretReads: number;
  readonly events: number;
}

/** The pollers and this bench itself would be there without an install. */
const background = new Set(['administrator', 'Reconciler']);
const reads = new Set(['dynamodb.GetItem', 'dynamodb.Query', 'dynamodb.BatchGetItem']);

export const countsOf = ({ byPrincipal, transitions, lambdaInvocations }: CountersSnapshot): InstallCounts => {
  const rows = Object.entries(byPrincipal)
    .filter(([principal]) => !background.has(principal))
    .flatMap(([, operations]) => Object.entries(operations));
  const sum = (wanted: (operation: string) => boolean, of: 'count' | 'units' = 'count'): number =>
    rows.filter(([operation]) => wanted(operation)).reduce((total, [, figures]) => total + (figures[of] ?? 0), 0);
  const isDynamodb = (operation: string): boolean => operation.startsWith('dynamodb.');
  return {
    transitions,
    lambdaInvocations: Object.entries(lambdaInvocations).reduce((total, [name, n]) => total + (background.has(name) ? 0 : n), 0),
    dataApiCalls: sum((operation) => operation.startsWith('rds-data.')),
    dynamodbRequests: sum(isDynamodb),
    dynamodbReadUnits: sum((operation) => reads.has(operation), 'units'),
    dynamodbWriteUnits: sum((operation) => isDynamodb(operation) && !reads.has(operation), 'units'),
    secretReads: sum((operation) => operation.startsWith('secretsmanager.')),
    events: sum((operation) => operation === 'events.PutEvents'),
  };
};

type Prices = Readonly<Record<string, { readonly usd: number }>>;

const { prices } = JSON.parse(readFileSync(join(import.meta.dirname, 'prices.json'), 'utf8')) as { readonly prices: Prices };
const usd = (name: string): number => {
  const price = prices[name];
  if (!price) throw new Error(`bench/prices.json has no price ${name}`);
  return price.usd;
};

/** Every function is charged as if it ran, with 1 GB, all the while the install took: more than it can be. */
export const costLines = (counts: InstallCounts, installSeconds: number): readonly (readonly [string, number])[] => [
  ['Step Functions transitions', counts.transitions * usd('stepFunctionsTransition')],
  ['Lambda requests', counts.lambdaInvocations * usd('lambdaRequest')],
  ['Lambda time', installSeconds * usd('lambdaGigabyteSecondArm')],
  ['Data API requests', counts.dataApiCalls * usd('dataApiRequest')],
  ['Secrets read for the Data API', counts.dataApiCalls * usd('secretsManagerRequest')],
  ['DynamoDB writes', counts.dynamodbWriteUnits * usd('dynamodbWriteUnit')],
  ['DynamoDB reads', counts.dynamodbReadUnits * usd('dynamodbReadUnit')],
  ['HTTP API request', usd('httpApiRequest')],
  ['EventBridge events', 4 * usd('eventBridgeEvent')],
  ['Aurora, half a capacity unit meanwhile', 0.5 * installSeconds * usd('auroraCapacityUnitSecond')],
];
