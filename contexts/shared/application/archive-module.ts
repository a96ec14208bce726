import { Defect } from '../domain/errors.ts';
import type { ArchiveChange, SchemaStand, TenantModuleSchema } from './module-schema.ts';

/** What of a module's archives is to be done, and for which job. Each is safe to repeat. */
export interface ArchiveCommand {
  readonly schema: TenantModuleSchema;
  readonly archive: number;
  readonly job: string;
}

/** Puts the module's schema aside. */
export const archiveModule = ({ schema, archive, job }: ArchiveCommand): Promise<void> =>
  schema.changeArchive(archive, async (change) => {
    if (isDone(change.archive, job)) return;
    refuseStranger(change.archive, `it is not this job’s: ask for another number than ${archive}`);
    if (!change.module.exists)
      throw new Defect(`there is no schema ${change.module.name} to archive: see what became of it`, { schema: change.module.name });
    await change.putAside();
    await change.markArchived();
  });

/** Brings an archive back under the module's name. */
export const restoreModule = ({ schema, archive, job }: ArchiveCommand): Promise<void> =>
  schema.changeArchive(archive, async (change) => {
    if (isDone(change.module, job)) return;
    refuseStranger(change.module, 'it is not this job’s: uninstall the module before its archive comes back');
    checkArchive(change);
    await change.bringBack();
    await change.markRestored();
  });

/** Nothing to do where this job has not archived, or has undone it. */
export const undoArchive = ({ schema, archive, job }: ArchiveCommand): Promise<void> =>
  schema.changeArchive(archive, async (change) => {
    if (!isDone(change.archive, job)) return;
    refuseStranger(change.module, 'the archive cannot come back under its name');
    await change.bringBack();
    await change.unmarkArchived();
  });

/** Nothing to do where this job has not restored, or has undone it. Its migrations are to be undone before. */
export const undoRestore = ({ schema, archive, job }: ArchiveCommand): Promise<void> =>
  schema.changeArchive(archive, async (change) => {
    if (!isDone(change.module, job)) return;
    refuseStranger(change.archive, 'the module cannot be archived again under its name');
    await change.putAside();
    await change.unmarkRestored();
  });

/** Whether this job has brought the archive back. */
export const isRestoredBy = ({ schema, archive, job }: ArchiveCommand): Promise<boolean> =>
  schema.changeArchive(archive, async (change) => isDone(change.module, job));

const isDone = ({ exists, markedBy }: SchemaStand, job: string): boolean => exists && markedBy === job;

const refuseStranger = ({ exists, name, markedBy }: SchemaStand, why: string): void => {
  if (exists)
    throw new Defect(`the schema ${name} stands already; ${why}`, { schema: name, ...(markedBy === undefined ? {} : { job: markedBy }) });
};

/** A schema that only has the name of an archive is none. */
const checkArchive = ({ archive }: ArchiveChange): void => {
  if (archive.exists && archive.markedBy !== undefined) return;
  throw new Defect(
    archive.exists ? `the schema ${archive.name} is no archive: nothing in it says who archived it` : `there is no archive ${archive.name}`,
    {
      schema: archive.name,
    },
  );
};
