import { describe, expect, test } from '@jest/globals';
import { declaration } from '../../../contexts/user-management/api.ts';
import { profileRoutes } from '../../../contexts/user-management/application/profile-routes.ts';
import { ProfileView } from '../../../contexts/user-management/application/profile-view.ts';
import { makeMemoryProfileStore } from '../../support/memory-profile-store.ts';
import { makeRoutesBench, untouched } from '../../support/routes-bench.ts';

const ada = { subject: 'auth0|1815', displayName: 'Ada Lovelace', email: 'ada@example.org', locale: 'en-GB', timeZone: 'Europe/London' };

const anApi = () => {
  const api = makeRoutesBench((ports) => profileRoutes({ ...ports, store: makeMemoryProfileStore() }));
  const create = async (body: object = ada) => ProfileView.parse((await api.send('createUserProfile', { body })).body);
  return { ...api, create };
};

describe('The API of user_management', () => {
  test('declares its four routes without touching anything, each under its tenant', () => {
    const routes = declaration.routes(untouched);
    expect(routes.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /tenants/{tenant}/user-profiles',
      'GET /tenants/{tenant}/user-profiles',
      'GET /tenants/{tenant}/user-profiles/{profile}',
      'PATCH /tenants/{tenant}/user-profiles/{profile}',
    ]);
    expect(routes.filter((r) => r.method !== 'GET' && r.roles.includes('tenant-viewer'))).toEqual([]);
    expect(routes.filter((r) => r.bodyExample !== undefined).every((r) => r.body?.safeParse(r.bodyExample).success)).toBe(true);
  });

  test('creates a profile, says where it is, and reads it back', async () => {
    const { send } = anApi();
    const { status, body, headers } = await send('createUserProfile', { body: ada });
    const profile = ProfileView.parse(body);
    expect(status).toBe(201);
    expect(profile).toEqual({ ...ada, id: profile.id, active: true, createdAt: '2026-01-01T00:00:00.000Z', version: 1 });
    expect(headers).toEqual({ location: `/api/v1/tenants/acme/user-profiles/${profile.id}` });
    expect((await send('getUserProfile', { params: { profile: profile.id } })).body).toEqual(profile);
  });

  test('creates one profile for a subject, and says how to find it', async () => {
    const { send, create } = anApi();
    const first = await create({ subject: 'auth0|1', displayName: 'Ada' });
    await expect(create({ subject: 'auth0|1', displayName: 'Grace' })).rejects.toMatchObject({
      refusal: { kind: 'conflict', reason: 'profile-exists', message: expect.stringContaining('?subject=') },
    });
    expect((await send('listUserProfiles', { query: { subject: 'auth0|1' } })).body).toEqual({ items: [first] });
  });

  test('changes a profile, and not one that was changed meanwhile', async () => {
    const { send, create } = anApi();
    const { id } = await create();
    const change = (body: object) => send('changeUserProfile', { params: { profile: id }, body });
    expect((await change({ email: null, active: false, version: 1 })).body).toMatchObject({
      active: false,
      deactivatedAt: '2026-01-01T00:00:00.000Z',
      version: 2,
    });
    expect((await send('getUserProfile', { params: { profile: id } })).body).not.toHaveProperty('email');
    await expect(change({ displayName: 'Grace', version: 1 })).rejects.toMatchObject({
      refusal: { kind: 'conflict', reason: 'profile-changed-meanwhile' },
    });
  });

  test('lists page by page, and those who are active or gone alone', async () => {
    const { send, create } = anApi();
    const [first, second] = [await create({ ...ada, subject: 'a' }), await create({ ...ada, subject: 'b' })];
    await send('changeUserProfile', { params: { profile: first.id }, body: { active: false } });
    const listed = async (query: object) => {
      const { items, cursor } = (await send('listUserProfiles', { query })).body as { items: ProfileView[]; cursor?: string };
      return { ids: items.map(({ id }) => id), cursor };
    };
    const page = await listed({ limit: '1' });
    expect(page.ids).toEqual([second.id]);
    expect((await listed({ limit: '1', cursor: page.cursor })).ids).toEqual([first.id]);
    expect((await listed({ active: 'true' })).ids).toEqual([second.id]);
    expect((await listed({ active: 'false' })).ids).toEqual([first.id]);
  });

  test('knows no profile that is not there', async () => {
    const { send } = anApi();
    for (const operation of ['getUserProfile', 'changeUserProfile'])
      await expect(send(operation, { params: { profile: '01K0000000000000000000000Z' } })).rejects.toMatchObject({
        refusal: { kind: 'not-found', reason: 'profile-not-found' },
      });
  });

  test.each([
    [{ ...ada, displayName: ' ' }],
    [{ ...ada, subject: 'a\0b' }],
    [{ ...ada, email: 'nobody' }],
    [{ ...ada, locale: 'not a language' }],
    [{ ...ada, timeZone: 'Europe/Nowhere' }],
    [{ ...ada, isAdmin: true }],
  ])('refuses %j before anything is written', async (body) => {
    const { send } = anApi();
    await expect(send('createUserProfile', { body })).rejects.toMatchObject({ name: 'ZodError' });
    expect((await send('listUserProfiles')).body).toEqual({ items: [] });
  });
});
