import { describe, expect, test } from '@jest/globals';
import { declaration } from '../../../contexts/elections/api.ts';
import { electionRoutes } from '../../../contexts/elections/application/election-routes.ts';
import { ContestView } from '../../../contexts/elections/application/election-view.ts';
import { makeMemoryElectionStore } from '../../support/memory-election-store.ts';
import { makeRoutesBench, untouched } from '../../support/routes-bench.ts';

const chair = { title: 'Chair', candidates: ['Ada', 'Grace'], closesAt: '2026-02-01T00:00:00Z' };

const anApi = (store = makeMemoryElectionStore()) => {
  const api = makeRoutesBench((ports) => electionRoutes({ ...ports, store }));
  const plan = async (more: object = {}) => ContestView.parse((await api.send('planElection', { body: { ...chair, ...more } })).body);
  const vote = (election: string, voter: string, candidate: number, idempotency?: { id: string; bodyHash: string }) =>
    api.send('castBallot', { params: { election }, body: { voter, candidate }, ...(idempotency === undefined ? {} : { idempotency }) });
  const read = async (election: string) => ContestView.parse((await api.send('getElection', { params: { election } })).body);
  return { ...api, plan, vote, read };
};

describe('The API of elections', () => {
  test('declares its five routes without touching anything, each under its tenant', () => {
    const routes = declaration.routes(untouched);
    expect(routes.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /tenants/{tenant}/elections',
      'GET /tenants/{tenant}/elections',
      'GET /tenants/{tenant}/elections/{election}',
      'POST /tenants/{tenant}/elections/{election}/ballots',
      'POST /tenants/{tenant}/elections/{election}/close',
    ]);
    expect(routes.filter((r) => r.method !== 'GET' && r.roles.includes('tenant-viewer'))).toEqual([]);
    expect(routes.filter((r) => r.bodyExample !== undefined).every((r) => r.body?.safeParse(r.bodyExample).success)).toBe(true);
  });

  test('plans an election, says where it is, and reads it back', async () => {
    const { send, read } = anApi();
    const { status, body, headers } = await send('planElection', { body: { ...chair, quorum: 2 } });
    const election = ContestView.parse(body);
    expect(status).toBe(201);
    expect(election).toEqual({
      id: election.id,
      title: 'Chair',
      status: 'open',
      opensAt: '2026-01-01T00:00:00.000Z',
      closesAt: '2026-02-01T00:00:00.000Z',
      quorum: 2,
      ballots: 0,
      candidates: [
        { number: 1, name: 'Ada' },
        { number: 2, name: 'Grace' },
      ],
    });
    expect(headers).toEqual({ location: `/api/v1/tenants/acme/elections/${election.id}` });
    expect(await read(election.id)).toEqual(election);
  });

  test('shows how many have voted, and the count when it is closed', async () => {
    const { plan, vote, read, time } = anApi();
    const { id } = await plan({ quorum: 4 });
    for (const [voter, candidate] of [
      ['M-1', 2],
      ['M-2', 1],
      ['M-3', 2],
    ] as const)
      await vote(id, voter, candidate);
    const open = await read(id);
    expect(open).toMatchObject({
      status: 'open',
      ballots: 3,
      candidates: [
        { number: 1, name: 'Ada' },
        { number: 2, name: 'Grace' },
      ],
    });
    expect(JSON.stringify(open.candidates)).not.toContain('ballots');
    time.now = new Date(chair.closesAt);
    expect(await read(id)).toMatchObject({
      status: 'closed',
      candidates: [{ ballots: 1 }, { ballots: 2 }],
      result: { winners: [2], quorate: false },
    });
  });

  test('takes one ballot of a voter, whomever it is for', async () => {
    const { plan, vote, read } = anApi();
    const { id } = await plan();
    expect(await vote(id, 'M-1', 1)).toMatchObject({ status: 201, body: { election: id } });
    await expect(vote(id, 'M-1', 2)).rejects.toMatchObject({ refusal: { kind: 'conflict', reason: 'ballot-cast-already' } });
    expect((await read(id)).ballots).toBe(1);
  });

  test('answers a repeated ballot as before, and keeps nothing of the choice with its key', async () => {
    const store = makeMemoryElectionStore();
    const kept: unknown[] = [];
    const { plan, vote, read } = anApi({
      ...store,
      change: (tenant, key, work) => {
        kept.push(key);
        return store.change(tenant, key, work);
      },
    });
    const { id } = await plan();
    const first = await vote(id, 'M-1', 1, { id: 'k', bodyHash: 'hash of M-1 for 1' });
    expect(await vote(id, 'M-1', 1, { id: 'k', bodyHash: 'hash of M-1 for 1' })).toEqual(first);
    await expect(vote(id, 'M-2', 1, { id: 'k', bodyHash: 'hash of M-2 for 1' })).rejects.toMatchObject({
      refusal: { reason: 'idempotency-key-reused' },
    });
    expect((await read(id)).ballots).toBe(1);
    expect(JSON.stringify(kept)).not.toContain('for 1');
  });

  test('closes an election early, once', async () => {
    const { send, plan, vote, time } = anApi();
    const { id } = await plan();
    await vote(id, 'M-1', 1);
    time.now = new Date('2026-01-05T00:00:00Z');
    const close = async () => (await send('closeElection', { params: { election: id } })).body;
    const closed = await close();
    expect(closed).toMatchObject({
      status: 'closed',
      closedAt: '2026-01-05T00:00:00.000Z',
      closedReason: 'early',
      result: { winners: [1] },
    });
    time.now = new Date('2026-01-06T00:00:00Z');
    expect(await close()).toEqual(closed);
    await expect(vote(id, 'M-2', 1)).rejects.toMatchObject({ refusal: { kind: 'conflict', reason: 'election-not-open' } });
  });

  test('lists the newest first, page by page, by status and by voter', async () => {
    const { send, plan, vote } = anApi();
    const [now, later] = [await plan(), await plan({ opensAt: '2026-01-20T00:00:00Z' })];
    await vote(now.id, 'M-1', 1);
    const listed = async (query: object) => {
      const { items, cursor } = (await send('listElections', { query })).body as { items: { id: string }[]; cursor?: string };
      return { ids: items.map(({ id }) => id), cursor };
    };
    const first = await listed({ limit: '1' });
    expect(first.ids).toEqual([later.id]);
    expect((await listed({ limit: '1', cursor: first.cursor })).ids).toEqual([now.id]);
    expect((await listed({ status: 'planned' })).ids).toEqual([later.id]);
    expect((await listed({ voter: 'M-1' })).ids).toEqual([now.id]);
    expect((await listed({ voter: 'M-2' })).ids).toEqual([]);
  });

  test('refuses a quorum where the tenant’s version keeps none, and plans without one', async () => {
    const { plan } = anApi(makeMemoryElectionStore({ keepsQuorum: false }));
    await expect(plan({ quorum: 2 })).rejects.toMatchObject({
      refusal: { kind: 'unprocessable', reason: 'quorum-needs-upgrade', message: expect.stringContaining('1.1.0') },
    });
    expect(await plan()).toMatchObject({ status: 'open' });
  });

  test('refuses what its rules say no to', async () => {
    const { plan, vote, send } = anApi();
    const { id } = await plan();
    await expect(plan({ closesAt: '2020-01-01T00:00:00Z' })).rejects.toMatchObject({ refusal: { reason: 'election-closes-too-early' } });
    await expect(plan({ candidates: ['Ada', 'Ada'] })).rejects.toMatchObject({ refusal: { reason: 'candidate-twice' } });
    await expect(vote(id, 'M-1', 3)).rejects.toMatchObject({ refusal: { kind: 'unprocessable', reason: 'candidate-not-found' } });
    const params = { election: '01K0000000000000000000000Z' };
    await expect(vote(params.election, 'M-1', 1)).rejects.toMatchObject({ refusal: { kind: 'not-found', reason: 'election-not-found' } });
    for (const operation of ['getElection', 'closeElection'])
      await expect(send(operation, { params })).rejects.toMatchObject({ refusal: { kind: 'not-found', reason: 'election-not-found' } });
  });

  test.each([
    [{ ...chair, candidates: ['Ada'] }],
    [{ ...chair, candidates: Array.from({ length: 51 }, (_, n) => `C${n}`) }],
    [{ ...chair, candidates: ['Ada', 'a\0b'] }],
    [{ ...chair, quorum: 0 }],
    [{ ...chair, quorum: 2_147_483_648 }],
    [{ ...chair, closesAt: 'soon' }],
  ])('refuses %j before anything is written', async (body) => {
    const { send } = anApi();
    await expect(send('planElection', { body })).rejects.toMatchObject({ name: 'ZodError' });
    expect((await send('listElections')).body).toEqual({ items: [] });
  });
});
