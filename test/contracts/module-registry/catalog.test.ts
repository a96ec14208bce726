import { describe, expect, test } from '@jest/globals';
import { ulid } from 'ulid';
import type { Catalog, CatalogChange, Outbox } from '../../../contexts/module-registry/application/ports.ts';
import type { CatalogModule } from '../../../contexts/module-registry/domain/module-version.ts';
import { makeDynamoCatalog, makeDynamoOutbox } from '../../../contexts/module-registry/index.ts';
import { makeDynamoIdempotency } from '../../../contexts/shared/adapters/dynamo-idempotency.ts';
import type { IdempotencyStore } from '../../../contexts/shared/application/idempotency.ts';
import { makeMemoryCatalog } from '../../support/memory-catalog.ts';
import { aModule } from '../../support/memory-registry.ts';
import { makeMemoryTrail } from '../../support/memory-trail.ts';
import { at, contended, pagesOf, registryTable, waitingOf } from './registry-stand.ts';

interface CatalogStand {
  readonly catalog: Catalog;
  readonly outbox: Outbox;
  readonly idempotency: IdempotencyStore;
}

const aName = (): string => `m_${ulid().toLowerCase()}`;

const registering = (name: string, module: Partial<CatalogModule> = {}): CatalogChange => {
  const entry = aModule(name, { status: 'draft' }, module);
  return { module: entry.module, versions: [entry.version], others: [], event: event(name, 'ModuleRegistered') };
};
const event = (module: string, name: string) => ({ name, module, actor: 'ada', at: at.toISOString(), facts: { versions: ['1.0.0'] } });

const publishing = ({ module, versions }: CatalogChange): CatalogChange => ({
  before: module,
  module: { ...module, newestPublished: '1.0.0', sequence: module.sequence + 1 },
  versions: versions.map((version) => ({ ...version, status: 'published', publishedAt: at })),
  others: [],
  event: event(module.name, 'ModulePublished'),
});

const describeCatalog = (name: string, make: () => CatalogStand): void => {
  describe(`A catalog ${name}`, () => {
    test('keeps a module with its versions as they were saved', async () => {
      const { catalog } = make();
      const first = registering(aName());
      const versions = ['1.0.0', '1.1.0'].flatMap((version) => first.versions.map((one) => ({ ...one, version, sunsetAt: at })));
      await catalog.save({ ...first, versions });
      const read = await catalog.read(first.module.name);
      expect(read?.module).toEqual(first.module);
      expect(read?.versions.toSorted((a, b) => (a.version < b.version ? -1 : 1))).toEqual(versions);
      expect(await catalog.read(aName())).toBeUndefined();
    });

    test('changes the versions that a change names, and no others', async () => {
      const { catalog } = make();
      const first = registering(aName());
      const [draft] = first.versions;
      if (!draft) throw new Error('there is a version');
      await catalog.save({ ...first, versions: [draft, { ...draft, version: '2.0.0' }] });
      await catalog.save(publishing(first));
      const read = await catalog.read(first.module.name);
      expect(read?.module).toMatchObject({ newestPublished: '1.0.0', sequence: 2 });
      expect(read?.versions.map(({ version, status }) => `${version} ${status}`).sort()).toEqual(['1.0.0 published', '2.0.0 draft']);
    });

    test('forgets what was newest once nothing is published any more', async () => {
      const { catalog } = make();
      const first = registering(aName());
      await catalog.save(first);
      const published = publishing(first);
      await catalog.save(published);
      const { newestPublished: _gone, ...module } = published.module;
      await catalog.save({
        before: published.module,
        module: { ...module, sequence: 3 },
        versions: published.versions.map((version) => ({ ...version, status: 'withdrawn' })),
        others: [],
        event: event(module.name, 'ModuleWithdrawn'),
      });
      const read = await catalog.read(module.name);
      expect(read?.module).toEqual({ ...module, sequence: 3 });
      expect(read?.versions[0]?.status).toBe('withdrawn');
    });

    test('offers a module with what a plan needs to know of each version, on the page and by its name', async () => {
      const { catalog } = make();
      const first = registering(aName());
      const dependencies = [{ module: 'membership', range: '^1.0', optional: true }];
      const [draft] = first.versions.map((version) => ({ ...version, dependencies, sunsetAt: at }));
      const { module } = first;
      if (!draft) throw new Error('there is a version');
      await catalog.save({ ...first, versions: [draft, { ...draft, version: '2.0.0' }] });
      await catalog.save({ ...publishing({ ...first, versions: [draft] }), others: [{ ...draft, version: '2.0.0' }] });

      const offer = { module: module.name, dependencies, sunsetAt: at };
      const [offered, ...more] = await catalog.offered([module.name, aName()]);
      expect([offered?.module, more]).toEqual([{ ...module, newestPublished: '1.0.0', sequence: 2 }, []]);
      expect(offered?.versions.toSorted((a, b) => (a.version < b.version ? -1 : 1))).toEqual([
        { ...offer, version: '1.0.0', status: 'published' },
        { ...offer, version: '2.0.0', status: 'draft' },
      ]);
      const pages = await pagesOf((cursor) => catalog.shelf({ limit: 2, ...(cursor === undefined ? {} : { cursor }) }));
      expect(pages.flat().find((one) => one.module.name === module.name)).toEqual(offered);
      expect(await catalog.offered([])).toEqual([]);
    });

    test('takes a new module once', async () => {
      const { catalog } = make();
      const first = registering(aName());
      await catalog.save(first);
      await expect(catalog.save(first)).rejects.toMatchObject(contended);
    });

    test('rejects a change of a module that someone changed since, and has stored nothing of it', async () => {
      const { catalog, outbox } = make();
      const first = registering(aName());
      await catalog.save(first);
      await catalog.save({ ...publishing(first), versions: [] });
      await expect(catalog.save(publishing(first))).rejects.toMatchObject(contended);
      expect((await catalog.read(first.module.name))?.versions).toEqual(first.versions);
      expect(await waitingOf({ outbox }, `MODULE#${first.module.name}`)).toHaveLength(2);
    });

    test('rejects a change of a module that is not there', async () => {
      const { catalog } = make();
      await expect(catalog.save(publishing(registering(aName())))).rejects.toMatchObject(contended);
    });

    test('numbers a module’s events without a gap', async () => {
      const { catalog, outbox } = make();
      const first = registering(aName());
      await catalog.save(first);
      await catalog.save(publishing(first));
      const waiting = await waitingOf({ outbox }, `MODULE#${first.module.name}`);
      expect(waiting.toSorted((a, b) => a.sequence - b.sequence)).toEqual(
        [first, publishing(first)].map((change) => ({
          ...change.event,
          id: expect.any(String),
          sequence: change.module.sequence,
          aggregate: `MODULE#${first.module.name}`,
        })),
      );
    });

    test('finds versions of several modules at once, and leaves out those that it does not have', async () => {
      const { catalog } = make();
      const [first, second] = [registering(aName()), registering(aName())];
      const later = first.versions.map((version) => ({ ...version, version: '2.0.0' }));
      await catalog.save({ ...first, versions: [...first.versions, ...later] });
      await catalog.save(second);
      const wanted = [
        { module: first.module.name, version: '2.0.0' },
        { module: second.module.name, version: '1.0.0' },
        { module: second.module.name, version: '9.0.0' },
        { module: aName(), version: '1.0.0' },
      ];
      const byModule = (a: { readonly module: string }, b: { readonly module: string }) => (a.module < b.module ? -1 : 1);
      expect((await catalog.versions(wanted)).toSorted(byModule)).toEqual([...later, ...second.versions].toSorted(byModule));
      expect(await catalog.versions([])).toEqual([]);
    });

    test('finds more versions than one request of the table can ask for', async () => {
      const { catalog } = make();
      const first = registering(aName());
      const [one] = first.versions;
      if (!one) throw new Error('there is a version');
      const versions = Array.from({ length: 90 }, (_, n) => ({ ...one, version: `1.0.${n}` }));
      await catalog.save({ ...first, versions });
      const wanted = [...versions, ...versions.map(({ module }, n) => ({ module, version: `2.0.${n}` }))];
      expect(await catalog.versions(wanted)).toHaveLength(90);
    });

    test('lists modules by name, a page at a time', async () => {
      const { catalog } = make();
      const prefix = aName();
      const names = ['e', 'b', 'd', 'a', 'c'].map((letter) => `${prefix}_${letter}`);
      for (const module of names) await catalog.save(registering(module));
      const pages = await pagesOf((cursor) => catalog.list({ limit: 2, ...(cursor ? { cursor } : {}) }));
      const listed = pages.flat().map((module) => module.name);
      expect(pages.every((page) => page.length <= 2)).toBe(true);
      expect(listed.filter((module) => module.startsWith(prefix))).toEqual(names.toSorted());
      expect(listed).toEqual(listed.toSorted());
    });

    test('remembers the last landlord migration that stands, and never lowers it', async () => {
      const { catalog } = make();
      const first = registering(aName());
      const known = async () => (await catalog.read(first.module.name))?.module.landlordMigration;
      await catalog.save(first);
      await catalog.landlordStands(first.module.name, 3);
      await catalog.landlordStands(first.module.name, 2);
      expect(await known()).toBe(3);
      await catalog.save(publishing(first));
      expect(await known()).toBe(3);
    });

    test('makes no module of one whose landlord migrations are said to stand', async () => {
      const { catalog } = make();
      const module = aName();
      await catalog.landlordStands(module, 1);
      expect(await catalog.read(module)).toBeUndefined();
    });

    test('keeps the answer to a request in the transaction that stores the change', async () => {
      const { catalog, idempotency } = make();
      const first = registering(aName());
      const record = { id: ulid(), bodyHash: 'b', answer: { version: '1.0.0' } };
      await catalog.save({ ...first, idempotency: record });
      expect(await idempotency.find(record.id, at)).toEqual(record);
      await expect(catalog.save({ ...publishing(first), idempotency: record })).rejects.toMatchObject(contended);
      expect((await catalog.read(first.module.name))?.module.sequence).toBe(1);
    });
  });
};

const useTable = registryTable();

describeCatalog('in memory', () => {
  const trail = makeMemoryTrail();
  return { catalog: makeMemoryCatalog(trail), ...trail };
});
describeCatalog('in DynamoDB', () => {
  const table = useTable();
  return { catalog: makeDynamoCatalog(table, ulid), outbox: makeDynamoOutbox(table), idempotency: makeDynamoIdempotency(table) };
});

test('A catalog in DynamoDB reads a module by itself that was last changed before its offers stood with it', async () => {
  const table = useTable();
  const catalog = makeDynamoCatalog(table, ulid);
  const first = registering(aName());
  await catalog.save(first);
  await table.update({ Key: { pk: `MODULE#${first.module.name}`, sk: 'MODULE' }, UpdateExpression: 'REMOVE offers' });

  expect(await catalog.offered([first.module.name])).toMatchObject([
    { module: first.module, versions: [{ version: '1.0.0', status: 'draft' }] },
  ]);
});
