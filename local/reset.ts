import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { removePostgres } from './postgres.ts';
import { takeLock } from './processes.ts';

/** `npm run local:reset`: forgets the state folder, unless a cloud is using it. */
const localDir = process.env['LOCAL_DIR'] ?? '.local';

try {
  if (existsSync(localDir)) {
    takeLock(join(localDir, 'lock'), `the state folder ${localDir}`);
    removePostgres(join(localDir, 'postgres'));
    rmSync(localDir, { recursive: true, force: true });
  }
  console.log(`${localDir} is forgotten`);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
