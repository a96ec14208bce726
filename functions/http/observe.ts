import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { ApiEvent, Exchange } from './exchange.ts';

/** One line of the access log: ids and names, no parameter values, no bodies. */
export interface AccessRecord {
  readonly requestId: string;
  readonly method: string;
  /** The route as declared, so that requests can be counted; absent when no route matched. */
  readonly route?: string;
  readonly operation?: string;
  readonly status: number;
  readonly durationMs: number;
  readonly subject?: string;
  readonly role?: string;
  readonly tenant?: string;
  readonly reason?: string;
}

/** Told of every request once it is answered; with the error when that was a 5xx. */
export type Observe = (record: AccessRecord, error?: unknown) => void;

export const accessRecord = (event: ApiEvent, exchange: Exchange, status: number): AccessRecord => {
  const { requestId, startedAt, route, caller, tenant, reason } = exchange;
  const tenantId = tenant?.id ?? caller?.tenantId;
  return {
    requestId,
    method: event.requestContext.http.method,
    ...(route ? { route: route.path, operation: route.operationId } : {}),
    status,
    durationMs: Math.round((performance.now() - startedAt) * 1_000) / 1_000,
    ...(caller ? { subject: caller.subject, role: caller.role } : {}),
    ...(tenantId === undefined ? {} : { tenant: tenantId }),
    ...(reason === undefined ? {} : { reason }),
  };
};

/** Writes the access log and the metrics as structured lines. The operation is no dimension: each would be billed as a metric. */
export const observeWithPowertools = (service: string): Observe => {
  const logger = new Logger({ serviceName: service });
  const metrics = new Metrics({ namespace: 'ModuleRegistry', serviceName: service });
  return (record, error) => {
    if (error === undefined) logger.info('request answered', { ...record });
    else logger.error('request failed', { ...record, failure: failureOf(error) });
    metrics.addMetric('Latency', MetricUnit.Milliseconds, record.durationMs);
    metrics.addMetric('ServerErrors', MetricUnit.Count, record.status >= 500 ? 1 : 0);
    metrics.addMetric('Refusals', MetricUnit.Count, record.status >= 400 && record.status < 500 ? 1 : 0);
    if (record.operation !== undefined) metrics.addMetadata('operation', record.operation);
    metrics.publishStoredMetrics();
  };
};

/** A cause comes from a library, whose messages may quote rows: its name and place are kept, its words are not. */
const failureOf = (error: unknown): Readonly<Record<string, unknown>> => {
  if (!(error instanceof Error)) return { name: typeof error };
  const { name, message, stack, cause } = error;
  const facts = 'facts' in error ? { facts: error.facts } : {};
  return { name, message, ...facts, stack: placesIn(stack), ...(cause instanceof Error ? { cause: causeOf(cause) } : {}) };
};

const causeOf = ({ name, stack }: Error): Readonly<Record<string, unknown>> => ({ name, stack: placesIn(stack) });

const placesIn = (stack: string | undefined): readonly string[] =>
  (stack ?? '').split('\n').flatMap((line) => (/^\s+at /.test(line) ? [line.trim()] : []));
