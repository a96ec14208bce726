import type { IdempotencyKey, Route, RouteRequest } from '../../contexts/shared/application/route.ts';

export const benchTenant = { id: '01K0000000000000000000TEN1', slug: 'acme' } as const;

export interface Sent {
  readonly params?: object;
  readonly query?: object;
  readonly body?: unknown;
  readonly idempotency?: IdempotencyKey;
}

export interface RoutesBench {
  /** As the middleware does: parsed by the route's own schemas, and so is the answer. */
  readonly send: (
    operationId: string,
    given?: Sent,
  ) => Promise<{ readonly status: number; readonly body: unknown; readonly headers?: object }>;
  readonly time: { now: Date };
}

/** Routes on a clock that is moved by hand and ids that count up. */
export const makeRoutesBench = (
  routesOn: (ports: { readonly clock: { readonly now: () => Date }; readonly newId: () => string }) => readonly Route[],
): RoutesBench => {
  const time = { now: new Date('2026-01-01T00:00:00Z') };
  let ids = 0;
  const newId = () => {
    ids += 1;
    return `01K${String(ids).padStart(23, '0')}`;
  };
  const routes = routesOn({ clock: { now: () => time.now }, newId });
  const send: RoutesBench['send'] = async (operationId, given = {}) => {
    const route = routes.find((r) => r.operationId === operationId);
    if (route === undefined) throw new Error(`no route ${operationId}`);
    const request: RouteRequest = {
      caller: { subject: 'admin-1', role: 'tenant-admin', tenantId: benchTenant.id },
      tenant: benchTenant,
      params: route.params?.parse(given.params ?? {}),
      query: route.query?.parse(given.query ?? {}),
      body: route.body?.parse(given.body ?? {}),
      requestId: 'r',
      ...(given.idempotency === undefined ? {} : { idempotency: given.idempotency }),
    };
    const answer = await route.handle(request);
    return { ...answer, body: route.answers[answer.status]?.schema?.parse(answer.body) };
  };
  return { send, time };
};

/** Ports for routes that are only listed. */
export const untouched = {
  database: (): never => refuse(),
  configuration: (): never => refuse(),
  secret: (): never => refuse(),
  clock: { now: (): never => refuse() },
  newId: (): never => refuse(),
};

const refuse = (): never => {
  throw new Error('listing routes touches nothing');
};
