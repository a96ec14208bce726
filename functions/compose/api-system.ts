import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { Logger } from '@aws-lambda-powertools/logger';
import * as z from 'zod';
import { makeDataApiClient, makeDataApiDatabase } from '../../contexts/shared/adapters/data-api.ts';
import document from '../../openapi.json' with { type: 'json' };
import { makeCheckHealth, type Probes } from '../api/health.ts';
import { systemRoutes } from '../api/routes/system-routes.ts';
import type { HttpApi } from '../http/http-handler.ts';
import { openTable, settings } from './registry.ts';

export const composeSystemApi = (): HttpApi => {
  const logger = new Logger();
  const checkHealth = makeCheckHealth({
    probes: openProbes(),
    elapsedMs: () => performance.now(),
    onFailed: (probe, error) => logger.error('a health probe failed', { probe, error: error as Error }),
  });
  let script: Promise<Uint8Array> | undefined;
  const docsScript = (): Promise<Uint8Array> => {
    script ??= readFile(new URL('./redoc.standalone.js', import.meta.url)).then((plain) => promisify(gzip)(plain));
    return script;
  };
  const openapi = JSON.stringify(document);
  return { routes: systemRoutes({ checkHealth, openapi: () => openapi, docsScript }), findTenant: async () => undefined };
};

const openProbes = (): Probes => {
  const { CLUSTER_ARN, ADMIN_SECRET_ARN } = settings({ CLUSTER_ARN: z.string(), ADMIN_SECRET_ARN: z.string() });
  const table = openTable();
  const database = makeDataApiDatabase({
    client: makeDataApiClient(),
    resourceArn: CLUSTER_ARN,
    secretArn: ADMIN_SECRET_ARN,
    database: 'postgres',
  });
  return {
    table: () => table.get({ pk: 'HEALTH', sk: 'HEALTH' }),
    database: () => database.query({ sql: 'SELECT 1', parameters: [] }),
  };
};
