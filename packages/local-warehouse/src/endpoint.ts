import type { IncomingHttpHeaders } from 'node:http';
import type { FaultRule } from './faults';
import type { EndpointName, RequestEntry } from './request-log';

/** A request that has been read whole. */
export interface IncomingRequest {
  readonly method: string;
  /** `Host` header, lower case. */
  readonly host: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** `https://host[:port]` as the client wrote it. */
  readonly origin: string;
  readonly tenant: string | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What the endpoint made of a request, before it answers. */
export interface Exchange {
  /** Facts for the log. */
  readonly facts?: Partial<
    Pick<RequestEntry, 'name' | 'args' | 'statement' | 'sessionId' | 'statementId'>
  >;
  /** The request is refused unless it carries a known token. */
  readonly needsToken: boolean;
  answer(fault: FaultRule | undefined): Answer | Promise<Answer>;
  /** Called once the answer has left the process, or could not. */
  ended?(bytesServed: number, complete: boolean): void;
}

export interface Endpoint {
  readonly name: EndpointName;
  serves(request: IncomingRequest): boolean;
  open(request: IncomingRequest): Exchange;
}

export function jsonAnswer(status: number, value: unknown): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(value), 'utf8'),
  };
}

/** The error body of the Databricks REST API. */
export function errorAnswer(status: number, errorCode: string | number, message: string): Answer {
  return jsonAnswer(status, { error_code: errorCode, message });
}

export function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
