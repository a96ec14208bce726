import { Refused } from '../domain/errors.ts';
import type { IdempotencyKey } from './route.ts';

/** What was answered the first time, kept for 24 hours in the transaction that did the work. */
export interface IdempotencyRecord extends IdempotencyKey {
  readonly answer: Readonly<Record<string, unknown>>;
}

/** Answers kept for idempotency keys; expired ones are not found. */
export interface IdempotencyStore {
  readonly find: (id: string, at: Date) => Promise<IdempotencyRecord | undefined>;
  /** For an answer to which nothing else was written; rejects with `Contended` when the key was taken meanwhile. */
  readonly keep: (record: IdempotencyRecord, at: Date) => Promise<void>;
}

/** The kept answer for a repeated key, if there is one. Rejects with `Refused` (422) when the body is another. */
export const keptAnswer = async (
  store: IdempotencyStore,
  key: IdempotencyKey | undefined,
  at: Date,
): Promise<IdempotencyRecord['answer'] | undefined> => {
  const record = key && (await store.find(key.id, at));
  if (!key || !record) return undefined;
  if (record.bodyHash === key.bodyHash) return record.answer;
  throw new Refused({
    kind: 'unprocessable',
    reason: 'idempotency-key-reused',
    message: 'this Idempotency-Key was used with another body; use a new key for a new request',
  });
};
