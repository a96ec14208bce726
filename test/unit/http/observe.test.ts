import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Defect } from '../../../contexts/shared/domain/errors.ts';
import { type AccessRecord, observeWithPowertools } from '../../../functions/http/observe.ts';

const record: AccessRecord = {
  requestId: 'request-1',
  method: 'GET',
  route: '/jobs/{job}',
  operation: 'getJob',
  status: 200,
  durationMs: 1.5,
  subject: 'ada',
};
const lines: Record<string, unknown>[] = [];

beforeEach(() => {
  lines.length = 0;
  // Powertools then writes to the console that a test can see
  process.env['POWERTOOLS_DEV'] = 'true';
  process.env['POWERTOOLS_METRICS_DISABLED'] = 'false';
  for (const level of ['log', 'info', 'error'] as const)
    jest.spyOn(console, level).mockImplementation((line: unknown) => void lines.push(JSON.parse(String(line))));
});

afterEach(() => {
  delete process.env['POWERTOOLS_DEV'];
  delete process.env['POWERTOOLS_METRICS_DISABLED'];
  jest.restoreAllMocks();
});

describe('An answered request', () => {
  test('is one structured line and three metrics of its function', () => {
    observeWithPowertools('api-registry')(record);

    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatchObject({ level: 'INFO', message: 'request answered', service: 'api-registry', ...record });
    expect(lines[1]).toMatchObject({ service: 'api-registry', operation: 'getJob', Latency: 1.5, ServerErrors: 0, Refusals: 0 });
  });

  test('is counted by what came of it', () => {
    const observe = observeWithPowertools('api-registry');
    observe({ ...record, status: 409 });
    observe({ ...record, status: 503 });

    expect(lines.filter((line) => 'Latency' in line)).toMatchObject([
      { ServerErrors: 0, Refusals: 1 },
      { ServerErrors: 1, Refusals: 0 },
    ]);
  });
});

describe('A failed request', () => {
  test('is logged with what we said of it, and no word of the library that caused it', () => {
    const cause = new Error('Key (email)=(ada@example.org) already exists');
    const error = new Defect('the tenant database refused a statement', { sqlState: '23505' }, { cause });
    observeWithPowertools('api-registry')({ ...record, status: 500 }, error);

    expect(lines[0]).toMatchObject({
      level: 'ERROR',
      requestId: 'request-1',
      failure: {
        name: 'Defect',
        message: 'the tenant database refused a statement',
        facts: { sqlState: '23505' },
        cause: { name: 'Error' },
      },
    });
    expect(JSON.stringify(lines)).not.toContain('ada@example.org');
    expect(JSON.stringify(lines[0])).toContain('observe.test.ts');
  });

  test('is logged as what was thrown where that is no error', () => {
    observeWithPowertools('api-registry')({ ...record, status: 500 }, 'secret');

    expect(lines[0]).toMatchObject({ failure: { name: 'string' } });
    expect(JSON.stringify(lines)).not.toContain('secret');
  });
});
