import { SpanStatusCode } from '@opentelemetry/api';
import type { Attributes, Span } from '@opentelemetry/api';
import { isNativeError } from 'node:util/types';
import {
  ATTR_DATABRICKS_ERROR_CONDITION,
  ATTR_DATABRICKS_ERROR_REASON,
  ATTR_DATABRICKS_ERROR_RETRYABLE,
  ATTR_DB_RESPONSE_STATUS_CODE,
  ATTR_ERROR_TYPE,
  ATTR_EXCEPTION_MESSAGE,
  ATTR_EXCEPTION_STACKTRACE,
  ATTR_EXCEPTION_TYPE,
} from '../semconv';
import type { ErrorReason } from '../semconv';
import { reasonOf, serviceCode } from './error-reason';

/** What a driver call failed with. Nothing but `error` and a full `message` can quote SQL, values or URLs. */
export interface Failure {
  /** What was thrown. */
  readonly error: unknown;
  /** The driver's response that the error wraps, else the error: the driver may wrap one response in several errors. */
  readonly origin: object | undefined;
  /** `error.type`: SQLSTATE, else HTTP status, else the driver's `errorCode`, else the class, else `_OTHER`. */
  readonly type: string;
  /** Class of the thrown object. */
  readonly className: string;
  /** The driver's `errorCode`. */
  readonly errorCode: string | undefined;
  readonly sqlState: string | undefined;
  readonly httpStatus: number | undefined;
  /** Databricks' error condition, such as `TABLE_OR_VIEW_NOT_FOUND`. */
  readonly condition: string | undefined;
  /** Why it failed, where a phrase or code of the service or the driver decides it. */
  readonly reason: ErrorReason | undefined;
  /** Whether the same call may succeed later; `undefined` when nothing in the error decides it. */
  readonly retryable: boolean | undefined;
  /** Condition, SQLSTATE and class by default; the driver's own message on request. */
  readonly message: string;
}

/** What the layers below the call saw of the failure; the thrown object may lack it. */
export interface FailureContext {
  readonly sqlState?: string | undefined;
  /** The call requests files of the storage of results or staged files. */
  readonly isStorage?: boolean | undefined;
  /** The failure of the last HTTP request that the driver's retries saw: an error, or an object with its `response`. */
  readonly requestFailure?: object | undefined;
}

/** Longest part of a server message that is looked at: the condition comes first in it. */
const MAX_SCANNED_LENGTH = 1024;
/** The statement follows this line in the messages of the server: `== SQL ==` or `== SQL (line 1, position 8) ==`. */
const SQL_SECTION = /^== SQL\b/m;
/**
 * At the start of the message, which a parser's message begins with an empty line, or behind the class names that Hive
 * and Spark put before it, so that a bracketed value is not taken for a condition.
 */
const CONDITION = /(?:^\s*|: ?)\[([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?:\.[A-Z][A-Z0-9_]*)?)\] /;
const SQLSTATE_IN_TEXT = /SQLSTATE: ([0-9A-Z]{5})\b/;
const SQLSTATE = /^[0-9A-Z]{5}$/;
/** The texts in which the driver puts an HTTP status and nothing else. */
const HTTP_STATUS_IN_TEXT =
  /^(?:CloudFetch HTTP error |HTTP error |Hive driver: |Received a response with a bad HTTP status code: )([1-5]\d\d)\b/;
/** `errorCode`, `code` and class names are identifiers; anything else may be data. */
const IDENTIFIER = /^[A-Za-z_$][\w$]{0,63}$/;
/** A frame ends in a position, or says that it is native or anonymous; a message line that looks like one is cut with the message. */
const FRAME = /^\s+at .*(?::\d+(?::\d+)?|native|<anonymous>|index \d+)\)?$/;

/** Values of `code`, `errorCode` or the class name after which the same call may succeed. */
const RETRYABLE_CODES: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
  'EAI_AGAIN',
  // The driver's own time limits, and the end of its retries.
  'TIMEOUT',
  'TIMEOUT_EXCEEDED',
  'ATTEMPTS_EXCEEDED',
  'RetryError',
  'TimeoutError',
]);

/** `errorCode` of the driver's `RetryError`, which reaches applications from requests to the storage only. */
const RETRY_ERROR_CODES: ReadonlySet<string> = new Set(['ATTEMPTS_EXCEEDED', 'TIMEOUT_EXCEEDED']);
/** The text in which the driver puts the status of the last answer, or `Error` without one. */
const RETRIES_GIVEN_UP = /^Hive driver: (Error|[1-5]\d\d) when connecting to resource\b/;
/** How many retry errors may wrap one another. */
const MAX_CAUSES = 4;
/** Messages of failed requests for result files, and of staged files. */
const STORAGE_TEXT = /^(?:CloudFetch |HTTP error [1-5]\d\d\b)/;
const ERROR_HEADERS = [
  'x-thriftserver-error-message',
  'x-databricks-error-or-redirect-message',
  'x-databricks-reason-phrase',
];

/** `error.type` of a value that has no class, such as a thrown string. */
const OTHER = '_OTHER';

/** Reads a thrown value of any shape. Never throws: what cannot be read of it is left out. */
export function describeError(
  error: unknown,
  context: FailureContext = {},
  fullMessage = false,
): Failure {
  const response = objectField(error, 'response');
  const kernel = objectField(error, 'kernelMetadata');
  const text = stringField(error, 'message') ?? '';
  const cause = retryCause(error, text, context);
  const answer =
    objectField(cause, 'response') ??
    objectField(objectField(error, 'payload'), 'response') ??
    response;
  const serverText = withoutSql(
    stringField(response, 'displayMessage') ?? answerText(answer) ?? text,
  );
  const beginning = serverText.slice(0, MAX_SCANNED_LENGTH);

  const sqlState =
    asSqlState(stringField(error, 'sqlState')) ??
    asSqlState(stringField(response, 'sqlState')) ??
    asSqlState(context.sqlState) ??
    SQLSTATE_IN_TEXT.exec(serverText.slice(-MAX_SCANNED_LENGTH))?.[1] ??
    SQLSTATE_IN_TEXT.exec(beginning)?.[1];
  const httpStatus =
    errorStatus(numberField(error, 'statusCode')) ??
    errorStatus(numberField(kernel, 'httpStatus')) ??
    errorStatus(Number(HTTP_STATUS_IN_TEXT.exec(text)?.[1])) ??
    errorStatus(numberField(answer, 'status'));
  const bracketed = CONDITION.exec(beginning)?.[1];
  const condition =
    bracketed ??
    serviceCode(beginning) ??
    serviceCode(`${stringField(kernel, 'errorCode') ?? ''}: `);
  const errorCode = identifier(stringField(error, 'errorCode'));
  const code = errorCode ?? identifier(stringField(error, 'code'));
  const name = className(error);
  const causeName = cause === undefined || answer !== response ? undefined : causeType(cause);
  const type = sqlState ?? httpStatus?.toString() ?? causeName ?? code ?? name;
  return {
    error,
    origin: response ?? (typeof error === 'object' && error !== null ? error : undefined),
    type,
    className: name,
    errorCode,
    sqlState,
    httpStatus,
    condition,
    reason: reasonOf({
      text: beginning,
      condition,
      isBracketed: bracketed !== undefined,
      sqlState,
      httpStatus,
      code: causeName ?? code,
      className: name,
      isStorage: context.isStorage === true || STORAGE_TEXT.test(text) || isRetryError(error),
    }),
    retryable: isRetryable(kernel, httpStatus, code, name),
    message: fullMessage && text !== '' ? text : safeMessage(name, type, condition, sqlState),
  };
}

/**
 * What a request failed with that the driver gave up repeating: an error, or an object with the last `response`. The driver
 * wraps it in a `RetryError`, or drops it and keeps the status in a text.
 */
function retryCause(error: unknown, text: string, context: FailureContext): object | undefined {
  if (isRetryError(error)) {
    let cause = objectField(error, 'payload') ?? objectField(error, 'cause');
    for (let depth = 0; depth < MAX_CAUSES && isRetryError(cause); depth += 1) {
      cause = objectField(cause, 'payload') ?? objectField(cause, 'cause');
    }
    return cause;
  }
  const given = RETRIES_GIVEN_UP.exec(text)?.[1];
  const { requestFailure } = context;
  if (given === undefined || requestFailure === undefined) return undefined;
  const status = numberField(objectField(requestFailure, 'response'), 'status');
  return (status?.toString() ?? 'Error') === given ? requestFailure : undefined;
}

function isRetryError(error: unknown): boolean {
  return RETRY_ERROR_CODES.has(stringField(error, 'errorCode') ?? '');
}

function causeType(cause: object): string | undefined {
  const code = identifier(stringField(cause, 'code'));
  if (code !== undefined) return code;
  const name = className(cause);
  return name === 'Object' || name === OTHER ? undefined : name;
}

/** The service puts the text of a refused Thrift call into a header, beside a body that the driver does not read. */
function answerText(answer: object | undefined): string | undefined {
  const headers = objectField(answer, 'headers');
  const get = field(headers, 'get');
  if (headers === undefined || typeof get !== 'function') return undefined;
  try {
    for (const name of ERROR_HEADERS) {
      const value: unknown = Reflect.apply(get, headers, [name]);
      if (typeof value === 'string' && value !== '') return value;
    }
  } catch {
    // An object that only looks like an answer.
  }
  return undefined;
}

/** The attributes of an operation's metric; those of its failure are added when it has one. */
export function metricAttributes(metric: Attributes, failure: Failure | undefined): Attributes {
  if (failure === undefined) return metric;
  const attributes: Attributes = { ...metric, [ATTR_ERROR_TYPE]: failure.type };
  if (failure.sqlState !== undefined) attributes[ATTR_DB_RESPONSE_STATUS_CODE] = failure.sqlState;
  if (failure.reason !== undefined) attributes[ATTR_DATABRICKS_ERROR_REASON] = failure.reason;
  return attributes;
}

/** The attributes of a failure on a span. */
export function failureAttributes(failure: Failure): Attributes {
  const attributes = metricAttributes({}, failure);
  const { condition, retryable } = failure;
  if (condition !== undefined) attributes[ATTR_DATABRICKS_ERROR_CONDITION] = condition;
  if (retryable !== undefined) attributes[ATTR_DATABRICKS_ERROR_RETRYABLE] = retryable;
  return attributes;
}

/** @param hasException whether the span gets an `exception` event: one failure has it on one span only */
export function writeFailure(span: Span, failure: Failure, hasException: boolean): void {
  const { message } = failure;
  span.setAttributes(failureAttributes(failure));
  span.setStatus({ code: SpanStatusCode.ERROR, message });
  if (!hasException) return;
  const stack = stackFrames(failure.error);
  if (failure.reason !== undefined) {
    // `recordException` takes no further attributes.
    span.addEvent('exception', exceptionAttributes(failure, stack));
    return;
  }
  // A plain object, because the SDK prefers `code` to the class: "-1" or "42" for errors of the driver.
  span.recordException({
    name: failure.className,
    message,
    ...(stack === undefined ? {} : { stack }),
  });
}

/** The attributes of an `exception` event. */
export function exceptionAttributes(
  { className: name, message, reason }: Failure,
  stack: string | undefined,
): Attributes {
  const attributes: Attributes = {
    // Not `code`, which the SDK prefers: it is "-1" or "42" for errors of the driver.
    [ATTR_EXCEPTION_TYPE]: name,
    [ATTR_EXCEPTION_MESSAGE]: message,
  };
  if (stack !== undefined) attributes[ATTR_EXCEPTION_STACKTRACE] = stack;
  if (reason !== undefined) attributes[ATTR_DATABRICKS_ERROR_REASON] = reason;
  return attributes;
}

/** Name of the class of a thrown value; `name` is only `Error` for most of the driver's. */
export function className(error: unknown): string {
  if (typeof error !== 'object' || error === null) return OTHER;
  return (
    identifier(field(field(error, 'constructor'), 'name')) ??
    identifier(stringField(error, 'name')) ??
    OTHER
  );
}

/**
 * The frames of an error's stack. The message lines are cut by their length, as a message may contain a line that looks
 * like a frame. Only real errors have frames: `StatusError` keeps the server's messages in its `stack`.
 */
export function stackFrames(error: unknown): string | undefined {
  const stack = isNativeError(error) ? stringField(error, 'stack') : undefined;
  if (stack === undefined) return undefined;
  const message = stringField(error, 'message') ?? '';
  const messageAt = message === '' ? -1 : stack.indexOf(message);
  const rest = messageAt < 0 ? stack : stack.slice(messageAt + message.length);
  const frames = rest.split('\n').filter((line) => FRAME.test(line));
  return frames.length === 0 ? undefined : frames.join('\n');
}

/** The message up to the statement that it quotes: nothing is to be read out of the SQL. */
function withoutSql(serverText: string): string {
  const section = serverText.search(SQL_SECTION);
  return section < 0 ? serverText : serverText.slice(0, section);
}

function safeMessage(
  name: string,
  type: string,
  condition: string | undefined,
  sqlState: string | undefined,
): string {
  if (condition !== undefined) {
    return sqlState === undefined ? condition : `${condition}, SQLSTATE ${sqlState}`;
  }
  if (sqlState !== undefined) return `${name}, SQLSTATE ${sqlState}`;
  return type === name ? name : `${name} ${type}`;
}

/** `undefined` when nothing in the error decides it. */
function isRetryable(
  kernel: object | undefined,
  httpStatus: number | undefined,
  code: string | undefined,
  name: string,
): boolean | undefined {
  const byKernel = field(kernel, 'retryable');
  if (typeof byKernel === 'boolean') return byKernel;
  // The driver itself retries these statuses.
  if (httpStatus !== undefined) {
    return httpStatus === 429 || (httpStatus >= 500 && httpStatus !== 501);
  }
  return (code !== undefined && RETRYABLE_CODES.has(code)) || RETRYABLE_CODES.has(name)
    ? true
    : undefined;
}

function errorStatus(status: number | undefined): number | undefined {
  return status !== undefined && status >= 400 && status <= 599 ? status : undefined;
}

function asSqlState(value: string | undefined): string | undefined {
  return value !== undefined && SQLSTATE.test(value) ? value : undefined;
}

function identifier(value: unknown): string | undefined {
  return typeof value === 'string' && IDENTIFIER.test(value) ? value : undefined;
}

/** `undefined` for a property that cannot be read: getters throw, and so does every access to a revoked `Proxy`. */
function field(value: unknown, name: string): unknown {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) {
    return undefined;
  }
  try {
    return (value as Readonly<Record<string, unknown>>)[name];
  } catch {
    return undefined;
  }
}

function objectField(value: unknown, name: string): object | undefined {
  const found = field(value, name);
  return typeof found === 'object' && found !== null ? found : undefined;
}

function stringField(value: unknown, name: string): string | undefined {
  const found = field(value, name);
  return typeof found === 'string' ? found : undefined;
}

function numberField(value: unknown, name: string): number | undefined {
  const found = field(value, name);
  return typeof found === 'number' ? found : undefined;
}
