import { Defect } from '../domain/errors.ts';
import type { ManifestVersion } from '../domain/manifest.ts';
import { versionsInOrder } from './define-migrator.ts';
import { type DryStatement, dryRun, dryRunDown, recorded } from './dry-run.ts';
import { type Fault, type LintRule, remedies } from './lint-rule.ts';
import type { Migration, MigrationKind, MigratorDeclaration, Scope } from './migration.ts';
import { roundTripFaults } from './round-trip.ts';
import { faultsOfCall, type StatementPlace, tableEffectsOf } from './statement-faults.ts';

/** What the lint found, where, and what to do. */
export interface Finding extends Fault {
  readonly scope: Scope;
  /** Of the migrator's declaration or the manifest: `tenant[1].up`, `seed(1.0.0)`, `manifest.versions(1.0.0).tables.tenant`. */
  readonly field: string;
  /** The number of the migration; absent where something else is at fault. */
  readonly migration?: number;
  readonly remedy: string;
}

/**
 * Looks at the statements of every migration, as a dry run gives them: for locks that would stop tenants, for what stands
 * outside the module's schema, for what cannot be undone. Connects to nothing. A migration may accept a rule, with its reason.
 * With a version, only what leads to it.
 */
export const lintMigrator = async (declaration: MigratorDeclaration, upTo?: string): Promise<readonly Finding[]> => {
  const versions = versionsInOrder(declaration);
  const end = upTo === undefined ? versions.length : versions.findIndex(({ version }) => version === upTo) + 1;
  if (end === 0) throw new Defect(`the deployed migrator of ${declaration.manifest.name} knows no version ${upTo}`, { version: upTo });
  const wanted = versions.slice(0, end);
  return [
    ...(await lintScope(declaration, wanted, 'landlord')),
    ...(await lintScope(declaration, wanted, 'tenant')),
    ...(await lintSeed(declaration, wanted)),
  ];
};

/** A seed is no migration, but it runs in the same schema with the same rights. */
const lintSeed = async ({ manifest, seed }: MigratorDeclaration, versions: readonly ManifestVersion[]): Promise<readonly Finding[]> => {
  const place = { module: manifest.name, kind: 'transactional', fresh: new Set<string>(), unvalidated: new Set<string>() } as const;
  for (const { version, seeds } of versions) {
    if (!seeds || seed === undefined) continue;
    const planted = await statementsIn(() => recorded(manifest.name, (db) => seed(db, version)));
    const faults = 'rule' in planted ? [planted] : planted.flatMap(({ sql }) => faultsOfCall(sql, { ...place, direction: 'down' }));
    if (faults.length > 0)
      return faults.map(({ rule, message }) => ({ ...found(rule, message), scope: 'tenant', field: `seed(${version})` }));
  }
  return [];
};

const lintScope = async (
  declaration: MigratorDeclaration,
  versions: readonly ManifestVersion[],
  scope: Scope,
): Promise<readonly Finding[]> => {
  const findings: Finding[] = [];
  const tables = new Set<string>();
  let from = 0;
  for (const version of versions) {
    const walk: Walk = { module: declaration.manifest.name, scope, tables, fresh: new Set(), unvalidated: new Map() };
    for (const migration of declaration[scope].slice(from, version.migrations[scope]))
      findings.push(...(await lintMigration(migration, walk)));
    from = version.migrations[scope];
    findings.push(...tablesDiffer(version, scope, tables));
  }
  return findings;
};

/** What is known from the statements up to here. */
interface Walk {
  readonly module: string;
  readonly scope: Scope;
  readonly tables: Set<string>;
  /** Tables that this version has made. */
  readonly fresh: Set<string>;
  /** Constraints that this version has added NOT VALID, by the kind of migration: those of one kind may share a transaction. */
  readonly unvalidated: Map<MigrationKind, Set<string>>;
}

const lintMigration = async (migration: Migration, walk: Walk): Promise<readonly Finding[]> => {
  const { module, scope, fresh } = walk;
  const up = await statementsIn(() => dryRun(module, migration));
  const down = await statementsIn(() => dryRunDown(module, migration));
  const faults = [
    ...upFaults(up, migration.kind, walk).map((fault) => ({ ...fault, direction: 'up' })),
    ...downFaults(down, { module, kind: migration.kind, fresh, unvalidated: new Set() }).map((fault) => ({ ...fault, direction: 'down' })),
    ...tripFaults(up, down).map((fault) => ({ ...fault, direction: 'down' })),
  ];
  return faults
    .filter(({ rule }) => migration.accepts?.[rule] === undefined)
    .map(({ direction, rule, message }) => ({
      ...found(rule, message),
      scope,
      field: `${scope}[${migration.number - 1}].${migration.kind === 'concurrent' ? 'index' : direction}`,
      migration: migration.number,
    }));
};

const found = (rule: LintRule, message: string) => ({ rule, message, remedy: remedies[rule] });

type Statements = readonly DryStatement[] | Fault;

const statementsIn = async (run: () => Promise<readonly DryStatement[]>): Promise<Statements> => {
  try {
    return await run();
  } catch (error) {
    const { message, cause } = error instanceof Error ? error : { message: String(error), cause: undefined };
    return { rule: 'fails-dry', message: `${message}${cause instanceof Error ? `: ${cause.message}` : ''}` };
  }
};

/** Each statement is looked at where it stands: a table is there only after the one that makes it. */
const upFaults = (up: Statements, kind: MigrationKind, { module, tables, fresh, unvalidated }: Walk): readonly Fault[] => {
  if ('rule' in up) return [up];
  const added = unvalidated.get(kind) ?? new Set();
  unvalidated.set(kind, added);
  return up.flatMap(({ sql }) => {
    const faults = faultsOfCall(sql, { module, kind, direction: 'up', fresh, unvalidated: added });
    for (const effect of tableEffectsOf(sql)) {
      for (const table of effect.gone ?? []) for (const known of [tables, fresh]) known.delete(table);
      if (effect.made !== undefined) for (const known of [tables, fresh]) known.add(effect.made);
      for (const constraint of effect.unvalidated ?? []) added.add(constraint);
    }
    return faults;
  });
};

const downFaults = (down: Statements, place: Omit<StatementPlace, 'direction'>): readonly Fault[] => {
  if ('rule' in down) return [down];
  if (down.length === 0) return [{ rule: 'missing-down', message: 'down does nothing' }];
  return down.flatMap(({ sql }) => faultsOfCall(sql, { ...place, direction: 'down' }));
};

/** A down that does nothing is told as that alone. */
const tripFaults = (up: Statements, down: Statements): readonly Fault[] =>
  'rule' in up || 'rule' in down || down.length === 0
    ? []
    : roundTripFaults(
        up.map(({ sql }) => sql),
        down.map(({ sql }) => sql),
      );

const tablesDiffer = (version: ManifestVersion, scope: Scope, standing: ReadonlySet<string>): readonly Finding[] => {
  const declared = version.tables[scope];
  const missing = declared.filter((table) => !standing.has(table));
  const extra = [...standing].filter((table) => !declared.includes(table));
  if (missing.length + extra.length === 0) return [];
  const message = [
    ...(missing.length > 0 ? [`no migration makes ${missing.join(', ')}`] : []),
    ...(extra.length > 0 ? [`${extra.join(', ')} stands and is not listed`] : []),
  ].join('; ');
  return [{ ...found('tables-differ', message), scope, field: `manifest.versions(${version.version}).tables.${scope}` }];
};
