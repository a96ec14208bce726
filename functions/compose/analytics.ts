import { makeCountChanges, makeDynamoCounter } from '../../contexts/analytics/index.ts';
import { hasEnded, type Job } from '../../contexts/module-registry/index.ts';
import { clock, openTable } from './registry.ts';

export const composeAnalytics = () => ({
  isEnd: (state: string): boolean => hasEnded({ state: state as Job['state'] }),
  countChanges: makeCountChanges({ counter: makeDynamoCounter(openTable()), clock }),
});
