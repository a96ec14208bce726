import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a folder beside its place and moves it there whole: others see all of it or nothing. Where another process was faster
 * its folder stays, for somebody may be reading it.
 */
export const place = async (folder: string, make: (part: string) => Promise<void>): Promise<void> => {
  const part = `${folder}.${process.pid}`;
  rmSync(part, { recursive: true, force: true });
  mkdirSync(dirname(part), { recursive: true });
  await make(part);
  try {
    renameSync(part, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
    rmSync(part, { recursive: true, force: true });
  }
};
