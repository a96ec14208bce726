import { describe, expect, test } from '@jest/globals';
import { declaration } from '../../../contexts/membership/api.ts';
import { memberRoutes } from '../../../contexts/membership/application/member-routes.ts';
import { MemberView } from '../../../contexts/membership/application/member-view.ts';
import { makeMemoryMemberStore } from '../../support/memory-member-store.ts';
import { makeRoutesBench, untouched } from '../../support/routes-bench.ts';

const level = { id: '01K0000000000000000000RANK', name: 'Member', isDefault: true };
const nobody = '01K00000000000000000000099';

const anApi = (options: { readonly renewals?: boolean } = {}) => {
  const store = makeMemoryMemberStore(level, options);
  const { send, time } = makeRoutesBench((ports) => memberRoutes({ ...ports, store }));
  const admit = async (number: string, more: object = {}) =>
    MemberView.parse((await send('createMember', { body: { number, name: `Member ${number}`, ...more } })).body);
  return { send, time, admit };
};

describe('The API of membership', () => {
  test('declares its routes without touching anything, each under its tenant', () => {
    expect(declaration.routes(untouched).map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /tenants/{tenant}/members',
      'GET /tenants/{tenant}/members',
      'GET /tenants/{tenant}/members/{member}',
      'POST /tenants/{tenant}/members/{member}/renew',
      'POST /tenants/{tenant}/members/{member}/end',
      'GET /tenants/{tenant}/membership-levels',
    ]);
  });

  test('admits a member, says where it is, and reads it back', async () => {
    const { send } = anApi();
    const { status, body, headers } = await send('createMember', { body: { number: ' M-1 ', name: 'Ada', email: 'ada@example.org' } });
    const member = MemberView.parse(body);
    expect(status).toBe(201);
    expect(member).toMatchObject({ number: 'M-1', level: level.id, status: 'current', joinedAt: '2026-01-01T00:00:00.000Z', version: 1 });
    expect(headers).toEqual({ location: `/api/v1/tenants/acme/members/${member.id}` });
    expect((await send('getMember', { params: { member: member.id } })).body).toEqual(member);
  });

  test.each([{ number: 'a\tb' }, { name: 'A\0' }, { email: 'not one' }])('takes no member with %j', async (more) => {
    await expect(anApi().admit('M-1', more)).rejects.toMatchObject({ issues: [{ path: Object.keys(more) }] });
  });

  test('refuses a number twice, also when its member has left', async () => {
    const { send, admit } = anApi();
    const { id } = await admit('M-1');
    await send('endMembership', { params: { member: id } });
    await expect(admit('M-1')).rejects.toMatchObject({
      refusal: { kind: 'conflict', reason: 'member-number-taken', facts: { number: 'M-1' } },
    });
  });

  test('refuses a level and a member that are not there, and to join in the future', async () => {
    const { send, admit } = anApi();
    await expect(admit('M-1', { level: nobody })).rejects.toMatchObject({ refusal: { reason: 'membership-level-not-found' } });
    await expect(admit('M-1', { joinedAt: '2027-01-01T00:00:00Z' })).rejects.toMatchObject({
      refusal: { reason: 'member-joins-in-future' },
    });
    for (const operation of ['getMember', 'renewMembership', 'endMembership'])
      await expect(send(operation, { params: { member: nobody } })).rejects.toMatchObject({
        refusal: { kind: 'not-found', reason: 'member-not-found' },
      });
  });

  test('renews a membership, where the tenant’s version can', async () => {
    const { send, admit } = anApi();
    const params = { member: (await admit('M-1')).id };
    const { body } = await send('renewMembership', { params });
    expect(body).toMatchObject({ renewedAt: '2026-01-01T00:00:00.000Z', version: 2 });
    expect((await send('getMember', { params })).body).toEqual(body);
    const old = anApi({ renewals: false });
    await expect(old.send('renewMembership', { params: { member: (await old.admit('M-1')).id } })).rejects.toMatchObject({
      refusal: { reason: 'membership-knows-no-renewals' },
    });
  });

  test('ends a membership once, whoever asks again', async () => {
    const { send, time, admit } = anApi();
    const params = { member: (await admit('M-1')).id };
    const { body } = await send('endMembership', { params });
    expect(body).toMatchObject({ status: 'former', leftAt: '2026-01-01T00:00:00.000Z', version: 2 });
    time.now = new Date('2026-02-01T00:00:00Z');
    expect((await send('endMembership', { params })).body).toEqual(body);
  });

  test('lists members page by page, with a cursor while more may follow', async () => {
    const { send, admit } = anApi();
    for (const number of ['1', '2', '3']) await admit(number);
    const first = (await send('listMembers', { query: { limit: '2' } })).body as { items: { number: string }[]; cursor: string };
    expect(first.items.map(({ number }) => number)).toEqual(['3', '2']);
    const second = (await send('listMembers', { query: { limit: '2', cursor: first.cursor } })).body;
    expect(second).toMatchObject({ items: [{ number: '1' }] });
    expect(second).not.toHaveProperty('cursor');
    expect((await send('listMembers', { query: { name: 'member 3', status: 'current' } })).body).toMatchObject({
      items: [{ number: '3' }],
    });
    await expect(send('listMembers', { query: { cursor: 'nonsense' } })).rejects.toThrow('is not a cursor that this API gave');
  });

  test('lists the levels', async () => {
    expect((await anApi().send('listMembershipLevels')).body).toEqual({ items: [level] });
  });
});
