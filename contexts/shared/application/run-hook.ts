import { Defect, Unavailable } from '../domain/errors.ts';
import { type HookName, isPostHook } from '../domain/hook-name.ts';
import type { MigratorDeclaration, PostHookContext, ReversibleHook } from './migration.ts';
import { isReversible } from './reversible-hook.ts';

export interface RunHook {
  readonly declaration: MigratorDeclaration;
  readonly hook: HookName;
  readonly context: Omit<PostHookContext, 'signal'>;
  /** Runs one that can be undone. */
  readonly reversibly: (hook: ReversibleHook) => Promise<void>;
}

const timeoutSecondsDefault = 30;

/** Runs a hook of the module, if it has it, within its time. It may have run before: its key is the same then. Only a post hook may announce. */
export const runHook = async ({ declaration: { manifest, hooks = {} }, hook, context, reversibly }: RunHook): Promise<void> => {
  const declared = hooks[hook];
  if (declared === undefined) return;
  const { announce: _announce, ...inside } = context;
  const run = (signal: AbortSignal): Promise<unknown> | undefined => {
    if (isPostHook(hook)) return hooks[hook]?.run({ ...context, signal });
    const before = hooks[hook];
    return before && isReversible(before) ? reversibly(before) : before?.run({ ...inside, signal });
  };
  const facts = { module: manifest.name, hook };
  const seconds = declared.timeoutSeconds ?? timeoutSecondsDefault;
  const overdue = new AbortController();
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    overdue.abort();
    late.reject(new Unavailable(`the ${hook} hook of ${facts.module} took longer than ${seconds} s`));
  }, seconds * 1_000);
  try {
    await Promise.race([run(overdue.signal), late.promise]);
  } catch (error) {
    if (error instanceof Error && ['Contended', 'Unavailable', 'Refused'].includes(error.name)) throw error;
    const what = `the ${hook} hook of ${facts.module} failed`;
    // the words of any other error are not ours, and may quote rows
    if (!(error instanceof Defect)) throw new Defect(what, facts, { cause: error });
    throw new Defect(`${what}: ${error.message}`, { ...error.facts, ...facts }, { cause: error });
  } finally {
    clearTimeout(timer);
  }
};
