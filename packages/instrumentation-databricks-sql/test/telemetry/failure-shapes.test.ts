import assert from 'node:assert/strict';
import { className, describeError, stackFrames } from '../../src/telemetry/failure';

/** An error with fields as foreign code sets them, of any type. */
function failure(message: string, fields: object = {}): Error {
  return Object.assign(new Error(message), fields);
}

function withStack(message: string, stack: unknown): Error {
  return Object.assign(new Error(message), { stack });
}

describe('describeError on odd shapes', () => {
  const FAR = 'x'.repeat(1_100);
  const CASES: Readonly<Record<string, readonly [unknown, object]>> = {
    'a SQLSTATE of the wrong length is none': [
      failure('x', { sqlState: '42P012' }),
      { sqlState: undefined, type: 'Error', message: 'Error' },
    ],
    'nor one with something around it': [
      failure('x', { sqlState: ' 42P01' }),
      { sqlState: undefined },
    ],
    'nor a number': [failure('x', { sqlState: 42_000 }), { sqlState: undefined }],
    'a SQLSTATE at the end of a long text is found': [
      failure(`[SOME_CONDITION] ${FAR} SQLSTATE: 22012`),
      { sqlState: '22012', message: 'SOME_CONDITION, SQLSTATE 22012' },
    ],
    'and at its start': [failure(`[SOME_CONDITION] SQLSTATE: 22012 ${FAR}`), { sqlState: '22012' }],
    'but not in the middle': [
      failure(`${FAR} SQLSTATE: 22012 ${FAR}`),
      { sqlState: undefined, type: 'Error' },
    ],
    'a condition far in is not looked for': [
      failure(`${FAR}: [SOME_CONDITION] x`),
      { condition: undefined },
    ],
    'a condition alone is the message': [
      failure('[SOME_CONDITION] x'),
      { condition: 'SOME_CONDITION', sqlState: undefined, message: 'SOME_CONDITION' },
    ],
    'a SQLSTATE alone comes with the class': [
      failure('x', { sqlState: '22012' }),
      { message: 'Error, SQLSTATE 22012' },
    ],
    'a condition behind a colon without a space': [
      failure('Class:[SOME_CONDITION] x'),
      { condition: 'SOME_CONDITION' },
    ],
    'a status below 400 is no error': [failure('x', { statusCode: 399 }), { type: 'Error' }],
    '400 is one': [failure('x', { statusCode: 400 }), { type: '400', retryable: false }],
    '500 may be tried again': [failure('x', { statusCode: 500 }), { retryable: true }],
    '501 may not': [failure('x', { statusCode: 501 }), { type: '501', retryable: false }],
    '599 is one': [failure('x', { statusCode: 599 }), { type: '599', retryable: true }],
    '600 is none': [failure('x', { statusCode: 600 }), { type: 'Error', retryable: undefined }],
    'a status as text is none': [failure('x', { statusCode: '500' }), { type: 'Error' }],
    'the status of the kernel': [
      failure('x', { kernelMetadata: { httpStatus: 503 } }),
      { type: '503', retryable: true },
    ],
    'what the kernel says of retrying comes first': [
      failure('x', { statusCode: 503, kernelMetadata: { retryable: false } }),
      { type: '503', retryable: false },
    ],
    'the status of a response the driver gave up on': [
      failure('x', { payload: { response: { status: 429 } } }),
      { type: '429', retryable: true },
    ],
    'a status in the middle of a text is data': [
      failure('row: CloudFetch HTTP error 503'),
      { type: 'Error' },
    ],
    'one at its start is not': [failure('CloudFetch HTTP error 503 x'), { type: '503' }],
    'fields of null': [
      failure('x', { response: null, kernelMetadata: null, payload: null }),
      { type: 'Error' },
    ],
    'a message that is no text': [failure('', { message: 42 }), { message: 'Error' }],
    'a code that is no identifier': [failure('x', { code: '1 OR 1=1' }), { type: 'Error' }],
    'a code with something before it': [failure('x', { errorCode: "'ERROR" }), { type: 'Error' }],
  };
  for (const [name, [error, expected]] of Object.entries(CASES)) {
    it(name, () => {
      const info: Readonly<Record<string, unknown>> = { ...describeError(error) };
      for (const [key, value] of Object.entries(expected)) assert.strictEqual(info[key], value);
    });
  }

  for (const code of [
    'ECONNRESET',
    'ECONNREFUSED',
    'ETIMEDOUT',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'EPIPE',
    'EAI_AGAIN',
  ]) {
    it(`${code} may be tried again`, () => {
      assert.strictEqual(describeError(failure('x', { code })).retryable, true);
    });
  }

  it('ENOTFOUND may or may not', () => {
    assert.strictEqual(describeError(failure('x', { code: 'ENOTFOUND' })).retryable, undefined);
  });

  it('the full message is given when it was asked for, if there is one', () => {
    assert.strictEqual(describeError(failure('the text'), {}, true).message, 'the text');
    assert.strictEqual(describeError(failure(''), {}, true).message, 'Error');
    assert.strictEqual(describeError({ code: 'ABC' }, {}, true).message, 'Object ABC');
    assert.strictEqual(describeError('a text', {}, true).message, '_OTHER');
  });
});

describe('className', () => {
  it('prefers the class, then the name, if they are identifiers', () => {
    const nameless = Object.create(null) as object;
    assert.strictEqual(className(Object.assign(nameless, { name: 'Named' })), 'Named');
    assert.strictEqual(className(Object.assign(nameless, { name: 'no identifier' })), '_OTHER');
    assert.strictEqual(className(null), '_OTHER');
    assert.strictEqual(
      className(() => undefined),
      '_OTHER',
    );
  });
});

describe('stackFrames', () => {
  it('keeps frames of every form and nothing else', () => {
    const frames = [
      '    at f (file.js:1:2)',
      '    at file.js:10:20',
      '    at file.js:10',
      '    at Array.map (native)',
      '    at <anonymous>',
      '    at async Promise.all (index 12)',
    ];
    const noise = ['at f (file.js:1:2)', '    at f (file.js:1:2) and more', '    secret', ''];
    const stack = ['Error: m', ...frames, ...noise].join('\n');
    assert.strictEqual(stackFrames(withStack('m', stack)), frames.join('\n'));
  });

  it('cuts a message that looks like a frame', () => {
    const message = 'x\n    at secret (file.js:1:2)';
    const stack = `Error: ${message}\n    at f (file.js:3:4)`;
    assert.strictEqual(stackFrames(withStack(message, stack)), '    at f (file.js:3:4)');
    assert.strictEqual(
      stackFrames(withStack(message, message + '\n    at g (a.js:1)')),
      '    at g (a.js:1)',
    );
  });

  it('takes a stack without a message as it is', () => {
    assert.strictEqual(
      stackFrames(withStack('', 'Error\n    at f (a.js:1:2)')),
      '    at f (a.js:1:2)',
    );
    assert.strictEqual(
      stackFrames(withStack('gone', 'Error\n    at f (a.js:1:2)')),
      '    at f (a.js:1:2)',
    );
  });

  it('gives none where there is none', () => {
    assert.strictEqual(stackFrames(withStack('m', 'Error: m')), undefined);
    assert.strictEqual(stackFrames(withStack('m', 42)), undefined);
    assert.strictEqual(stackFrames({ stack: '    at f (a.js:1:2)' }), undefined);
  });
});
