import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { platformAdmin } from '../../support/http/api-stand.ts';
import { acmeAdmin, acmeViewer, get, manifest, post, reasonOf, stand, startFourModules } from './four-modules.ts';

beforeAll(startFourModules);
afterAll(() => stand.close());

describe('The catalog', () => {
  test('shows tenants what is published, and platform admins drafts too', async () => {
    const tenants = await get('/modules', acmeViewer);
    const platform = await get('/modules', platformAdmin);

    expect(tenants.body['items'].map(({ module }: { module: string }) => module)).toEqual(['cards', 'events', 'lists', 'notes']);
    expect(platform.body['items'].map(({ module }: { module: string }) => module)).toContain('drafts');
    expect(tenants.body['items'][0]).toMatchObject({ module: 'cards', newestPublished: '1.0.0' });
  });

  test('shows a module with its versions, newest first', async () => {
    const versions = async (claims: Readonly<Record<string, unknown>>): Promise<readonly string[]> =>
      (await get('/modules/cards', claims)).body['versions'].map(
        ({ version, status }: { version: string; status: string }) => `${version} ${status}`,
      );

    expect(await versions(platformAdmin)).toEqual(['1.1.0 draft', '1.0.0 published']);
    expect(await versions(acmeAdmin)).toEqual(['1.0.0 published']);
  });

  test('answers tenants 404 for a module that has drafts only, as for one that is not there', async () => {
    expect(reasonOf(await get('/modules/drafts', acmeAdmin))).toBe('404 unknown-module');
    expect(reasonOf(await get('/modules/nothing', acmeAdmin))).toBe('404 unknown-module');
    expect((await get('/modules/drafts', platformAdmin)).status).toBe(200);
  });

  test('pages by an opaque cursor', async () => {
    const first = await get('/modules?limit=2', platformAdmin);
    const second = await get(`/modules?limit=2&cursor=${first.body['cursor']}`, platformAdmin);

    const names = [...first.body['items'], ...second.body['items']].map(({ module }: { module: string }) => module);
    expect(names).toEqual(['cards', 'drafts', 'events', 'lists']);
  });

  test.each(['xyz', Buffer.from('{"pk":"TENANT#1","sk":"TENANT"}').toString('base64url')])('refuses the cursor %s', async (cursor) => {
    const answer = await get(`/modules?cursor=${cursor}`, platformAdmin);

    expect(reasonOf(answer)).toBe('400 malformed');
    expect(answer.body['errors']).toEqual([{ field: 'cursor', message: 'pass the cursor of the previous page unchanged' }]);
  });

  test('is published to by both paths, and publishing again changes nothing', async () => {
    await stand.deploy(manifest('twice', '1.0.0'));
    const first = await post('/platform/modules/twice/versions/1.0.0/publish', platformAdmin);
    const again = await post('/platform/modules/twice/publish', platformAdmin, { version: '1.0.0' });

    expect([first.status, again.status]).toEqual([200, 200]);
    expect(again.body).toEqual(first.body);
    expect(first.body).toMatchObject({ version: '1.0.0', status: 'published' });
  });

  test('refuses to publish what it does not have', async () => {
    expect(reasonOf(await post('/platform/modules/cards/publish', platformAdmin, { version: '9.9.9' }))).toBe('404 unknown-version');
    expect(reasonOf(await post('/platform/modules/nothing/publish', platformAdmin, { version: '1.0.0' }))).toBe('404 unknown-module');
  });

  test('takes the document that the deploy registered, and no other', async () => {
    const [version] = manifest('cards', '1.0.0').versions;
    const changed = { ...manifest('cards', '1.0.0'), versions: [{ ...version, migrations: { landlord: 0, tenant: 2 } }] };

    expect((await post('/platform/modules', platformAdmin, manifest('cards', '1.0.0', '1.1.0'))).status).toBe(200);
    expect(reasonOf(await post('/platform/modules', platformAdmin, changed))).toBe('409 version-immutable');
    expect(reasonOf(await post('/platform/modules', platformAdmin, manifest('elsewhere', '1.0.0')))).toBe('422 migrator-not-deployed');
  });

  test('names every field that is wrong in a manifest', async () => {
    const answer = await post('/platform/modules', platformAdmin, {
      ...manifest('cards', '1.0.0'),
      colour: 'red',
      versions: [{ version: 'v1', migrations: { landlord: 0 } }],
    });

    expect(answer.body['errors'].map(({ field }: { field: string }) => field)).toEqual([
      'versions[0].version',
      'versions[0].migrations.tenant',
      'versions[0].tables',
      'colour',
    ]);
  });

  test('is the platform admin’s to change', async () => {
    for (const answer of [
      await post('/platform/modules/cards/publish', acmeAdmin, { version: '1.1.0' }),
      await post('/platform/modules', acmeAdmin, manifest('cards', '1.0.0')),
      await get('/platform/modules', acmeAdmin),
      await post('/platform/modules/cards/install', acmeAdmin, { tenant: 'acme' }),
    ])
      expect(reasonOf(answer)).toBe('403 role-not-allowed');
  });
});
