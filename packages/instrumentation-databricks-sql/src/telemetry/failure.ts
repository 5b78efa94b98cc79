/** What a failed driver call says, with nothing in it that could quote SQL, values or URLs. */
export interface ErrorInfo {
  /** `error.type`: SQLSTATE, else HTTP status, else the driver's `errorCode`, else the class, else `_OTHER`. */
  readonly type: string;
  /** Class of the thrown object. */
  readonly className: string;
  readonly sqlState: string | undefined;
  /** Databricks' error condition, such as `TABLE_OR_VIEW_NOT_FOUND`. */
  readonly condition: string | undefined;
  /** Left out when neither the driver nor the status says. */
  readonly retryable: boolean | undefined;
  /** Safe by default; the driver's own text when asked for. */
  readonly message: string;
  /** Stack frames without the message lines. */
  readonly frames: string | undefined;
}

/** What the calls underneath saw of the failure and the thrown object may have lost. */
export interface FailureContext {
  readonly sqlState?: string | undefined;
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

const RETRYABLE_NETWORK_CODES = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
  'EAI_AGAIN',
]);

/** `error.type` of something that has no class, such as a thrown string. */
const OTHER = '_OTHER';

/** Reads a thrown thing of any shape. Never throws for plain objects; getters of the application's own may. */
export function describeError(
  error: unknown,
  context: FailureContext = {},
  fullMessage = false,
): ErrorInfo {
  const response = objectField(error, 'response');
  const kernel = objectField(error, 'kernelMetadata');
  const text = stringField(error, 'message') ?? '';
  const serverText = withoutSql(stringField(response, 'displayMessage') ?? text);

  const sqlState =
    asSqlState(stringField(error, 'sqlState')) ??
    asSqlState(stringField(response, 'sqlState')) ??
    asSqlState(context.sqlState) ??
    SQLSTATE_IN_TEXT.exec(serverText.slice(-MAX_SCANNED_LENGTH))?.[1] ??
    SQLSTATE_IN_TEXT.exec(serverText.slice(0, MAX_SCANNED_LENGTH))?.[1];
  const httpStatus =
    errorStatus(numberField(error, 'statusCode')) ??
    errorStatus(numberField(kernel, 'httpStatus')) ??
    errorStatus(Number(HTTP_STATUS_IN_TEXT.exec(text)?.[1])) ??
    errorStatus(numberField(objectField(objectField(error, 'payload'), 'response'), 'status'));
  const condition = CONDITION.exec(serverText.slice(0, MAX_SCANNED_LENGTH))?.[1];
  const errorCode =
    identifier(stringField(error, 'errorCode')) ?? identifier(stringField(error, 'code'));
  const name = className(error);
  const type = sqlState ?? httpStatus?.toString() ?? errorCode ?? name;
  return {
    type,
    className: name,
    sqlState,
    condition,
    retryable: retryable(error, kernel, httpStatus),
    message: fullMessage && text !== '' ? text : safeMessage(name, type, condition, sqlState),
    frames: stackFrames(error),
  };
}

/** Name of the class of a thrown thing; `name` is only `Error` for most of the driver's. */
export function className(error: unknown): string {
  if (typeof error !== 'object' || error === null) return OTHER;
  const constructorName: unknown = (error.constructor as { name?: unknown } | undefined)?.name;
  return identifier(constructorName) ?? identifier(stringField(error, 'name')) ?? OTHER;
}

/**
 * The frames of an error's stack. The message lines are cut by their length, as a message may contain a line that looks
 * like a frame. Only real errors have frames: `StatusError` keeps the server's messages in its `stack`.
 */
export function stackFrames(error: unknown): string | undefined {
  if (!(error instanceof Error) || typeof error.stack !== 'string') return undefined;
  const messageAt = error.message === '' ? -1 : error.stack.indexOf(error.message);
  const rest = messageAt < 0 ? error.stack : error.stack.slice(messageAt + error.message.length);
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

function retryable(
  error: unknown,
  kernel: object | undefined,
  httpStatus: number | undefined,
): boolean | undefined {
  const kernelSays = field(kernel, 'retryable');
  if (typeof kernelSays === 'boolean') return kernelSays;
  // The statuses the driver itself retries.
  if (httpStatus !== undefined) {
    return httpStatus === 429 || (httpStatus >= 500 && httpStatus !== 501);
  }
  const code = stringField(error, 'code');
  return code !== undefined && RETRYABLE_NETWORK_CODES.has(code) ? true : undefined;
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

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
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
