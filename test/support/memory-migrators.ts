import type { Migrators, PlanQuestion } from '../../contexts/module-registry/application/ports.ts';
import { CONTRACT, type PlanAnswer } from '../../contexts/shared/domain/migrator-contract.ts';

/** Stands in for modules' migrators, which are outside, where they are asked what they would do. */
export interface PlanningMigrators extends Migrators {
  readonly questions: readonly (PlanQuestion & { readonly migratorArn: string })[];
}

const nothing: PlanAnswer = { contract: CONTRACT, schema: [], migrations: [], seed: [], losesData: false };

/** What undoing `name` would do: it drops data. */
export const losing = (name: string): PlanAnswer => {
  const statements = [{ sql: `drop ${name}`, dependsOnRows: false }];
  const migration = { scope: 'tenant', number: 2, name, kind: 'contract', direction: 'down', losesData: true, statements } as const;
  return { ...nothing, migrations: [migration], losesData: true };
};

/** By module: what its migrator answers; of the others that nothing would run. */
export const planning = (answers: Readonly<Record<string, PlanAnswer>> = {}): PlanningMigrators => {
  const questions: (PlanQuestion & { readonly migratorArn: string })[] = [];
  return {
    questions,
    plan: async (migratorArn, question) => {
      questions.push({ migratorArn, ...question });
      return answers[question.module] ?? nothing;
    },
  };
};
