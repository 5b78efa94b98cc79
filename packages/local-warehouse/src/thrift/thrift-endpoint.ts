import type { Endpoint, Exchange, IncomingRequest } from '../endpoint';
import type { ResultStorage } from '../storage/result-storage';
import { plainValue } from './plain-value';
import type { PlainValue } from './plain-value';
import { decodeCall } from './thrift-call';
import type { ThriftService } from './thrift-service';

const CONTENT_TYPE = 'application/x-thrift';
const PATHS = [
  /^\/sql\/1\.0\/(?:warehouses|endpoints)\/[^/]+$/,
  /^\/sql\/protocolv1\/o\/\d+\/[^/]+$/,
];

/** Where a client's CloudFetch links point to, given the origin it used itself. */
export type LinkOrigin = (request: IncomingRequest) => string;

/** Thrift over HTTP at the http path of a warehouse or a cluster. */
export class ThriftEndpoint implements Endpoint {
  readonly name = 'thrift';
  readonly #service: ThriftService;
  readonly #storage: ResultStorage;
  readonly #linkOrigin: LinkOrigin;

  constructor(service: ThriftService, storage: ResultStorage, linkOrigin: LinkOrigin) {
    this.#service = service;
    this.#storage = storage;
    this.#linkOrigin = linkOrigin;
  }

  serves({ method, path }: IncomingRequest): boolean {
    return method === 'POST' && PATHS.some((pattern) => pattern.test(path));
  }

  open(request: IncomingRequest): Exchange {
    const call = decodeCall(request.body);
    if (!call) {
      const body = Buffer.from('The body is no Thrift call.');
      return { needsToken: true, answer: () => ({ status: 400, body }) };
    }
    const args = plainValue(call.request);
    return {
      needsToken: true,
      facts: {
        name: call.method,
        args,
        statement: text(args, 'statement'),
        sessionId: text(args, 'sessionHandle', 'sessionId', 'guid'),
        statementId: text(args, 'operationHandle', 'operationId', 'guid'),
      },
      answer: async () => {
        const result = await this.#service.call(call.method, call.request, {
          tenant: request.tenant ?? '',
          links: { storage: this.#storage, origin: this.#linkOrigin(request) },
        });
        const body =
          result === undefined ? call.fail(`Unsupported: ${call.method}`) : call.reply(result);
        return { status: 200, headers: { 'content-type': CONTENT_TYPE }, body };
      },
    };
  }
}

/** The text at a path of field names. */
function text(value: PlainValue, ...path: readonly string[]): string | undefined {
  let current = value;
  for (const field of path) {
    if (typeof current !== 'object' || current === null || Array.isArray(current)) return undefined;
    current = (current as { readonly [field: string]: PlainValue })[field];
  }
  return typeof current === 'string' ? current : undefined;
}
