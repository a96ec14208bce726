import { Defect } from '../domain/errors.ts';
import type { HookName } from '../domain/hook-name.ts';
import type { HookContext, MigratorDeclaration, ReversibleHook } from './migration.ts';
import type { LedgerEntry, ModuleSchema } from './module-schema.ts';

/** Of which job and which of its hooks the ledger keeps what is to be undone. */
export interface OfHook {
  readonly schema: ModuleSchema;
  readonly hook: HookName;
  readonly job: string;
}

export interface RunReversible extends OfHook {
  readonly reversible: ReversibleHook;
  readonly attempt: number;
  readonly context: Pick<HookContext, 'tenant' | 'version' | 'from'>;
}

/** Changes the rows once in a job, and writes into the ledger in the same transaction what the way back has to know. */
export const runReversible = ({ schema, hook, job, reversible, attempt, context }: RunReversible): Promise<void> =>
  schema.change(async ({ db, entries, record }) => {
    const entry = entryName(hook, job);
    if ((await entries()).some((known) => known.entry === entry)) return;
    const cursor = await reversible.change(db, context);
    requireSmall(cursor, hook);
    await record({ ...about, entry, version: context.version, job, attempt, cursor });
  });

/** The ledger is read as a whole, and the Data API answers no row above 64 KB. */
const noteBytesMax = 32_768;

const requireSmall = (note: unknown, hook: HookName): void => {
  const bytes = Buffer.byteLength(JSON.stringify(note));
  if (bytes <= noteBytesMax) return;
  throw new Defect(
    `what the ${hook} hook answers for its undo has ${bytes} bytes, at most ${noteBytesMax} can be kept: note what was changed in a table of the module`,
    {
      hook,
      bytes,
    },
  );
};

/** Makes it as it was before, where this job has changed anything; safe to repeat. */
export const undoReversible = async (declaration: MigratorDeclaration, { schema, hook, job }: OfHook): Promise<void> => {
  const declared = declaration.hooks?.[hook];
  if (declared === undefined || !isReversible(declared)) return;
  await schema.change(async ({ db, exists, entries, forget }) => {
    const done = exists ? (await entries()).find(({ entry }) => entry === entryName(hook, job)) : undefined;
    if (done === undefined) return;
    await declared.undo(db, done.cursor ?? {});
    await forget(done.entry);
  });
};

export const isReversible = (hook: object): hook is ReversibleHook => 'undo' in hook;

const about = { number: null, kind: 'hook', checksum: '', applied: true } as const satisfies Partial<LedgerEntry>;

const entryName = (hook: HookName, job: string): string => `${hook}@${job}`;
