import * as z from 'zod';
import { defineRoute, type Route } from '../../../contexts/shared/application/route.ts';
import { docsHeaders, docsPage } from '../docs-page.ts';
import type { Health } from '../health.ts';

export interface SystemUseCases {
  readonly checkHealth: (question: { readonly deep: boolean }) => Promise<Health>;
  /** The OpenAPI document, as JSON. */
  readonly openapi: () => string;
  /** The script of the documentation page, compressed with gzip. */
  readonly docsScript: () => Promise<Uint8Array>;
}

/** What everybody may ask of the system, without a token. */
export const systemRoutes = (useCases: SystemUseCases): readonly Route[] => [
  health(useCases),
  openapi(useCases),
  docs(),
  docsScript(useCases),
];

const tags = ['System'];
const forAnHour = { 'cache-control': 'public, max-age=3600' };

const HealthView = z
  .strictObject({
    status: z.enum(['ok', 'failing']),
    checks: z
      .array(z.strictObject({ name: z.string(), ok: z.boolean(), durationMs: z.number() }))
      .meta({ description: 'Empty for a shallow answer.' }),
  })
  .meta({ id: 'Health' });

const health = ({ checkHealth }: SystemUseCases): Route =>
  defineRoute({
    method: 'GET',
    path: '/health',
    operationId: 'getHealth',
    summary: 'Say whether the service is well',
    description: 'Shallow: the API answers. `deep=true`: the registry table and the database cluster answer too.',
    tags,
    roles: 'public',
    query: z.strictObject({ deep: z.enum(['true', 'false']).default('false') }),
    answers: {
      200: { description: 'All that was asked is well.', schema: HealthView, example: { status: 'ok', checks: [] } },
      503: { description: 'Something is not; its check says which.', schema: HealthView },
    },
    handle: async ({ query }) => {
      const found = await checkHealth({ deep: query.deep === 'true' });
      return { status: found.status === 'ok' ? 200 : 503, body: found };
    },
  });

const openapi = (useCases: SystemUseCases): Route =>
  defineRoute({
    method: 'GET',
    path: '/openapi.json',
    operationId: 'getOpenApi',
    summary: 'Read this description of the API',
    tags,
    roles: 'public',
    answers: { 200: { description: 'OpenAPI 3.1.', contentType: 'application/json' } },
    handle: async () => ({
      status: 200,
      body: useCases.openapi(),
      headers: { 'content-type': 'application/json', ...forAnHour },
    }),
  });

const docs = (): Route =>
  defineRoute({
    method: 'GET',
    path: '/docs',
    operationId: 'getDocs',
    summary: 'Browse the documentation of the API',
    tags,
    roles: 'public',
    answers: { 200: { description: 'A page for people.', contentType: 'text/html' } },
    handle: async () => ({ status: 200, body: docsPage, headers: { ...docsHeaders, ...forAnHour } }),
  });

const docsScript = (useCases: SystemUseCases): Route =>
  defineRoute({
    method: 'GET',
    path: '/docs/redoc.standalone.js',
    operationId: 'getDocsScript',
    summary: 'Read the script of the documentation page',
    tags,
    roles: 'public',
    answers: { 200: { description: 'The script.', contentType: 'text/javascript' } },
    handle: async () => ({
      status: 200,
      body: await useCases.docsScript(),
      headers: { 'content-type': 'text/javascript; charset=utf-8', 'content-encoding': 'gzip', ...forAnHour },
    }),
  });
