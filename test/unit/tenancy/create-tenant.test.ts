import { describe, expect, test } from '@jest/globals';
import { Contended } from '../../../contexts/shared/domain/errors.ts';
import { makeCreateTenant } from '../../../contexts/tenancy/index.ts';

const creating = (takenBy: string | undefined) =>
  makeCreateTenant({
    tenants: { idOf: async () => takenBy },
    jobs: { requestProvision: async () => Promise.reject(new Contended('others kept writing')) },
    idempotency: { find: async () => undefined, keep: async () => {} },
    clock: { now: () => new Date(0) },
    newId: () => '01JD0000000000000000000ACM',
    clusterArn: 'arn',
  })({ slug: 'acme', name: 'Acme', plan: 'standard', actor: 'ada' });

describe('A new tenant', () => {
  test('is refused when its slug was ever taken', async () => {
    await expect(creating('01JD0000000000000000000XXX')).rejects.toMatchObject({ refusal: { reason: 'tenant-exists' } });
  });

  test('may be asked for again when its slug is free, and only the table was busy', async () => {
    await expect(creating(undefined)).rejects.toMatchObject({ name: 'Contended' });
  });
});
