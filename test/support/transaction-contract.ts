import { expect, test } from '@jest/globals';
import type { IdempotencyKey, TenantRef } from '../../contexts/shared/application/route.ts';

export interface TransactionUnderTest {
  /** Two tenants that have the module, without rows of their own. */
  readonly tenant: TenantRef;
  readonly other: TenantRef;
  /** Adds the row that is known as `n` in a transaction of its own; runs `then` in it and answers what that answers. */
  readonly add: <Answer>(tenant: TenantRef, key: IdempotencyKey | undefined, n: number, then: () => Promise<Answer>) => Promise<Answer>;
  readonly has: (tenant: TenantRef, n: number) => Promise<boolean>;
}

/** What the `change` of every module's store keeps, in memory or in PostgreSQL. */
export const keepsTheTransactionContract = (open: () => Promise<TransactionUnderTest>): void => {
  const key = { id: 'k', bodyHash: 'a' };

  test('shows a tenant nothing of another', async () => {
    const { tenant, other, add, has } = await open();
    await add(tenant, undefined, 1, async () => 'done');
    expect([await has(tenant, 1), await has(other, 1)]).toEqual([true, false]);
  });

  test('keeps nothing of a transaction whose work failed', async () => {
    const { tenant, add, has } = await open();
    const failing = add(tenant, key, 1, () => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    expect(await has(tenant, 1)).toBe(false);
    expect(await add(tenant, key, 1, async () => ({ done: true }))).toEqual({ done: true });
  });

  test('does the work of a key once, and refuses the key with another body', async () => {
    const { tenant, other, add, has } = await open();
    expect(await add(tenant, key, 1, async () => ({ added: 1 }))).toEqual({ added: 1 });
    expect(await add(tenant, key, 2, async () => ({ added: 2 }))).toEqual({ added: 1 });
    expect(await has(tenant, 2)).toBe(false);
    await expect(add(tenant, { id: 'k', bodyHash: 'b' }, 3, async () => ({ added: 3 }))).rejects.toMatchObject({
      name: 'Refused',
      refusal: { reason: 'idempotency-key-reused' },
    });
    expect(await add(other, key, 4, async () => ({ added: 4 }))).toEqual({ added: 4 });
  });
};
