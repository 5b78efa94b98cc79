import { parseRetryAfter } from './retry';
import type { TransportAnswer, TransportFailure } from './transport';

/** What an answer, or the lack of one, means for what was sent. `error` is a word for logs and metrics, never a text of the server. */
export type Verdict =
  /** The service's own answer. */
  | { readonly kind: 'ok'; readonly body: Readonly<Record<string, unknown>> }
  /** May succeed in a moment. */
  | { readonly kind: 'retryable'; readonly error: string; readonly retryAfterMs?: number }
  /** Nothing is known of what became of it, and trying at once is no use; later may be. */
  | { readonly kind: 'unavailable'; readonly error: string; readonly retryAfterMs?: number }
  /** The credentials were refused; says nothing of the host. */
  | { readonly kind: 'credentials'; readonly error: string }
  /** The body is larger than the service takes. */
  | { readonly kind: 'too_large'; readonly error: string }
  /** Will never succeed. `isAnswer`: the host said so; else it is not the one it should be. */
  | { readonly kind: 'terminal'; readonly error: string; readonly isAnswer: boolean }
  /** We gave up ourselves. */
  | { readonly kind: 'aborted'; readonly error: string };

const RETRYABLE_STATUSES: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);
const RETRYABLE_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'EPIPE',
]);
/** A certificate that does not verify is no passing trouble, and nothing must be sent to its owner. */
const TLS_CODE =
  /^(?:ERR_TLS_|ERR_SSL_|CERT_|DEPTH_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_|EPROTO)/;

/** Class of a status. */
export function classifyStatus(status: number): 'ok' | Verdict['kind'] {
  if (status >= 200 && status < 300) return 'ok';
  if (status === 401 || status === 403) return 'credentials';
  if (status === 413) return 'too_large';
  if (RETRYABLE_STATUSES.has(status)) return 'retryable';
  return status >= 500 ? 'unavailable' : 'terminal';
}

/** Class of an error code of Node.js. */
export function classifyErrorCode(
  code: string,
): 'retryable' | 'terminal' | 'unavailable' | 'credentials' {
  if (RETRYABLE_CODES.has(code)) return 'retryable';
  // What the provider gave cannot stand in a header.
  if (code === 'ERR_INVALID_CHAR' || code === 'ERR_HTTP_INVALID_HEADER_VALUE') return 'credentials';
  return TLS_CODE.test(code) ? 'terminal' : 'unavailable';
}

/** Never throws, whatever the answer is. */
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
      return { kind, error, isAnswer: true };
    default:
      return { kind, error };
  }
}

/**
 * A successful status alone proves nothing: sign-in pages and captive portals have one as well. Only the service answers
 * with a JSON object, or with 204 and nothing.
 */
function judgeBody(answer: TransportAnswer): Verdict {
  if (answer.status === 204) return { kind: 'ok', body: {} };
  const parsed = parseObject(answer.body);
  if (parsed) return { kind: 'ok', body: parsed };
  return answer.body.trimStart().startsWith('<')
    ? { kind: 'terminal', error: 'answer_html', isAnswer: true }
    : { kind: 'unavailable', error: answer.body === '' ? 'answer_empty' : 'answer_unreadable' };
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

/** What the service took of a request. */
export interface Acceptance {
  readonly accepted: number;
  /** Which were not taken, when the answer tells; their number is then `sent - accepted`. */
  readonly rejected: readonly number[] | undefined;
}

/**
 * Reads `numProtoSuccess` and `errors`. The public drivers disagree on the form of `errors`: texts, or objects with
 * `message` and `errorType`. Which log an error is of may stand in an `index`, or in its text ("log 3 …"); that is
 * believed only when it agrees with the count.
 *
 * Without a count the answer's errors decide: none means that all were taken.
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
  const counted = body['numProtoSuccess'];
  const accepted =
    typeof counted === 'number' && Number.isInteger(counted)
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
