import { once } from 'node:events';
import * as https from 'node:https';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { LocalWarehouse } from '../../src';

export interface Received {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Sent {
  readonly method?: string;
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  /** The warehouse's own when absent; `null` sends none. */
  readonly token?: string | null;
}

/** Begins a request with the warehouse's token on a connection of its own, verified against its authority. */
export function begin(warehouse: LocalWarehouse, path: string, sent: Sent = {}) {
  const request = https.request({
    host: '127.0.0.1',
    port: warehouse.port,
    path,
    method: sent.method ?? 'GET',
    ca: warehouse.authority.certificate,
    agent: false,
    headers: {
      ...(sent.token === null ? {} : { authorization: `Bearer ${sent.token ?? warehouse.token}` }),
      ...sent.headers,
    },
  });
  request.end(sent.body);
  return request;
}

export async function send(
  warehouse: LocalWarehouse,
  path: string,
  sent: Sent = {},
): Promise<Received> {
  const request = begin(warehouse, path, sent);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  // A connection that breaks now fails the response; since Node.js 24 the request emits the error as well.
  request.on('error', () => undefined);
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  const { statusCode: status, headers } = response;
  return { status, headers, body: Buffer.concat(parts).toString('utf8') };
}

/** The body of a telemetry POST with these logs. */
export function telemetryBody(...logs: object[]): string {
  return JSON.stringify({
    uploadTime: 1,
    items: [],
    protoLogs: logs.map((log) => JSON.stringify(log)),
  });
}
