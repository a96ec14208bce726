import type { Queryable } from '../application/database.ts';
import type { IdempotencyKey } from '../application/route.ts';
import { Refused } from '../domain/errors.ts';

export interface OnceForKey<Answer> {
  readonly transaction: Queryable;
  /** Who keeps it: a module's name. */
  readonly scope: string;
  /** Without one, the work is simply done. */
  readonly key: IdempotencyKey | undefined;
  readonly at: Date;
  /** Its answer must be JSON; what it refuses is not remembered, since the transaction is undone. */
  readonly work: () => Promise<Answer>;
}

const keptHours = 24;

/**
 * Does the work once for a key and gives the same answer to whoever repeats it within 24 hours. The answer is stored by the
 * transaction that does the work, so one is never there without the other; two at once wait for each other at the row.
 */
export const onceForKey = async <Answer>({ transaction, scope, key, at, work }: OnceForKey<Answer>): Promise<Answer> => {
  if (key === undefined) return work();
  const expiresAt = new Date(at.getTime() + keptHours * 3_600_000);
  const taken = await transaction.query({ sql: takeSql, parameters: [scope, key.id, key.bodyHash, expiresAt, at] });
  if (taken.rows.length === 0) return answeredBefore<Answer>(transaction, scope, key);
  const answer = await work();
  await transaction.query({ sql: answerSql, parameters: [scope, key.id, { answer }] });
  return answer;
};

const answeredBefore = async <Answer>(transaction: Queryable, scope: string, key: IdempotencyKey): Promise<Answer> => {
  const { rows } = await transaction.query({ sql: readSql, parameters: [scope, key.id] });
  const stored = rows[0];
  if (stored?.['body_hash'] !== key.bodyHash) throw new Refused(reused);
  return (stored['body'] as { readonly answer: Answer }).answer;
};

/**
 * Takes the key if it is new or was forgotten, and forgets a few that are past their time while it is there. Nobody sees the
 * row before the transaction has ended well, so its status is a success from the first.
 */
const takeSql = `
WITH forgotten AS (
  DELETE FROM platform.idempotency WHERE ctid IN (
    SELECT ctid FROM platform.idempotency WHERE expires_at < $5 AND (scope, key) <> ($1, $2) LIMIT 10 FOR UPDATE SKIP LOCKED)
)
INSERT INTO platform.idempotency AS i (scope, key, body_hash, status, expires_at) VALUES ($1, $2, $3, 200, $4)
ON CONFLICT (scope, key) DO UPDATE SET body_hash = excluded.body_hash, body = NULL, expires_at = excluded.expires_at
WHERE i.expires_at < $5
RETURNING key`;

const answerSql = 'UPDATE platform.idempotency SET body = $3 WHERE scope = $1 AND key = $2';
const readSql = 'SELECT body_hash, body FROM platform.idempotency WHERE scope = $1 AND key = $2';

const reused = {
  kind: 'unprocessable',
  reason: 'idempotency-key-reused',
  message: 'this Idempotency-Key was sent with another body before: use a new key for a new request',
} as const;
