import assert from 'node:assert/strict';
import type { ErrorReason } from '../../src/semconv';
import { describeError, failureAttributes } from '../../src/telemetry/failure';
import type { FailureContext } from '../../src/telemetry/failure';

/** A part of a text that must not appear in any attribute. */
const SECRET = 'jane-doe-4711';

class HiveDriverError extends Error {}
class AuthenticationError extends HiveDriverError {}
class StagingError extends Error {}
class FetchError extends Error {}
class OperationStateError extends HiveDriverError {
  constructor(
    readonly errorCode: string,
    readonly response?: object,
  ) {
    super('The operation failed due to an error');
  }
}
class RetryError extends Error {
  constructor(
    readonly errorCode: 'ATTEMPTS_EXCEEDED' | 'TIMEOUT_EXCEEDED',
    readonly payload: unknown,
  ) {
    super(
      errorCode === 'ATTEMPTS_EXCEEDED' ? 'Max retry count exceeded' : 'Retry timeout exceeded',
    );
  }
}
class THTTPException extends Error {
  constructor(
    readonly statusCode: number,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(`Received a response with a bad HTTP status code: ${statusCode}`);
    Object.assign(this, { response: answer(statusCode, headers) });
  }
}

function answer(status: number, headers: Readonly<Record<string, string>> = {}): object {
  return { status, ok: false, headers: new Map(Object.entries(headers)) };
}

/** As the driver wraps the status of a Thrift answer: no instance of `Error`. */
function statusError(message: string): object {
  return { name: 'Status Error', message, code: -1, stack: `*${message}` };
}

function withCode(code: string, Class: new (message: string) => Error = FetchError): Error {
  return Object.assign(new Class(`request to https://${SECRET}/ failed`), { code, errno: code });
}

function kernelError(metadata: object, message = `failed for ${SECRET}`): Error {
  return Object.defineProperty(new HiveDriverError(message), 'kernelMetadata', { value: metadata });
}

type Row = readonly [ErrorReason | undefined, unknown, FailureContext?];

const STORAGE = { isStorage: true };
const SESSION_ID = `01f0-${SECRET}`;

const TABLE: Readonly<Record<string, Row>> = {
  // session_lost
  'a session that the server does not know': [
    'session_lost',
    statusError(`Invalid SessionHandle: SessionHandle [${SESSION_ID}]`),
    { sqlState: '08000' },
  ],
  'a session that the server closed': [
    'session_lost',
    statusError(`BAD_REQUEST: Invalid SessionHandle: Session [${SESSION_ID}] is closed.`),
  ],
  'a session that was never initialized': [
    'session_lost',
    statusError(
      `requirement failed: Session handle: SessionHandle [${SESSION_ID}] has not been initialized or had already closed.`,
    ),
  ],
  'a session behind a Java class name': [
    'session_lost',
    statusError(
      `org.apache.hive.service.cli.HiveSQLException: Invalid SessionHandle: SessionHandle [${SESSION_ID}]`,
    ),
  ],
  'a session of a server that has restarted': [
    'session_lost',
    statusError(
      `[INVALID_HANDLE.SESSION_CHANGED] The handle ${SESSION_ID} is invalid. The existing Spark server driver instance has restarted. SQLSTATE: HY000`,
    ),
  ],
  'the driver`s own session, closed': [
    'session_lost',
    new HiveDriverError('The session was closed or has expired'),
  ],
  // operation_lost
  'an operation that the server does not know': [
    'operation_lost',
    statusError(
      `Invalid OperationHandle: OperationHandle [opType=EXECUTE_STATEMENT, getHandleIdentifier()=${SESSION_ID}]`,
    ),
    { sqlState: '08000' },
  ],
  'an abandoned operation': [
    'operation_lost',
    new OperationStateError('ERROR', {
      displayMessage: `[INVALID_HANDLE.OPERATION_ABANDONED] The handle ${SESSION_ID} is invalid.`,
    }),
  ],
  // warehouse_starting
  'a cluster that is not up yet': [
    'warehouse_starting',
    statusError(`BAD_REQUEST: Cluster ${SECRET} is in unexpected state Pending.`),
  ],
  'a warehouse that starts': [
    'warehouse_starting',
    statusError(`TEMPORARILY_UNAVAILABLE: The warehouse ${SECRET} is starting, try again later.`),
  ],
  'nodes that boot': [
    'warehouse_starting',
    statusError(`Couldn't create directory /local_disk0/tmp/${SECRET}/_resources`),
  ],
  // warehouse_unavailable
  'a cluster that is away for a while': [
    'warehouse_unavailable',
    statusError(`TEMPORARILY_UNAVAILABLE: Cluster ${SECRET} is temporarily unavailable.`),
  ],
  'a warehouse that is away, in the header of a 503': [
    'warehouse_unavailable',
    new THTTPException(503, {
      'x-thriftserver-error-message': `TEMPORARILY_UNAVAILABLE: ${SECRET}`,
    }),
  ],
  'a stopped warehouse': [
    'warehouse_unavailable',
    statusError(`Cannot run the query: warehouse ${SECRET} was stopped.`),
  ],
  'a server that is busy': [
    'warehouse_unavailable',
    statusError(
      `[SERVER_IS_BUSY] The server is busy and could not handle the request. SQLSTATE: 08KD1`,
    ),
  ],
  'a driver that restarts': [
    'warehouse_unavailable',
    statusError('The spark driver has stopped unexpectedly and is restarting.'),
  ],
  'retries of a 503': [
    'warehouse_unavailable',
    new HiveDriverError('Hive driver: 503 when connecting to resource. Max retry count exceeded.'),
  ],
  'a 502': ['warehouse_unavailable', new THTTPException(502)],
  // throttled
  'a 429': ['throttled', new THTTPException(429)],
  'retries of a 429': [
    'throttled',
    new HiveDriverError('Hive driver: 429 when connecting to resource. Retry timeout exceeded.'),
  ],
  'too many requests': [
    'throttled',
    statusError(`REQUEST_LIMIT_EXCEEDED: The request of ${SECRET} exceeded the rate limit.`),
  ],
  'exhausted resources': [
    'throttled',
    statusError('RESOURCE_EXHAUSTED: Too many requests. Please wait a moment and try again.'),
  ],
  'a full queue': [
    'throttled',
    statusError(`The maximum number of queued queries (1000) of ${SECRET} was reached.`),
  ],
  // storage_denied
  'a file that the storage denies': [
    'storage_denied',
    new Error('CloudFetch HTTP error 403 Forbidden'),
  ],
  'a staged file that the storage denies': [
    'storage_denied',
    new StagingError('HTTP error 403 Forbidden'),
  ],
  // storage_unreachable
  'a storage that resets the connection': [
    'storage_unreachable',
    new RetryError('ATTEMPTS_EXCEEDED', withCode('ECONNRESET')),
  ],
  'a storage that answers 503 until the driver gives up': [
    'storage_unreachable',
    new RetryError('TIMEOUT_EXCEEDED', { response: answer(503) }),
  ],
  'a storage whose name is unknown': ['storage_unreachable', withCode('ENOTFOUND'), STORAGE],
  'a storage whose certificate is refused': [
    'storage_unreachable',
    withCode('UNABLE_TO_VERIFY_LEAF_SIGNATURE'),
    STORAGE,
  ],
  'a storage that hangs up': ['storage_unreachable', new FetchError('socket hang up'), STORAGE],
  // link_expired
  'an expired link': ['link_expired', new Error('CloudFetch link has expired')],
  // credentials
  'a 401': ['credentials', new THTTPException(401)],
  'a 403 of the token': ['credentials', new THTTPException(403)],
  'a 403 of the token, with its text': [
    'credentials',
    new THTTPException(403, { 'x-databricks-reason-phrase': 'Invalid access token.' }),
  ],
  'an OAuth token that cannot be renewed': [
    'credentials',
    new AuthenticationError('Failed to refresh token: invalid response'),
  ],
  'an OAuth client that is unknown': [
    'credentials',
    Object.assign(new Error(`invalid_client (Client ${SECRET} is unknown)`), { name: 'OPError' }),
  ],
  'a token of a provider that is expired': [
    'credentials',
    new Error(`TokenProviderAuthenticator: token from ${SECRET} is still expired after refresh`),
  ],
  // permission
  'a warehouse that may not be used': [
    'permission',
    statusError(`PERMISSION_DENIED: ${SECRET} does not have permission to use the SQL Warehouse.`),
  ],
  'an address that is blocked': [
    'permission',
    new THTTPException(403, {
      'x-databricks-reason-phrase': `Source IP address: 10.0.0.1 is blocked by Databricks IP ACL for workspace: ${SECRET}`,
    }),
  ],
  'a table that may not be read': [
    'permission',
    new OperationStateError('ERROR', {
      sqlState: '42501',
      displayMessage: `[INSUFFICIENT_PERMISSIONS] Insufficient privileges: ${SECRET}`,
    }),
  ],
  // timeout
  'a statement that timed out': ['timeout', new OperationStateError('TIMEOUT')],
  'an operation that took too long': [
    'timeout',
    statusError('DEADLINE_EXCEEDED: This operation took too long'),
  ],
  'a request that timed out': ['timeout', new Error('Request timed out')],
  'a connection that timed out': ['timeout', withCode('ETIMEDOUT')],
  'a query that exceeded its limit': [
    'timeout',
    statusError('Query exceeded the statement timeout of 300 seconds.'),
  ],
  // config_refused
  'a configuration that the workspace does not have': [
    'config_refused',
    statusError(
      `[CONFIG_NOT_AVAILABLE.WITHOUT_SUGGESTION] Configuration query_tags is not available. SQLSTATE: 42K0I`,
    ),
  ],
  'a configuration that may not be changed': [
    'config_refused',
    statusError(
      `[CANNOT_MODIFY_CONFIG] Cannot modify the value of the Spark config: "${SECRET}". SQLSTATE: 46110`,
    ),
  ],
  'a configuration in words': [
    'config_refused',
    statusError(`Configuration ${SECRET} is not available.`),
  ],
  // the kernel
  'a 429 of the kernel': ['throttled', kernelError({ httpStatus: 429 })],
  'a denied permission of the kernel': [
    'permission',
    kernelError({ errorCode: 'PERMISSION_DENIED', httpStatus: 403 }),
  ],
};

const UNKNOWN: Readonly<Record<string, Row>> = {
  'a message that the statement raises itself': [
    undefined,
    statusError(
      'Error running query: [USER_RAISED_EXCEPTION] org.apache.spark.SparkRuntimeException: [USER_RAISED_EXCEPTION] Too many requests SQLSTATE: P0001',
    ),
  ],
  'a value that looks like a phrase': [
    undefined,
    new OperationStateError('ERROR', {
      displayMessage:
        "[CAST_INVALID_INPUT] The value 'Invalid SessionHandle: x' of the type STRING cannot be cast. SQLSTATE: 22018",
    }),
  ],
  'a table whose name is a phrase': [
    undefined,
    statusError('Table or view not found: `too many requests`'),
    { sqlState: '42P01' },
  ],
  'SQL that quotes a phrase': [
    undefined,
    new OperationStateError('ERROR', {
      displayMessage:
        "\n[PARSE_SYNTAX_ERROR] Syntax error. SQLSTATE: 42601\n\n== SQL ==\nSELECT 'TEMPORARILY_UNAVAILABLE: x'\n",
    }),
  ],
  'a phrase with the SQLSTATE of a fault in the SQL': [
    undefined,
    statusError('Too many requests columns were given'),
    { sqlState: '42000' },
  ],
  'a missing table': [
    undefined,
    new OperationStateError('ERROR', {
      sqlState: '42P01',
      displayMessage: '[TABLE_OR_VIEW_NOT_FOUND] The table `t` cannot be found.',
    }),
  ],
  'an internal error': [undefined, statusError('INTERNAL_ERROR: Something went wrong.')],
  'a 500': [undefined, new THTTPException(500)],
  'a canceled statement': [undefined, new OperationStateError('CANCELED')],
  'a refused connection to the workspace': [undefined, withCode('ECONNREFUSED')],
  'a file that the storage does not have': [
    undefined,
    new Error('CloudFetch HTTP error 404 Not Found'),
  ],
  'a local file that is missing': [
    undefined,
    Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT' }),
    STORAGE,
  ],
  'a code that is no code of the service': [undefined, statusError('MY_SECRET: Too many cooks')],
  'a parameter of the application': [undefined, new TypeError('Value is undefined')],
  'a thrown string': [undefined, 'Too many requests'],
};

describe('databricks.error.reason', () => {
  for (const [title, [reason, error, context]] of Object.entries({ ...TABLE, ...UNKNOWN })) {
    it(`is ${reason ?? 'absent'} for ${title}, without its text`, () => {
      const failure = describeError(error, context);
      assert.equal(failure.reason, reason);
      const attributes = { ...failureAttributes(failure), message: failure.message };
      assert.equal(Object.hasOwn(attributes, 'databricks.error.reason'), reason !== undefined);
      assert.doesNotMatch(JSON.stringify(attributes), new RegExp(`${SECRET}|MY_SECRET`));
    });
  }

  it('has each of its values in the table', () => {
    const seen = new Set(Object.values(TABLE).map(([reason]) => reason));
    const all: Record<ErrorReason, true> = {
      session_lost: true,
      operation_lost: true,
      warehouse_starting: true,
      warehouse_unavailable: true,
      throttled: true,
      storage_denied: true,
      storage_unreachable: true,
      link_expired: true,
      credentials: true,
      permission: true,
      timeout: true,
      config_refused: true,
    };
    assert.deepEqual(seen, new Set(Object.keys(all)));
    assert.ok(Object.keys(TABLE).length >= 30);
  });
});

describe('the condition of a message of the REST API', () => {
  const CONDITIONS: readonly (readonly [string, string | undefined])[] = [
    [
      `TEMPORARILY_UNAVAILABLE: Cluster ${SECRET} is temporarily unavailable.`,
      'TEMPORARILY_UNAVAILABLE',
    ],
    [`REQUEST_LIMIT_EXCEEDED: ${SECRET}`, 'REQUEST_LIMIT_EXCEEDED'],
    [`org.apache.hive.service.cli.HiveSQLException: DEADLINE_EXCEEDED: x`, 'DEADLINE_EXCEEDED'],
    [`JANE_DOE: x`, undefined],
    [`The value is TEMPORARILY_UNAVAILABLE: x`, undefined],
  ];
  for (const [text, condition] of CONDITIONS) {
    it(`is ${condition ?? 'absent'} in '${text.replace(SECRET, '…')}'`, () => {
      const failure = describeError(statusError(text));
      assert.equal(failure.condition, condition);
      if (condition !== undefined) assert.equal(failure.message, condition);
    });
  }
});

describe('error.type of a retry error', () => {
  const CAUSES: Readonly<Record<string, readonly [unknown, string]>> = {
    'the code of its cause': [
      new RetryError('ATTEMPTS_EXCEEDED', withCode('ECONNRESET')),
      'ECONNRESET',
    ],
    'the class of a cause without a code': [
      new RetryError('TIMEOUT_EXCEEDED', new FetchError('socket hang up')),
      'FetchError',
    ],
    'the status of the last answer': [
      new RetryError('ATTEMPTS_EXCEEDED', { request: {}, response: answer(503) }),
      '503',
    ],
    'the code of a cause that another retry error wraps': [
      new RetryError('ATTEMPTS_EXCEEDED', new RetryError('TIMEOUT_EXCEEDED', withCode('EPIPE'))),
      'EPIPE',
    ],
    'its own code where nothing is known of the cause': [
      new RetryError('ATTEMPTS_EXCEEDED', undefined),
      'ATTEMPTS_EXCEEDED',
    ],
    'its own code where the cause is no error': [
      new RetryError('ATTEMPTS_EXCEEDED', { jane: 'doe' }),
      'ATTEMPTS_EXCEEDED',
    ],
  };
  for (const [title, [error, type]] of Object.entries(CAUSES)) {
    it(`is ${title}`, () => {
      const failure = describeError(error);
      assert.equal(failure.type, type);
      assert.equal(failure.retryable, true);
    });
  }

  it('is the cause that the requests below the call had, where the driver drops it', () => {
    const error = new HiveDriverError(
      'Hive driver: Error when connecting to resource. Max retry count exceeded.',
    );
    assert.equal(describeError(error).type, 'HiveDriverError');
    const requestFailure = withCode('ECONNRESET');
    assert.equal(describeError(error, { requestFailure }).type, 'ECONNRESET');
    assert.equal(
      describeError(new HiveDriverError('x'), { requestFailure }).type,
      'HiveDriverError',
    );
  });
});
