import type { MigratorDeclaration } from '../../contexts/shared/application/migration.ts';
import { parseMigratorRequest } from '../../contexts/shared/application/parse-migrator-request.ts';
import { composeMigrator } from '../compose/migrator.ts';

/** The generic half of every module's migrator function; the generated entry puts a module's declaration into it. */
export const makeMigratorHandler = (declaration: MigratorDeclaration) => {
  let composed: ReturnType<typeof composeMigrator> | undefined;
  return async (event: unknown) => {
    composed ??= composeMigrator(declaration, process.env);
    return composed(parseMigratorRequest(event));
  };
};
