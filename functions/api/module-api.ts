import type { ModuleApi } from '../../contexts/shared/application/route.ts';
import { composeModuleApi } from '../compose/module-api.ts';
import { type HttpHandler, makeHttpHandler } from '../http/http-handler.ts';

/** The generic half of every module's API function; the generated entry puts a module's declaration into it. */
export const makeModuleApiHandler = (declaration: ModuleApi): HttpHandler =>
  makeHttpHandler({ name: `api-${declaration.module}`, compose: () => composeModuleApi(declaration) });
