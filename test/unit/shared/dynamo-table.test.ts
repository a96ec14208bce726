import { createContext, runInContext } from 'node:vm';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { describe, expect, test } from '@jest/globals';
import { makeTable } from '../../../contexts/shared/adapters/dynamo-table.ts';
import { Defect } from '../../../contexts/shared/domain/errors.ts';

/** A table whose answers are as listed, the last of them for ever; counts how often it was asked. */
const tableAnswering = (...answers: readonly unknown[]) => {
  let asked = 0;
  const send = async (): Promise<unknown> => {
    const answer = answers[Math.min(asked, answers.length - 1)];
    asked += 1;
    if (answer !== 'well') throw answer;
    return { Item: { pk: 'A', sk: 'B' } };
  };
  return { table: makeTable({ send } as unknown as DynamoDBDocumentClient, 'registry'), asked: () => asked };
};
const key = { pk: 'A', sk: 'B' };
const failed = (name: string, more: object = {}): Error => Object.assign(new Error('it failed'), { name, ...more });

describe('The table', () => {
  test.each([
    ['a connection that was reset', failed('Error', { code: 'ECONNRESET' })],
    ['an error of another realm', runInContext('Object.assign(new Error("read"), { code: "EPIPE" })', createContext({}))],
    ['what the SDK made of one', new Error('AWS SDK error wrapper for TimeoutError: socket hang up')],
    ['a 502', failed('Whatever', { $metadata: { httpStatusCode: 502 } })],
    ['throttling', failed('ProvisionedThroughputExceededException', { $fault: 'client' })],
  ])('is asked again after %s, and says that it is unavailable once it was asked often enough', async (_what, error) => {
    // given
    const passing = tableAnswering(error, 'well');
    const lasting = tableAnswering(error);
    // then
    expect(await passing.table.get(key)).toEqual(key);
    await expect(lasting.table.get(key)).rejects.toMatchObject({ name: 'Unavailable', retryAfterSeconds: 2, cause: error });
    expect([passing.asked(), lasting.asked()]).toEqual([2, 5]);
  });

  test('is not asked again after a refusal, which is a defect of ours', async () => {
    const refusing = tableAnswering(failed('AccessDeniedException', { $fault: 'client' }));
    await expect(refusing.table.get(key)).rejects.toThrow(Defect);
    await expect(refusing.table.get(key)).rejects.toMatchObject({ facts: { awsError: 'AccessDeniedException' } });
    expect(refusing.asked()).toBe(2);
  });

  test('says which conditions of a transaction did not hold, also when the error is of another realm', async () => {
    const cancelled = { name: 'TransactionCanceledException', CancellationReasons: [{ Code: 'None' }, { Code: 'ConditionalCheckFailed' }] };
    await expect(tableAnswering(cancelled).table.transact([])).rejects.toMatchObject({ name: 'Contended', lost: [1] });
  });

  test('tells a transaction that was throttled from one that makes no sense', async () => {
    const cancelled = (Code: string) => tableAnswering(failed('TransactionCanceledException', { CancellationReasons: [{ Code }] })).table;
    await expect(cancelled('ThrottlingError').transact([])).rejects.toMatchObject({ name: 'Unavailable' });
    await expect(cancelled('ValidationError').transact([])).rejects.toMatchObject({
      name: 'Defect',
      facts: { codes: ['ValidationError'] },
    });
  });

  test('calls a cursor that fits no query malformed', async () => {
    const cursor = Buffer.from(JSON.stringify({ pk: 'X', sk: 'Y' })).toString('base64url');
    const { table } = tableAnswering(failed('ValidationException', { $fault: 'client' }));
    await expect(table.query({}, { limit: 10, cursor })).rejects.toMatchObject({ name: 'Malformed' });
    await expect(table.query({}, { limit: 10 })).rejects.toMatchObject({ name: 'Defect' });
  });
});
