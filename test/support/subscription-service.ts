import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** How the service answers the next requests: a status and a body, or in a way of its own. */
export type Manner = { readonly status: number; readonly body: string; readonly headers?: Record<string, string> } | Misbehaviour;
/** `silent`: takes the request and says nothing. `stuck`: begins an answer and never ends it. `hangs-up`: closes the connection. */
type Misbehaviour = 'silent' | 'stuck' | 'hangs-up';

/** A subscription service that listens on a port of this machine. */
export interface RunningSubscriptionService {
  readonly url: string;
  /** The paths it was asked for. */
  readonly asked: string[];
  /** How many connections were opened to it. */
  readonly connections: () => number;
  readonly answer: (manner: Manner) => void;
  /** As a process that is gone: connections are refused. The port stays known, so that it can come back. */
  readonly goDown: () => Promise<void>;
  readonly comeBack: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** What a service answers that knows the tenant and the module. */
export const entitled = (yes: boolean): Manner => ({ status: 200, body: JSON.stringify({ entitled: yes }) });

export const startSubscriptionService = async (): Promise<RunningSubscriptionService> => {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  let manner: Manner = entitled(true);
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    respond(response, manner);
  });
  let connections = 0;
  server.on('connection', (socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const listen = (port: number): Promise<number> =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
    });
  const port = await listen(0);
  const goDown = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    connections: () => connections,
    answer: (next) => {
      manner = next;
    },
    goDown,
    comeBack: async () => void (await listen(port)),
    close: goDown,
  };
};

const respond = (response: ServerResponse, manner: Manner): void => {
  if (manner === 'silent') return;
  if (manner === 'hangs-up') {
    response.destroy();
    return;
  }
  response.setHeader('content-type', 'application/json');
  if (manner === 'stuck') {
    response.write('{"entitled":');
    return;
  }
  response.writeHead(manner.status, manner.headers ?? {}).end(manner.body);
};
