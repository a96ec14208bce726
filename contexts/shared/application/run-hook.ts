import { Defect, Unavailable } from '../domain/errors.ts';
import type { HookName } from '../domain/hook-name.ts';
import type { HookContext, MigratorDeclaration } from './migration.ts';

export interface RunHook {
  readonly declaration: MigratorDeclaration;
  readonly hook: HookName;
  readonly context: Omit<HookContext, 'signal'>;
}

const timeoutSecondsDefault = 30;

/** Runs a hook of the module, if it has it, within its time. It may have run before: its key is the same then. */
export const runHook = async ({ declaration, hook, context }: RunHook): Promise<void> => {
  const declared = declaration.hooks?.[hook];
  if (declared === undefined) return;
  const facts = { module: declaration.manifest.name, hook };
  const seconds = declared.timeoutSeconds ?? timeoutSecondsDefault;
  const overdue = new AbortController();
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    overdue.abort();
    late.reject(new Unavailable(`the ${hook} hook of ${facts.module} took longer than ${seconds} s`));
  }, seconds * 1_000);
  try {
    await Promise.race([declared.run({ ...context, signal: overdue.signal }), late.promise]);
  } catch (error) {
    if (error instanceof Error && ['Contended', 'Unavailable', 'Refused'].includes(error.name)) throw error;
    const known = error instanceof Defect ? error.facts : {};
    throw new Defect(`the ${hook} hook of ${facts.module} failed`, { ...known, ...facts }, { cause: error });
  } finally {
    clearTimeout(timer);
  }
};
