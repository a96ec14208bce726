import { CONTRACT, type VerifyAnswer } from '../domain/migrator-contract.ts';
import { blueprintDifferences } from './blueprint.ts';
import type { MigratorDeclaration } from './migration.ts';
import type { Inspection, TenantModuleSchema } from './module-schema.ts';
import type { MigrationPlan } from './planned-migrations.ts';

type Verifiable = Pick<TenantModuleSchema, 'inspect' | 'highestFence'>;

/** Compares what stands with what a version declares. Changes nothing; every difference is a sentence. */
export const verifySchema = async (plan: MigrationPlan, declaration: MigratorDeclaration, schema: Verifiable): Promise<VerifyAnswer> => {
  const [found, highestFence] = [await schema.inspect(), await schema.highestFence()];
  const tables = declaration.manifest.versions.find((v) => v.version === plan.version)?.tables.tenant ?? [];
  const declared = (declaration.blueprint?.[plan.version] ?? []).filter(({ scope }) => scope === 'tenant');
  const problems = [
    ...ledgerProblems(plan, found),
    ...tableProblems(tables, found.tables),
    ...indexProblems(found),
    ...blueprintDifferences(declared, found.traits),
  ];
  const { exists, fingerprint, rowCounts, estimated } = found;
  return {
    contract: CONTRACT,
    ok: problems.length === 0,
    exists,
    problems,
    highestFence,
    fingerprint,
    rowCounts,
    ...(estimated === undefined ? {} : { estimated }),
  };
};

const ledgerProblems = (plan: MigrationPlan, { entries }: Inspection): readonly string[] => {
  const wanted = plan.all.slice(0, plan.total);
  const known = new Set(wanted.map((p) => p.entry));
  const strange = entries
    .filter((e) => e.number !== null && !known.has(e.entry))
    .map((e) => `${e.entry} does not belong to ${plan.version}`);
  return [...wanted.flatMap((planned) => entryProblems(planned, entries)), ...strange];
};

const entryProblems = ({ entry, checksum }: MigrationPlan['all'][number], entries: Inspection['entries']): readonly string[] => {
  const found = entries.find((e) => e.entry === entry);
  if (found === undefined) return [`${entry} is missing`];
  if (!found.applied) return [`${entry} is not finished`];
  return found.checksum === checksum ? [] : [`${entry} was changed after it ran`];
};

const tableProblems = (declared: readonly string[], found: readonly string[]): readonly string[] => [
  ...declared.filter((table) => !found.includes(table)).map((table) => `table ${table} is missing`),
  ...found.filter((table) => !declared.includes(table)).map((table) => `table ${table} is not declared`),
];

const indexProblems = ({ invalidIndexes }: Inspection): readonly string[] => invalidIndexes.map((index) => `index ${index} is invalid`);
