import assert from 'node:assert/strict';
import { className, describeError, stackFrames } from '../../src/telemetry/failure';

class OperationStateError extends Error {
  constructor(
    readonly errorCode: string,
    readonly response?: { readonly displayMessage?: string; readonly sqlState?: string },
  ) {
    super(response?.displayMessage ?? 'failed');
  }
}
class RetryError extends Error {
  constructor(
    readonly errorCode: string,
    readonly payload: object,
  ) {
    super('Max retry count exceeded');
  }
}
class HiveDriverError extends Error {}
class THTTPException extends Error {
  constructor(readonly statusCode: number) {
    super(`Received a response with a bad HTTP status code: ${statusCode}`);
  }
}

/** As the service words a failure of its parser, the statement included. */
const PARSE_ERROR =
  "\n[PARSE_SYNTAX_ERROR] Syntax error at or near 'SELEC'. SQLSTATE: 42601 (line 1, pos 0)\n\n== SQL ==\nSELEC 'x: [MY_SECRET] y', 'SQLSTATE: 12345'\n^^^\n";

describe('describeError', () => {
  const CASES: readonly [string, unknown, object][] = [
    [
      'takes the SQLSTATE before anything else',
      new OperationStateError('ERROR', {
        sqlState: '42P01',
        displayMessage: '[TABLE_OR_VIEW_NOT_FOUND] `t`',
      }),
      {
        type: '42P01',
        sqlState: '42P01',
        condition: 'TABLE_OR_VIEW_NOT_FOUND',
        retryable: undefined,
      },
    ],
    [
      'finds the condition behind the class names of the server',
      new OperationStateError('ERROR', {
        displayMessage:
          'org.apache.hive.service.cli.HiveSQLException: Error running query: [DIVIDE_BY_ZERO.WITH_SUGGESTION] x',
      }),
      { type: 'ERROR', condition: 'DIVIDE_BY_ZERO.WITH_SUGGESTION' },
    ],
    [
      'finds the condition and the SQLSTATE of a message that begins with an empty line',
      new HiveDriverError(PARSE_ERROR),
      {
        type: '42601',
        sqlState: '42601',
        condition: 'PARSE_SYNTAX_ERROR',
        message: 'PARSE_SYNTAX_ERROR, SQLSTATE 42601',
      },
    ],
    [
      'finds the condition behind the Java class that a status names',
      new HiveDriverError(
        `Error running query: [PARSE_SYNTAX_ERROR] org.apache.spark.sql.catalyst.parser.ParseException: ${PARSE_ERROR}`,
      ),
      { type: '42601', condition: 'PARSE_SYNTAX_ERROR' },
    ],
    [
      'reads neither a condition nor a SQLSTATE out of the SQL that a message quotes',
      new OperationStateError('ERROR', {
        displayMessage:
          "\nSomething failed.\n\n== SQL (line 1, position 8) ==\nSELECT 'x: [MY_SECRET] y' -- SQLSTATE: 12345\n^^^\n",
      }),
      {
        type: 'ERROR',
        sqlState: undefined,
        condition: undefined,
        message: 'OperationStateError ERROR',
      },
    ],
    [
      'does not take a bracketed value for a condition',
      new OperationStateError('ERROR', { displayMessage: 'cannot cast [MY_SECRET] to INT' }),
      { type: 'ERROR', condition: undefined, message: 'OperationStateError ERROR' },
    ],
    [
      'falls back on the code of the driver',
      new OperationStateError('CANCELED'),
      { type: 'CANCELED' },
    ],
    [
      'reads the SQLSTATE out of the text where the object has none',
      new HiveDriverError('[PARSE_SYNTAX_ERROR] near x. SQLSTATE: 42601 (line 1)'),
      { type: '42601', sqlState: '42601', condition: 'PARSE_SYNTAX_ERROR' },
    ],
    ['reads an HTTP status', new THTTPException(503), { type: '503', retryable: true }],
    [
      'knows statuses that are not retried',
      new THTTPException(501),
      { type: '501', retryable: false },
    ],
    [
      'reads the status of a retry error',
      new RetryError('ATTEMPTS_EXCEEDED', { response: { status: 429 } }),
      { type: '429', retryable: true },
    ],
    [
      'reads the status the driver puts into its text',
      new HiveDriverError(
        'Hive driver: 503 when connecting to resource. Max retry count exceeded.',
      ),
      { type: '503', retryable: true },
    ],
    [
      'reads a status of CloudFetch',
      new Error('CloudFetch HTTP error 403 Forbidden'),
      { type: '403', retryable: false },
    ],
    [
      'takes the class of others',
      new HiveDriverError('gone'),
      { type: 'HiveDriverError', message: 'HiveDriverError' },
    ],
    [
      'takes the code of a socket error',
      Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:443'), { code: 'ECONNREFUSED' }),
      { type: 'ECONNREFUSED', retryable: true, message: 'Error ECONNREFUSED' },
    ],
    ['believes the kernel', kernelError(), { type: '57014', retryable: false }],
    [
      'takes a thrown string for what it is',
      'SELECT secret',
      { type: '_OTHER', message: '_OTHER' },
    ],
    ['takes undefined', undefined, { type: '_OTHER' }],
    ['takes an object without a class', Object.create(null), { type: '_OTHER' }],
    [
      'does not take data for a code',
      Object.assign(new Error('x'), { code: 'the secret is 42' }),
      { type: 'Error' },
    ],
  ];
  for (const [title, error, expected] of CASES) {
    it(title, () => {
      const info: Readonly<Record<string, unknown>> = { ...describeError(error) };
      const seen = Object.fromEntries(Object.keys(expected).map((key) => [key, info[key]]));
      assert.deepEqual(seen, expected);
    });
  }

  it('takes the SQLSTATE the response had', () => {
    assert.equal(
      describeError({ name: 'Status Error', code: -1 }, { sqlState: '42601' }).type,
      '42601',
    );
  });

  it('gives the driver`s own text only when asked to', () => {
    const error = new HiveDriverError('near "secret"');
    assert.equal(describeError(error).message, 'HiveDriverError');
    assert.equal(describeError(error, {}, true).message, 'near "secret"');
  });
});

describe('stackFrames', () => {
  it('cuts the message, even when it looks like a frame', () => {
    const error = new Error('first\n    at secret (secret.js:1:1)\nlast');
    const frames = stackFrames(error) ?? '';
    assert.doesNotMatch(frames, /secret|first|last/);
    assert.match(frames, /failure\.test/);
  });

  it('gives none for what is no error: its stack is text of the server', () => {
    assert.equal(stackFrames({ stack: '*org.apache: secret:1:1' }), undefined);
  });
});

describe('className', () => {
  it('prefers the class to a name that is only Error', () => {
    assert.equal(className(new HiveDriverError('x')), 'HiveDriverError');
  });
});

function kernelError(): Error {
  return Object.defineProperties(new HiveDriverError('x'), {
    sqlState: { value: '57014' },
    kernelMetadata: { value: { retryable: false, httpStatus: 500 } },
  });
}

function failed(fields: object, Class: new (message: string) => Error = Error): unknown {
  return Object.assign(new Class('failed'), fields);
}

describe('retryable', () => {
  class TimeoutError extends Error {}

  const RETRYABLE: readonly unknown[] = [
    ...['ECONNRESET', 'ECONNREFUSED', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'EPIPE'].map(
      (code) => failed({ code }),
    ),
    failed({ code: 'EAI_AGAIN' }),
    ...['TIMEOUT', 'TIMEOUT_EXCEEDED', 'ATTEMPTS_EXCEEDED'].map((errorCode) =>
      failed({ errorCode }),
    ),
    failed({}, TimeoutError),
    new RetryError('OTHER', {}),
    ...[429, 500, 502, 503, 504].map((statusCode) => failed({ statusCode })),
    failed({ statusCode: 400, kernelMetadata: { retryable: true } }),
  ];
  for (const [index, error] of RETRYABLE.entries()) {
    it(`is true for error ${index}: ${describeError(error).type}`, () => {
      assert.equal(describeError(error).retryable, true);
    });
  }

  it('is false for other statuses and where the kernel decides so', () => {
    for (const statusCode of [400, 401, 403, 404, 501]) {
      assert.equal(describeError(failed({ statusCode })).retryable, false);
    }
    const decided = failed({ code: 'ECONNRESET', kernelMetadata: { retryable: false } });
    assert.equal(describeError(decided).retryable, false);
  });

  it('is unknown for other errors', () => {
    for (const error of [failed({ errorCode: 'ERROR' }), failed({ code: 'ENOTFOUND' }), 'text']) {
      assert.equal(describeError(error).retryable, undefined);
    }
  });
});
