import type { IncomingHttpHeaders } from 'node:http';
import { now } from '../clock';
import { errorAnswer, jsonAnswer, parseJson } from '../endpoint';
import type { Answer, Endpoint, Exchange, IncomingRequest } from '../endpoint';

const AUTHENTICATED_PATH = '/telemetry-ext';
const UNAUTHENTICATED_PATH = '/telemetry-unauth';

/** A JSON object as it came. */
export type JsonObject = { readonly [field: string]: unknown };

/** One POST of client telemetry, whatever became of it. */
export interface TelemetryPost {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Whose token it came with; the unauthenticated endpoint asks for none. */
  readonly tenant: string | undefined;
  readonly receivedAt: number;
  readonly bytes: number;
  /** The body, when it is a JSON object. */
  readonly body: JsonObject | undefined;
  readonly uploadTime: number | undefined;
  /** The decoded `protoLogs`; what is no JSON object is left out. */
  readonly logs: readonly JsonObject[];
  /** Those that the workspace took: all, none (refused, broken off), or the first few (partial success). */
  readonly accepted: readonly JsonObject[];
}

/** `POST /telemetry-ext` and `POST /telemetry-unauth`. */
export class TelemetryEndpoint implements Endpoint {
  readonly name = 'telemetry';
  readonly #posts: TelemetryPost[] = [];
  readonly #waiting: ((post: TelemetryPost) => void)[] = [];
  readonly #capacity: number;
  #ended: TelemetryPost[] = [];

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get posts(): readonly TelemetryPost[] {
    return this.#posts;
  }

  clear(): void {
    this.#posts.length = 0;
    this.#ended = [];
  }

  /** The next post whose exchange ended and that no earlier call returned. */
  next(): Promise<TelemetryPost> {
    const post = this.#ended.shift();
    if (post) return Promise.resolve(post);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  serves({ method, path }: IncomingRequest): boolean {
    return method === 'POST' && (path === AUTHENTICATED_PATH || path === UNAUTHENTICATED_PATH);
  }

  open(request: IncomingRequest): Exchange {
    const body = jsonObject(parseJson(request.body));
    const protoLogs = stringList(body?.['protoLogs']);
    const logs = protoLogs.map((log) => jsonObject(parseJson(Buffer.from(log)))).filter(isDefined);
    const uploadTime = body?.['uploadTime'];
    const post = {
      path: request.path,
      headers: request.headers,
      tenant: request.tenant,
      receivedAt: now(),
      bytes: request.body.length,
      body,
      uploadTime: typeof uploadTime === 'number' ? uploadTime : undefined,
      logs,
      accepted: [] as readonly JsonObject[],
    };
    this.#posts.push(post);
    if (this.#posts.length >= 2 * this.#capacity) this.#posts.splice(0, this.#capacity);
    return {
      needsToken: request.path === AUTHENTICATED_PATH,
      answer: (fault) => {
        const invalid = invalidity(body);
        if (invalid) return invalid;
        const count = Math.min(fault?.partialSuccess ?? Infinity, logs.length);
        post.accepted = logs.slice(0, count);
        return acceptance(protoLogs.length, count);
      },
      ended: () => {
        const waiting = this.#waiting.shift();
        if (waiting) waiting(post);
        else this.#ended.push(post);
      },
    };
  }
}

/** Drivers are seen to leave `items` out (the native kernel does); what is there has to be a list. */
function invalidity(body: JsonObject | undefined): Answer | undefined {
  if (!body) return errorAnswer(400, 'MALFORMED_REQUEST', 'The body is no JSON object.');
  const { items, protoLogs } = body;
  if (!Array.isArray(items ?? []) || !Array.isArray(protoLogs)) {
    return errorAnswer(500, 'INTERNAL_ERROR', 'items and protoLogs have to be lists.');
  }
  return undefined;
}

function acceptance(sent: number, accepted: number): Answer {
  const errors = Array.from(
    { length: sent - accepted },
    (_, index) => `Log ${accepted + index} was not accepted.`,
  );
  return jsonAnswer(200, {
    errors,
    numSuccess: accepted,
    numProtoSuccess: accepted,
    numRealtimeSuccess: 0,
  });
}

function jsonObject(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined;
}

function stringList(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function isDefined<T>(value: T | undefined): value is T {
  return value !== undefined;
}
