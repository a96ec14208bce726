export { makeDynamoCounter, makeDynamoCounts } from './adapters/dynamo-counter.ts';
export { makeDynamoTrail } from './adapters/dynamo-trail.ts';
export { changesIn } from './adapters/stream-changes.ts';
export { makeCountChanges } from './application/count-changes.ts';
export type { Counts } from './application/ports.ts';
export { makeRankModules, makeReadDays, makeReadFailures, makeReadFleet } from './application/read-counts.ts';
export { makeReadTrail } from './application/read-trail.ts';
export { makeReport } from './application/report.ts';
export { csvOf } from './domain/compliance-report.ts';
