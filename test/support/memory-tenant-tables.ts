import type { IdempotencyKey } from '../../contexts/shared/application/route.ts';
import { Refused } from '../../contexts/shared/domain/errors.ts';

/** The tables of a module for some tenants, in memory; what a transaction wrote is there when its work resolved, and not before. */
export interface MemoryTenantTables<Tables> {
  readonly of: (tenant: { readonly id: string }) => Tables;
  readonly change: <Answer>(
    tenant: { readonly id: string },
    key: IdempotencyKey | undefined,
    work: (draft: Tables) => Promise<Answer>,
  ) => Promise<Answer>;
}

export const makeMemoryTenantTables = <Tables>(seeded: Tables): MemoryTenantTables<Tables> => {
  const tenants = new Map<string, Tables>();
  const answers = new Map<string, { readonly bodyHash: string; readonly answer: unknown }>();
  const of: MemoryTenantTables<Tables>['of'] = ({ id }) => tenants.get(id) ?? seeded;
  return {
    of,
    change: async <Answer>(tenant: { readonly id: string }, key: IdempotencyKey | undefined, work: (draft: Tables) => Promise<Answer>) => {
      const place = `${tenant.id} ${key?.id}`;
      const known = key === undefined ? undefined : answers.get(place);
      if (known !== undefined && known.bodyHash !== key?.bodyHash)
        throw new Refused({ kind: 'unprocessable', reason: 'idempotency-key-reused', message: 'another body came with this key' });
      if (known !== undefined) return known.answer as Answer;
      const draft = structuredClone(of(tenant));
      const answer = await work(draft);
      if (key !== undefined) answers.set(place, { bodyHash: key.bodyHash, answer });
      tenants.set(tenant.id, draft);
      return answer;
    },
  };
};
