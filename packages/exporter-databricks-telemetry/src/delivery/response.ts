import { parseRetryAfter } from './retry';
import type { TransportAnswer, TransportFailure } from './transport';

/** What an answer, or its absence, means for the request. `error` is a word for logs and metrics, never a text of the server. */
export type Verdict =
  /** The service's own answer. */
  | { readonly kind: 'ok'; readonly body: Readonly<Record<string, unknown>> }
  /** May succeed in a moment. */
  | { readonly kind: 'retryable'; readonly error: string; readonly retryAfterMs?: number }
  /** The request's effect is unknown. Repeating it at once is of no use; a later try may succeed. */
  | { readonly kind: 'unavailable'; readonly error: string; readonly retryAfterMs?: number }
  /** The credentials were refused. */
  | { readonly kind: 'credentials'; readonly error: string }
  /** The body is larger than the service accepts. */
  | { readonly kind: 'too_large'; readonly error: string }
  /** Will never succeed. `isAnswer`: the service refused the request; else another server answered, or none that could be trusted. */
  | { readonly kind: 'terminal'; readonly error: string; readonly isAnswer: boolean }
  /** This package gave up. */
  | { readonly kind: 'aborted'; readonly error: string };

const RETRYABLE_STATUSES: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);
/**
 * Proxy authentication, time-outs, misdirected, early and blocked requests. The statuses from 452 to 499 belong to no
 * standard; proxies and load balancers use them.
 */
const INTERMEDIARY_STATUSES: ReadonlySet<number> = new Set([407, 408, 421, 425, 426, 451]);
const RETRYABLE_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'EPIPE',
]);
/** Errors of certificates and of TLS: they do not pass by themselves, and nothing may be sent to such a server. */
const TLS_CODE =
  /^(?:ERR_TLS_|ERR_SSL_|CERT_|DEPTH_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_|EPROTO)/;

/** Class of a status. */
export function classifyStatus(status: number): 'ok' | Verdict['kind'] {
  if (status >= 200 && status < 300) return 'ok';
  if (status === 401 || status === 403) return 'credentials';
  if (status === 413) return 'too_large';
  if (RETRYABLE_STATUSES.has(status)) return 'retryable';
  return status >= 500 || isIntermediaryStatus(status) ? 'unavailable' : 'terminal';
}

/** Whether a proxy or a load balancer has answered rather than the service; the next request may reach the service. */
function isIntermediaryStatus(status: number): boolean {
  return INTERMEDIARY_STATUSES.has(status) || (status > 451 && status < 500);
}

/** Class of an error code of Node.js. */
export function classifyErrorCode(code: string): 'retryable' | 'terminal' | 'unavailable' {
  if (RETRYABLE_CODES.has(code)) return 'retryable';
  return TLS_CODE.test(code) ? 'terminal' : 'unavailable';
}

/** Never throws. `nowMs` is milliseconds since the epoch, for dates in `Retry-After`. */
export function judge(outcome: TransportAnswer | TransportFailure, nowMs: number): Verdict {
  switch (outcome.kind) {
    case 'timeout':
      return { kind: 'retryable', error: 'timeout' };
    case 'aborted':
      return { kind: 'aborted', error: 'aborted' };
    case 'oversized':
      return { kind: 'unavailable', error: 'answer_oversized' };
    case 'network':
      return judgeErrorCode(outcome.code);
    default:
      return judgeAnswer(outcome, nowMs);
  }
}

function judgeErrorCode(error: string): Verdict {
  const kind = classifyErrorCode(error);
  return kind === 'terminal' ? { kind, error, isAnswer: false } : { kind, error };
}

function judgeAnswer(answer: TransportAnswer, nowMs: number): Verdict {
  const kind = classifyStatus(answer.status);
  const error = String(answer.status);
  switch (kind) {
    case 'ok':
      return judgeBody(answer);
    case 'retryable':
    case 'unavailable': {
      const retryAfterMs = parseRetryAfter(answer.headers['retry-after'], nowMs);
      return retryAfterMs === undefined ? { kind, error } : { kind, error, retryAfterMs };
    }
    case 'terminal':
      // A redirect leads to another server; it is not the service that has answered.
      return { kind, error, isAnswer: answer.status >= 400 };
    default:
      return { kind, error };
  }
}

/**
 * A successful status alone proves nothing: sign-in pages and captive portals have one as well. Only the service answers
 * with a JSON object, or with 204 and no body. An object with an `error_code` is an error of the service.
 */
function judgeBody(answer: TransportAnswer): Verdict {
  if (answer.status === 204) return { kind: 'ok', body: {} };
  const parsed = parseObject(answer.body);
  if (parsed) return judgeObject(parsed);
  return answer.body.trimStart().startsWith('<')
    ? { kind: 'terminal', error: 'answer_html', isAnswer: false }
    : { kind: 'unavailable', error: answer.body === '' ? 'answer_empty' : 'answer_unreadable' };
}

/** Statuses of the service's error codes, where the status itself is a success. */
const ERROR_CODE_STATUSES: Readonly<Record<string, number>> = {
  BAD_REQUEST: 400,
  INVALID_PARAMETER_VALUE: 400,
  MALFORMED_REQUEST: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  ENDPOINT_NOT_FOUND: 404,
  FEATURE_DISABLED: 404,
  REQUEST_LIMIT_EXCEEDED: 429,
  RESOURCE_EXHAUSTED: 429,
  TEMPORARILY_UNAVAILABLE: 503,
};

function judgeObject(body: Readonly<Record<string, unknown>>): Verdict {
  const code = body['error_code'];
  if (code === undefined || code === null || code === '' || code === 0) return { kind: 'ok', body };
  const status =
    typeof code === 'string' && Object.hasOwn(ERROR_CODE_STATUSES, code)
      ? ERROR_CODE_STATUSES[code]
      : Number(code);
  const kind = status !== undefined && status >= 400 ? classifyStatus(status) : 'unavailable';
  const error = 'error_code';
  if (kind === 'terminal') return { kind, error, isAnswer: true };
  return kind === 'ok' ? { kind: 'unavailable', error } : { kind, error };
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const INDEX_IN_TEXT = /\b(?:proto)?(?:logs?|index|record)[ #:[]{1,2}(\d{1,6})\b/i;

function errorIndex(error: unknown): unknown {
  if (isObject(error) && error['index'] !== undefined) return error['index'];
  const text = isObject(error) ? error['message'] : error;
  const index = typeof text === 'string' ? INDEX_IN_TEXT.exec(text)?.[1] : undefined;
  return index === undefined ? undefined : Number(index);
}

/** Which logs of a request the service accepted. */
export interface Acceptance {
  readonly accepted: number;
  /** Positions of the rejected logs, `sent - accepted` of them; `undefined` when the answer does not name them. */
  readonly rejected: readonly number[] | undefined;
}

/**
 * Reads `numProtoSuccess`, a number or its digits, and `errors`. The public drivers disagree on the form of `errors`:
 * strings, or objects with `message` and `errorType`. An error may name its log in an `index`, or in its message
 * ("log 3 …"); the names count only when their number agrees with the count.
 *
 * Without a count the number of errors decides: without errors all logs were accepted.
 */
export function readAcceptance(body: Readonly<Record<string, unknown>>, sent: number): Acceptance {
  const errors = Array.isArray(body['errors']) ? (body['errors'] as unknown[]) : [];
  const indexes = new Set<number>();
  for (const error of errors) {
    const index = errorIndex(error);
    if (typeof index === 'number' && Number.isInteger(index) && index >= 0 && index < sent) {
      indexes.add(index);
    }
  }
  const counted = integerOf(body['numProtoSuccess']);
  const accepted =
    counted !== undefined
      ? Math.min(Math.max(counted, 0), sent)
      : Math.max(sent - errors.length, 0);
  const rejected =
    accepted === 0
      ? Array.from({ length: sent }, (_, index) => index)
      : indexes.size === sent - accepted
        ? [...indexes].sort((a, b) => a - b)
        : undefined;
  return { accepted, rejected };
}

/** JSON has no 64-bit integers, so a service may write one as a string. */
function integerOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) ? number : undefined;
}
