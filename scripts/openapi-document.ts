import * as z from 'zod';
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject, type ZodOpenApiResponsesObject } from 'zod-openapi';
import { scanContexts } from '../contexts/module-registry/adapters/context-scanner.ts';
import type { AnswerDeclaration, Route } from '../contexts/shared/application/route.ts';
import { TenantSlug, Ulid } from '../contexts/shared/domain/names.ts';
import { declaredModuleRoutes, declaredRoutes } from '../functions/api/routes.ts';

/** Any refusal or failure, RFC 9457. Further members are facts about it. */
export const ProblemSchema = z
  .looseObject({
    type: z
      .url()
      .meta({ description: 'Stable; ends in the reason.', example: 'https://module-registry.example/problems/already-installed' }),
    title: z.string().meta({ example: 'Already installed' }),
    status: z.int().meta({ example: 409 }),
    detail: z.string().meta({ description: 'What happened, to what, and what to do.' }),
    instance: z.string().meta({ description: 'The path that was asked for.' }),
    requestId: z.string(),
    errors: z
      .array(z.strictObject({ field: z.string(), in: z.enum(['path', 'query', 'header', 'body']).optional(), message: z.string() }))
      .optional()
      .meta({ description: 'Every wrong field of a malformed request.' }),
  })
  .meta({ id: 'Problem' });

const problem = { 'application/problem+json': { schema: ProblemSchema } };
const commonResponses = {
  Malformed: { description: 'The request is wrong; every wrong field is named.', content: problem },
  Unauthenticated: { description: 'No valid token came with the request.', content: { 'application/json': { schema: z.looseObject({}) } } },
  Forbidden: { description: 'The role may not do this, or the path is another tenant’s.', content: problem },
  UnknownTenant: { description: 'There is no such tenant (platform admins only).', content: problem },
  Contended: { description: 'Other requests kept changing the same thing; send it again.', content: problem },
  PreconditionFailed: { description: 'It is no longer what If-Match says: read it again.', content: problem },
  PreconditionRequired: { description: 'If-Match is missing.', content: problem },
  TooManyRequests: {
    description: 'The tenant’s users ask more often than its plan allows.',
    content: problem,
    headers: { 'retry-after': { description: 'Seconds.', schema: { type: 'integer' as const } } },
  },
  Defect: { description: 'The service has a defect; report the request id.', content: problem },
  Unavailable: {
    description: 'A part of the service is briefly absent.',
    content: problem,
    headers: { 'retry-after': { description: 'Seconds.', schema: { type: 'integer' as const } } },
  },
};
const common = (name: keyof typeof commonResponses) => ({ $ref: `#/components/responses/${name}` });

const tags = [
  { name: 'Catalog', description: 'Modules and their versions.' },
  { name: 'Tenants', description: 'Customers, a database each.' },
  { name: 'Tenant modules', description: 'What a tenant has installed.' },
  { name: 'Jobs', description: 'Changes asked for, and what came of them.' },
  { name: 'Subscriptions', description: 'What tenants are entitled to.' },
  { name: 'Audit', description: 'Who changed what, when.' },
  { name: 'Analytics', description: 'What is counted over all tenants.' },
  { name: 'System', description: 'Health and this documentation.' },
];

/** The OpenAPI document of the registry's own routes and those of the modules below `roots`, from the schemas that validate requests. */
export const openApiDocument = async (roots: readonly string[]) => {
  const contexts = await scanContexts(roots);
  const modules = contexts.flatMap(({ manifest, api }) => (api ? [{ manifest, routes: declaredModuleRoutes(api) }] : []));
  const routes = [...Object.values(declaredRoutes).flat(), ...modules.flatMap((module) => module.routes)];
  const moduleTags = modules.flatMap(({ manifest, routes: own }) =>
    [...new Set(own.flatMap((route) => route.tags))].map((name) => ({
      name,
      description: `Of the module ${manifest.name}: ${manifest.title}.`,
    })),
  );
  return createDocument({
    openapi: '3.1.1',
    info: {
      title: 'Module registry',
      version: '1.0.0',
      summary: 'Installs, upgrades and removes modules for tenants.',
      description:
        'Changes that take time answer 202 with a job; follow it at its `Location`. Every refusal is a problem document with a stable `type`.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/api/v1', description: 'Where this document came from.' }],
    tags: [...tags, ...moduleTags],
    security: [{ token: [] }],
    paths: pathsOf(routes),
    components: {
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'Of the configured OIDC issuer; claims `sub`, `role` and, for tenant roles, `tenant`.',
        },
      },
      responses: commonResponses,
    },
  });
};

const pathsOf = (routes: readonly Route[]): ZodOpenApiPathsObject => {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const route of routes) paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operationOf(route) };
  return paths;
};

const changes = ({ method }: Route): boolean => method !== 'GET';

const operationOf = (route: Route): ZodOpenApiOperationObject => ({
  operationId: route.operationId,
  summary: route.summary,
  ...(route.description === undefined ? {} : { description: route.description }),
  tags: [...route.tags],
  ...(route.roles === 'public' ? { security: [] } : { 'x-roles': [...route.roles] }),
  requestParams: {
    ...(route.path.includes('{') ? { path: pathParameters(route) } : {}),
    ...(route.query === undefined ? {} : { query: route.query }),
    ...(changes(route) ? { header: route.conditional ? conditionalHeaders : idempotencyHeader } : {}),
  },
  ...(route.body === undefined ? {} : { requestBody: bodyOf(route, route.body) }),
  responses: responsesOf(route),
});

const TenantName = z.union([TenantSlug, Ulid]).meta({ description: 'The tenant’s slug or id.', example: 'acme' });
const idempotencyHeader = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/)
    .optional()
    .meta({ description: 'A repeat of the same request with the same key within 24 hours is answered as the first was.' }),
});

const conditionalHeaders = idempotencyHeader.extend({
  'if-match': z.string().meta({ description: 'The ETag of what was read, or `*`.', example: '"8f14e45f"' }),
});

const pathParameters = ({ path, params }: Route): z.ZodObject =>
  z.object({ ...(path.includes('{tenant}') ? { tenant: TenantName } : {}), ...params?.shape });

const bodyOf = ({ bodyExample, mergePatch }: Route, schema: z.ZodType) => {
  const content = { schema, ...(bodyExample === undefined ? {} : { example: bodyExample }) };
  return {
    required: !schema.safeParse({}).success,
    content: { 'application/json': content, ...(mergePatch ? { 'application/merge-patch+json': content } : {}) },
  };
};

const responsesOf = (route: Route): ZodOpenApiResponsesObject => ({
  ...Object.fromEntries(Object.entries(route.answers).map(([status, answer]) => [status, responseOf(answer)])),
  400: common('Malformed'),
  ...(route.roles === 'public' ? {} : { 401: common('Unauthenticated'), 403: common('Forbidden') }),
  ...(route.path.includes('{tenant}') ? { 404: common('UnknownTenant') } : {}),
  ...(changes(route) ? { 409: common('Contended') } : {}),
  ...(route.conditional ? { 412: common('PreconditionFailed'), 428: common('PreconditionRequired') } : {}),
  ...(route.roles !== 'public' && route.roles.some((role) => role !== 'platform-admin') ? { 429: common('TooManyRequests') } : {}),
  500: common('Defect'),
  ...(route.answers[503] === undefined ? { 503: common('Unavailable') } : {}),
  ...Object.fromEntries(Object.entries(route.refusals ?? {}).map(([status, description]) => [status, { description, content: problem }])),
});

const responseOf = ({ description, schema, contentType, example, headers = {} }: AnswerDeclaration) => ({
  description,
  ...(schema === undefined ? {} : { content: { 'application/json': { schema, ...(example === undefined ? {} : { example }) } } }),
  ...(schema === undefined && contentType !== undefined ? { content: { [contentType]: { schema: { type: 'string' as const } } } } : {}),
  ...(Object.keys(headers).length === 0 ? {} : { headers: headersOf(headers) }),
});

const headersOf = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(headers).map(([name, description]) => [name, { description, schema: { type: 'string' as const } }]));
