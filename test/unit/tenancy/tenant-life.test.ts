import { describe, expect, test } from '@jest/globals';
import { Contended } from '../../../contexts/shared/domain/errors.ts';
import { newTenant, type Tenant, type TenantStatus } from '../../../contexts/tenancy/domain/tenant.ts';
import { makeChangePlan, makeChangeTenant, makePurgeDue, makeSuspendTenant } from '../../../contexts/tenancy/index.ts';

const id = '01JD0000000000000000000ACM';
const at = new Date('2026-01-01T00:00:00Z');
const by = { tenantId: id, actor: 'ada' };

interface Facts {
  readonly changingJob?: string;
  readonly jobId?: string;
  readonly due?: readonly string[];
}

const aTenant = (status: TenantStatus, { changingJob, jobId, due = [id] }: Facts = {}) => {
  const first = newTenant({ id, slug: 'acme', name: 'Acme', plan: 'standard', clusterArn: 'arn', createdAt: at });
  let tenant: Tenant = { ...first, status, ...(jobId ? { jobId } : {}) };
  const kept = new Map<string, Readonly<Record<string, unknown>>>();
  const events: string[] = [];
  const requests: string[] = [];
  let lostRaces = 0;
  const ports = {
    tenants: {
      get: async (tenantId: string) => (tenantId === id ? tenant : undefined),
      dueForPurge: async () => due,
      changeStatus: async (change: { readonly status: TenantStatus; readonly event: string }) => {
        if (lostRaces > 0) {
          lostRaces -= 1;
          throw new Contended('another request changed it first');
        }
        events.push(change.event);
        tenant = { ...tenant, status: change.status };
      },
      changePlan: async ({ plan }: { readonly plan: string }) => {
        if (lostRaces > 0) {
          lostRaces -= 1;
          throw new Contended('another request changed it first');
        }
        events.push(`on ${plan}`);
        tenant = { ...tenant, plan };
      },
    },
    jobs: {
      changingJob: async () => changingJob,
      requestChange: async (_: Tenant, { change, status: next }: { readonly change: string; readonly status: TenantStatus }) => {
        requests.push(`${change} as ${next}`);
        return { jobId: 'J1' };
      },
    },
    idempotency: {
      find: async (key: string) => (kept.has(key) ? { id: key, bodyHash: 'b', answer: kept.get(key) ?? {} } : undefined),
      keep: async (record: { readonly id: string; readonly answer: Readonly<Record<string, unknown>> }) =>
        void kept.set(record.id, record.answer),
    },
    clock: { now: () => at },
  };
  return {
    events,
    requests,
    kept,
    loseRaces: (n: number) => {
      lostRaces = n;
    },
    change: makeChangeTenant(ports),
    suspend: makeSuspendTenant(ports),
    changePlan: makeChangePlan(ports),
    purgeDue: makePurgeDue(ports),
  };
};

describe('A change of a tenant as a whole', () => {
  test.each([
    ['deprovision', 'active', 'deprovision as deprovisioning'],
    ['deprovision', 'suspended', 'deprovision as deprovisioning'],
    ['restore-tenant', 'archived', 'restore-tenant as restoring'],
    ['purge-tenant', 'archived', 'purge-tenant as purging'],
  ] as const)('%s is asked for when it is %s', async (change, status, request) => {
    const { change: ask, requests } = aTenant(status);
    expect(await ask(change, { ...by, confirm: 'acme' })).toEqual({ jobId: 'J1' });
    expect(requests).toEqual([request]);
  });

  test.each([
    ['deprovision', 'archived'],
    ['deprovision', 'provisioning'],
    ['restore-tenant', 'active'],
    ['purge-tenant', 'active'],
    ['purge-tenant', 'deprovisioned'],
  ] as const)('%s is refused when it is %s, naming when it is possible', async (change, status) => {
    const { change: ask, requests } = aTenant(status);
    await expect(ask(change, { ...by, confirm: 'acme' })).rejects.toMatchObject({
      refusal: { kind: 'conflict', reason: 'tenant-not-in-this-state', facts: { status } },
    });
    expect(requests).toEqual([]);
  });

  test('is refused while a job changes a module of it, naming the job', async () => {
    const { change } = aTenant('active', { changingJob: 'J0' });
    await expect(change('deprovision', by)).rejects.toMatchObject({ refusal: { reason: 'job-in-the-way', facts: { jobId: 'J0' } } });
  });

  test('is not purged without its slug as confirmation', async () => {
    const { change } = aTenant('archived');
    await expect(change('purge-tenant', { ...by, confirm: 'globex' })).rejects.toMatchObject({
      name: 'Malformed',
      fields: [{ field: 'confirm' }],
    });
  });

  test('is asked for once under one key', async () => {
    const { change, kept, requests } = aTenant('deprovisioning');
    kept.set('k', { jobId: 'J7' });
    expect(await change('deprovision', { ...by, idempotency: { id: 'k', bodyHash: 'b' } })).toEqual({ jobId: 'J7' });
    expect(requests).toEqual([]);
  });

  test('whose time has come is purged by the system', async () => {
    const due = aTenant('archived');
    const busy = aTenant('purging');
    expect([(await due.purgeDue()).requested, (await busy.purgeDue()).requested]).toEqual([['J1'], []]);
    expect(due.requests).toEqual(['purge-tenant as purging']);
  });

  test('whose purge cannot be asked for keeps no other waiting', async () => {
    const { purgeDue } = aTenant('archived', { changingJob: 'J0', due: [id, 'nobody', id] });
    const { requested, failed } = await purgeDue();
    expect([requested, failed.map(({ tenantId }) => tenantId)]).toEqual([[], [id, id]]);
  });

  test('that is under way already is answered with its job, under this key too', async () => {
    const { change, kept, requests } = aTenant('deprovisioning', { jobId: 'J7' });
    const idempotency = { id: 'k', bodyHash: 'b' };
    expect(await change('deprovision', { ...by, idempotency })).toEqual({ jobId: 'J7' });
    expect([kept.get('k'), requests]).toEqual([{ jobId: 'J7' }, []]);
    await expect(change('restore-tenant', by)).rejects.toMatchObject({ refusal: { reason: 'tenant-not-in-this-state' } });
  });
});

describe('A tenant', () => {
  test('is suspended and resumed, with an event each, and silently when it is so already', async () => {
    const { suspend, events } = aTenant('active');
    expect((await suspend('suspended', by)).status).toBe('suspended');
    expect((await suspend('suspended', by)).status).toBe('suspended');
    expect((await suspend('active', by)).status).toBe('active');
    expect(events).toEqual(['TenantSuspended', 'TenantResumed']);
  });

  test('is suspended although someone else changed it first', async () => {
    const { suspend, events, loseRaces } = aTenant('active');
    loseRaces(2);
    await suspend('suspended', by);
    expect(events).toEqual(['TenantSuspended']);
  });

  test('that is archived can be neither', async () => {
    const { suspend } = aTenant('archived');
    await expect(suspend('active', by)).rejects.toMatchObject({ refusal: { reason: 'tenant-not-in-this-state' } });
  });

  test('keeps the key of a request that changed nothing, and shrugs off its repetition', async () => {
    const { suspend, kept, events } = aTenant('suspended');
    const idempotency = { id: 'k', bodyHash: 'b' };
    await suspend('suspended', { ...by, idempotency });
    await suspend('active', by);
    await suspend('suspended', { ...by, idempotency });
    expect([...kept.keys()]).toEqual(['k']);
    expect(events).toEqual(['TenantResumed']);
  });
});

describe('A tenant’s subscription plan', () => {
  test('becomes another, although someone else changed the tenant first, and silently where it is that already', async () => {
    const { changePlan, events, loseRaces } = aTenant('suspended');
    loseRaces(2);
    expect((await changePlan('free', by)).plan).toBe('free');
    expect((await changePlan('free', by)).plan).toBe('free');
    expect(events).toEqual(['on free']);
  });

  test.each(['purging', 'deprovisioned'] as const)('is of no use to a tenant that is %s', async (status) => {
    const { changePlan, events } = aTenant(status);
    await expect(changePlan('free', by)).rejects.toMatchObject({ refusal: { kind: 'conflict', reason: 'tenant-not-in-this-state' } });
    expect(events).toEqual([]);
  });

  test('is not changed by a key that was answered before, be it that nothing had changed', async () => {
    const { changePlan, events, kept } = aTenant('active');
    const idempotency = { id: 'k', bodyHash: 'b' };
    await changePlan('standard', { ...by, idempotency });
    await changePlan('enterprise', by);
    expect((await changePlan('standard', { ...by, idempotency })).plan).toBe('enterprise');
    expect([[...kept.keys()], events]).toEqual([['k'], ['on enterprise']]);
  });
});
