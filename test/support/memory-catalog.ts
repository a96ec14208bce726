import type { Catalog, CatalogChange, OfferedModule } from '../../contexts/module-registry/application/ports.ts';
import type { CatalogModule, ModuleVersion } from '../../contexts/module-registry/domain/module-version.ts';
import { Contended } from '../../contexts/shared/domain/errors.ts';
import { type MemoryTrail, makeMemoryTrail, pageOf } from './memory-trail.ts';

/** The catalog in memory: the twin of the one in the registry table. */
export const makeMemoryCatalog = (trail: MemoryTrail = makeMemoryTrail()): Catalog => {
  const modules = new Map<string, CatalogModule>();
  const versions = new Map<string, ModuleVersion>();
  const save = async ({ before, module, versions: changed, event, idempotency }: CatalogChange): Promise<void> => {
    const stored = modules.get(module.name);
    if (stored?.sequence !== before?.sequence) throw new Contended('another request changed the module first');
    const { sequence } = module;
    const aggregate = `MODULE#${module.name}`;
    trail.store([{ ...event, id: `${module.name}-${sequence}`, sequence, aggregate }], { record: idempotency, at: new Date(event.at) });
    modules.set(module.name, { ...module, landlordMigration: stored?.landlordMigration ?? module.landlordMigration });
    for (const version of changed) versions.set(`${version.module} ${version.version}`, version);
  };
  const offered = (module: CatalogModule): OfferedModule => ({
    module,
    versions: [...versions.values()].flatMap(({ module: of, version, status, sunsetAt, dependencies }) =>
      of === module.name ? [{ module: of, version, status, dependencies, ...(sunsetAt ? { sunsetAt } : {}) }] : [],
    ),
  });
  return {
    save,
    read: async (name) => {
      const module = modules.get(name);
      return module && { module, versions: [...versions.values()].filter((version) => version.module === name) };
    },
    list: async (paging) =>
      pageOf(
        [...modules.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
        ({ name }) => name,
        paging,
      ),
    shelf: async (paging) =>
      pageOf([...modules.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)).map(offered), ({ module }) => module.name, paging),
    offered: async (names) => names.flatMap((name) => modules.get(name) ?? []).map(offered),
    versions: async (wanted) => wanted.flatMap(({ module, version }) => versions.get(`${module} ${version}`) ?? []),
    landlordStands: async (name, migration) => {
      const module = modules.get(name);
      if (module && module.landlordMigration < migration) modules.set(name, { ...module, landlordMigration: migration });
    },
  };
};
