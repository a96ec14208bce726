import { performance } from 'node:perf_hooks';
import * as z from 'zod';
import { defineRoute, writers } from '../contexts/shared/application/route.ts';
import { makeHttpHandler } from '../functions/http/http-handler.ts';
import { apiEvent, lambdaContext } from '../test/support/http/api-event.ts';

export interface MiddlewareOverhead {
  readonly requests: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
}

const acme = { id: '01JD0000000000000000000ACM', slug: 'acme' };

/** A route that does nothing behind the whole stack: routing, claims, tenant, schemas, idempotency key, headers, access record. */
const handler = makeHttpHandler({
  name: 'bench',
  compose: () => ({
    routes: [
      defineRoute({
        method: 'POST',
        path: '/tenants/{tenant}/modules/{module}',
        operationId: 'bench',
        summary: 'Do nothing',
        tags: ['Bench'],
        roles: writers,
        params: z.strictObject({ module: z.string() }),
        body: z.strictObject({ version: z.string().optional(), configuration: z.record(z.string(), z.unknown()).optional() }),
        answers: { 202: { description: 'Nothing was done.', schema: z.strictObject({ jobId: z.string() }) } },
        handle: async () => ({ status: 202, body: { jobId: '01JD3M0VZ6W8QK5C9TPRF2A7XE' } }),
      }),
    ],
    findTenant: async () => acme,
  }),
  observe: () => {},
});

const request = () =>
  apiEvent({
    method: 'POST',
    path: '/api/v1/tenants/acme/modules/digital_card',
    claims: { sub: 'ada', role: 'tenant-admin', tenant: acme.id },
    headers: { 'idempotency-key': 'bench-1', 'x-request-id': 'bench' },
    body: { version: '1.0.0', configuration: { theme: 'dark', labels: ['a', 'b'], limits: { cards: 100 } } },
  });

/** What the middleware adds to a request, without the time of the log line's output: measured in this process, one at a time. */
export const measureMiddlewareOverhead = async (requests = 5_000): Promise<MiddlewareOverhead> => {
  for (let n = 0; n < 500; n += 1) await handler(request(), lambdaContext);
  const took: number[] = [];
  for (let n = 0; n < requests; n += 1) {
    const event = request();
    const startedAt = performance.now();
    const { statusCode } = await handler(event, lambdaContext);
    took.push(performance.now() - startedAt);
    if (statusCode !== 202) throw new Error(`the measured route answered ${statusCode}`);
  }
  const sorted = took.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { requests, p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99) };
};
