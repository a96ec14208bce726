import { makeCountChanges, makeCountStorage, makeDynamoCounter, makeDynamoStorageCounter } from '../../contexts/analytics/index.ts';
import { hasEnded, type Job } from '../../contexts/module-registry/index.ts';
import { clock, openTable } from './registry.ts';

export const composeAnalytics = () => {
  const table = openTable();
  return {
    isEnd: (state: string): boolean => hasEnded({ state: state as Job['state'] }),
    countChanges: makeCountChanges({ counter: makeDynamoCounter(table), clock }),
    countStorage: makeCountStorage(makeDynamoStorageCounter(table)),
  };
};
