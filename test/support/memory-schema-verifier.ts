import type { SchemaVerifier } from '../../contexts/module-registry/application/verify-module.ts';
import type { Stands } from '../../contexts/module-registry/domain/verification.ts';

/** Stands in for a module's migrator, which is outside, where it is asked what stands in a tenant's database. */
export interface StandingSchema extends SchemaVerifier {
  /** `{migrator} {version} in {database}` of each question, in order. */
  readonly questions: readonly string[];
}

/** A module of which a schema stands that holds no table. */
export const empty = { version: 'empty' } as const;

/** Its schema is what `stands` says when it is asked. */
export const standing = (stands: () => Stands, highestFence: () => number = () => 0): StandingSchema => {
  const questions: string[] = [];
  return {
    questions,
    verify: async (migratorArn, { module, version, target }) => {
      questions.push(`${migratorArn} ${version} in ${target.database}`);
      const found = stands();
      const ok = typeof found !== 'string' && found.version === version;
      const exists = found !== 'absent';
      const rowCounts: Readonly<Record<string, number>> = !exists || found === empty ? {} : { [module]: 3 };
      const problems = ok ? [] : [`this is not ${version}`];
      return { ok, exists, problems, highestFence: highestFence(), fingerprint: `of ${JSON.stringify(found)}`, rowCounts };
    },
  };
};
