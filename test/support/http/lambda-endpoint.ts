import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { LintAnswer, PlanAnswer } from '../../../contexts/shared/domain/migrator-contract.ts';

/** Lambda's own endpoint, with a migrator behind every name that has nothing to say unless a test tells it what. */
export interface LambdaEndpoint {
  readonly url: string;
  /** `{function} {operation} {version}` of each invocation, in order. */
  readonly invocations: readonly string[];
  /** Answered to the next invocation instead: a payload, or the payload of a function that failed. */
  readonly next: (answer: { readonly payload?: unknown; readonly failed?: unknown; readonly status?: number }) => void;
  readonly stop: () => Promise<void>;
}

const nothing = (operation: unknown): unknown =>
  operation === 'lint'
    ? LintAnswer.parse({ contract: 1, findings: [] })
    : PlanAnswer.parse({ contract: 1, schema: [], migrations: [], seed: [], losesData: false });

export const startLambdaEndpoint = async (): Promise<LambdaEndpoint> => {
  const invocations: string[] = [];
  const told: Parameters<LambdaEndpoint['next']>[0][] = [];
  const server = createServer(async (request, response) => {
    const name = decodeURIComponent(/functions\/([^/]+)\/invocations/.exec(request.url ?? '')?.[1] ?? '');
    const { operation, to } = JSON.parse(await text(request)) as Readonly<Record<string, unknown>>;
    invocations.push(`${name} ${operation} ${to}`);
    const { payload = nothing(operation), failed, status = 200 } = told.shift() ?? {};
    response.writeHead(status, failed === undefined ? {} : { 'x-amz-function-error': 'Unhandled' });
    response.end(JSON.stringify(failed ?? payload));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    invocations,
    next: (answer) => void told.push(answer),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
