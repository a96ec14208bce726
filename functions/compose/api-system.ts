import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { Logger } from '@aws-lambda-powertools/logger';
import { DescribeEventBusCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
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
  const { CLUSTER_ARN, HEALTH_SECRET_ARN, EVENT_BUS_NAME } = settings({
    CLUSTER_ARN: z.string(),
    HEALTH_SECRET_ARN: z.string(),
    EVENT_BUS_NAME: z.string(),
  });
  const table = openTable();
  const events = new EventBridgeClient({});
  const database = makeDataApiDatabase({
    client: makeDataApiClient(),
    resourceArn: CLUSTER_ARN,
    secretArn: HEALTH_SECRET_ARN,
    database: 'landlord',
  });
  return {
    table: () => table.get({ pk: 'HEALTH', sk: 'HEALTH' }),
    database: () => database.query({ sql: 'SELECT 1', parameters: [] }),
    bus: () => events.send(new DescribeEventBusCommand({ Name: EVENT_BUS_NAME })),
  };
};
