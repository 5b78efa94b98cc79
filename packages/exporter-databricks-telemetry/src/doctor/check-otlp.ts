import * as http from 'node:http';
import * as http2 from 'node:http2';
import * as https from 'node:https';
import { ok, problem } from './finding';
import type { Finding } from './finding';
import type { OtlpTarget } from './probe/report';

const TIMEOUT_MS = 5_000;
const GRPC_PATH = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
/** An uncompressed message of no bytes: an export of no spans. */
const EMPTY_GRPC_MESSAGE = Buffer.alloc(5);

/** The answer to an export of nothing: an HTTP status, or the code of the error. */
export type Answer = { readonly status: number } | { readonly error: string };

function codeOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined;
  return typeof code === 'string' ? code : 'failed';
}

/** Exports nothing over HTTP: the empty message is a valid request, and changes nothing. */
function askHttp({ protocol, url, headers }: OtlpTarget): Promise<Answer> {
  return new Promise((resolve) => {
    const isJson = protocol === 'http/json';
    const body = isJson ? '{"resourceSpans":[]}' : '';
    const request = url.startsWith('https:') ? https.request : http.request;
    const sent = request(
      url,
      {
        method: 'POST',
        timeout: TIMEOUT_MS,
        headers: {
          ...headers,
          'content-type': isJson ? 'application/json' : 'application/x-protobuf',
          'content-length': Buffer.byteLength(body),
        },
      },
      (response) => {
        response.resume();
        resolve({ status: response.statusCode ?? 0 });
        sent.destroy();
      },
    );
    sent.once('timeout', () => sent.destroy(Object.assign(new Error(), { code: 'timeout' })));
    sent.on('error', (error) => resolve({ error: codeOf(error) }));
    sent.end(body);
  });
}

/** Exports nothing over gRPC. Without TLS, HTTP/2 begins at once. */
function askGrpc({ url }: OtlpTarget): Promise<Answer> {
  return new Promise((resolve) => {
    const session = http2.connect(url);
    const settle = (answer: Answer): void => {
      clearTimeout(timer);
      session.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => settle({ error: 'timeout' }), TIMEOUT_MS);
    session.on('error', (error) => settle({ error: codeOf(error) }));
    const stream = session.request({
      ':method': 'POST',
      ':path': GRPC_PATH,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    stream.on('error', (error) => settle({ error: codeOf(error) }));
    stream.on('close', () => settle({ error: 'ERR_HTTP2_ERROR' }));
    stream.on('response', (headers) => settle({ status: headers[':status'] ?? 0 }));
    stream.end(EMPTY_GRPC_MESSAGE);
  });
}

/** The address without a path, a query or credentials. */
function shownAddress(url: string): string {
  try {
    const { protocol, host, pathname } = new URL(url);
    return `${protocol}//${host}${pathname === '/' ? '' : pathname}`;
  } catch {
    return 'the endpoint';
  }
}

const UNREACHABLE: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'timeout',
]);

const OTHER_PROTOCOL: Readonly<Record<OtlpTarget['protocol'], string>> = {
  grpc: 'OTLP over gRPC is on port 4317 of a collector, over HTTP on 4318: correct the endpoint or the exporter',
  'http/json':
    'OTLP over HTTP is on port 4318 of a collector, over gRPC on 4317: correct the endpoint or OTEL_EXPORTER_OTLP_PROTOCOL',
  'http/protobuf':
    'OTLP over HTTP is on port 4318 of a collector, over gRPC on 4317: correct the endpoint or OTEL_EXPORTER_OTLP_PROTOCOL',
};

function findingOf(target: OtlpTarget, answer: Answer): Finding {
  const address = shownAddress(target.url);
  const where = `the OTLP endpoint ${address}`;
  if ('error' in answer) {
    if (UNREACHABLE.has(answer.error)) {
      return problem(
        `${where} is not reachable (${answer.error})`,
        'start the collector, or correct the endpoint (OTEL_EXPORTER_OTLP_ENDPOINT, or url of the exporter)',
      );
    }
    if (/CERT|SELF_SIGNED|UNABLE_TO|TLS|SSL/.test(answer.error)) {
      return problem(
        `${where} has a certificate or TLS version that is not accepted (${answer.error})`,
        'set NODE_EXTRA_CA_CERTS, or write http:// where the collector has no TLS',
      );
    }
    return problem(
      `${where} does not speak ${target.protocol} (${answer.error})`,
      OTHER_PROTOCOL[target.protocol],
    );
  }
  const { status } = answer;
  if (status >= 200 && status < 300) return ok(`${where} accepts ${target.protocol}`);
  if (status === 401 || status === 403) {
    return problem(
      `${where} refuses the credentials (${status})`,
      'check OTEL_EXPORTER_OTLP_HEADERS',
    );
  }
  if (status >= 500 || status === 429) {
    return problem(`${where} answers ${status}`, 'look at the logs of the collector');
  }
  return problem(
    `${where} does not accept ${target.protocol} (${status})`,
    status === 404 || status === 405
      ? 'the path is usually /v1/traces: OTEL_EXPORTER_OTLP_ENDPOINT gets it appended, url and OTEL_EXPORTER_OTLP_TRACES_ENDPOINT do not'
      : OTHER_PROTOCOL[target.protocol],
  );
}

async function checkTarget(target: OtlpTarget): Promise<Finding> {
  try {
    const answer = await (target.protocol === 'grpc' ? askGrpc(target) : askHttp(target));
    return findingOf(target, answer);
  } catch {
    return problem(
      'the OTLP endpoint is not a URL',
      'write http://host:4318, with the scheme and the port',
    );
  }
}

/** Exports nothing to each endpoint, as its exporter would export spans. */
export function checkTargets(targets: readonly OtlpTarget[]): Promise<Finding[]> {
  return Promise.all(targets.map(checkTarget));
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The endpoint that the environment names, for exporters without one of their own; `undefined` when it names none. */
export function targetOfEnvironment(environment: Environment): OtlpTarget | undefined {
  const traces = environment['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']?.trim();
  const base = environment['OTEL_EXPORTER_OTLP_ENDPOINT']?.trim();
  const given = traces || base;
  if (!given) return undefined;
  const protocol = (
    environment['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'] ||
    environment['OTEL_EXPORTER_OTLP_PROTOCOL'] ||
    'http/protobuf'
  ).trim();
  if (protocol === 'grpc') {
    return { protocol, url: /^\w+:\/\//.test(given) ? given : `http://${given}`, headers: {} };
  }
  const url = traces || `${given.replace(/\/+$/, '')}/v1/traces`;
  const headers = headersOf(environment);
  return { protocol: protocol === 'http/json' ? protocol : 'http/protobuf', url, headers };
}

function headersOf(environment: Environment): Record<string, string> {
  const list =
    environment['OTEL_EXPORTER_OTLP_TRACES_HEADERS'] ||
    environment['OTEL_EXPORTER_OTLP_HEADERS'] ||
    '';
  const headers: Record<string, string> = {};
  for (const pair of list.split(',')) {
    const [name = '', ...value] = pair.split('=');
    if (/^[\w-]+$/.test(name.trim())) headers[name.trim()] = decodeURI(value.join('=').trim());
  }
  return headers;
}
