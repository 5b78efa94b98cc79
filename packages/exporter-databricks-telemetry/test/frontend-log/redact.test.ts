import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { redact } from '../../src/frontend-log/redact';
import { stackFrames } from '../../src/frontend-log/stack-frames';

const token = fc.string({
  unit: fc.constantFrom(...'ABCDEFGHJKLMNPQRSTUVWXYZ23456789'.split('')),
  minLength: 16,
  maxLength: 40,
});

/** Each family of secrets around one random secret. */
const FAMILIES: Record<string, (secret: string) => string> = {
  bearer: (secret) => `Authorization: Bearer ${secret}`,
  basic: (secret) => `basic ${secret}==`,
  'URL userinfo': (secret) => `https://user:${secret}@host/x`,
  'URL user': (secret) => `https://${secret}@host/x`,
  'URL query': (secret) => `https://host/file?X-Amz-Signature=${secret}&a=b`,
  'personal access token': (secret) => `dapi${secret}`,
  'other Databricks tokens': (secret) =>
    `dose${secret} dkea${secret} dskea${secret} dsapi${secret}`,
  JWT: (secret) => `eyJhbGciOi${secret}.eyJ${secret}.${secret}`,
  'JSON password': (secret) => `{"password":"${secret}"}`,
  'JSON password with spaces': (secret) => `{"client_secret": "a b ${secret}"}`,
  'escaped JSON': (secret) => `{\\"access_token\\":\\"${secret}\\"}`,
  'key and value': (secret) => `api_key=${secret}&x=1`,
  'header key': (secret) => `x-api-key: ${secret}`,
  'single quotes': (secret) => `refresh_token='${secret}'`,
  'e-mail': (secret) => `${secret}@example.com`,
  'home directory': (secret) => `/home/${secret}/app.js`,
  'macOS home': (secret) => `/Users/${secret}/app.js`,
  'Windows home': (secret) => `C:\\Users\\${secret}\\app.js`,
  'macOS temp': (secret) => `/private/var/folders/${secret}/${secret}/T/x`,
  service: (secret) => `/var/lib/${secret}/x`,
  opt: (secret) => `/opt/${secret}/x`,
  srv: (secret) => `/srv/${secret}/x`,
  app: (secret) => `/app/${secret}/x`,
  UNC: (secret) => `\\\\${secret}\\${secret}\\x`,
};

describe('redact', () => {
  for (const [family, embed] of Object.entries(FAMILIES)) {
    it(`lets no secret through: ${family}`, () => {
      fc.assert(
        fc.property(
          token,
          fc.string({ maxLength: 60 }).map((text) => text.replace(/["'\\]/g, '')),
          fc.string({ maxLength: 60 }),
          (secret, before, after) =>
            !redact(`${before} ${embed(secret)} ${after} ${embed(secret)}`).includes(secret),
        ),
        { numRuns: 300 },
      );
    });
  }

  const MASKED: readonly (readonly [string, string])[] = [
    ['Bearer abc', 'Bearer <redacted>'],
    ['basic\t abc;x', 'basic <redacted>;x'],
    ['bearer abc, d', 'bearer <redacted>, d'],
    ['xs://user:pw@host/p', 'xs://<redacted>@host/p'],
    ['ftp://u@h', 'ftp://<redacted>@h'],
    ['x?sig=abc d', 'x?<redacted> d'],
    ['x?a=b"c', 'x?<redacted>"c'],
    ['x?a=b<c', 'x?<redacted><c'],
    ['x?a=b)c', 'x?<redacted>)c'],
    ["x?a%5B~.-]=1'x", "x?<redacted>'x"],
    ['dapi12345678', '<redacted>'],
    ['DAPI12345678-_x y', '<redacted> y'],
    ['dose12345678', '<redacted>'],
    ['dkea12345678', '<redacted>'],
    ['dskea12345678', '<redacted>'],
    ['dsapi12345678', '<redacted>'],
    ['eyJabcd', '<redacted>'],
    ['eyJabcd.e-f.g.h.i.j', '<redacted>.j'],
    ['token=abc&x', 'token=<redacted>&x'],
    ["password: 'a b' c", 'password: <redacted> c'],
    ['passwd:x', 'passwd:<redacted>'],
    ['pwd = y;z', 'pwd = <redacted>;z'],
    ['secret="a b" c', 'secret=<redacted> c'],
    ['apikey=1,2', 'apikey=<redacted>,2'],
    ['api_key=1)2', 'api_key=<redacted>)2'],
    ['api-key: 1}2', 'api-key: <redacted>}2'],
    ['accountkey=1]2', 'accountkey=<redacted>]2'],
    ['signature=x y', 'signature=<redacted> y'],
    ['sig=x y', 'sig=<redacted> y'],
    ['credential=x y', 'credential=<redacted> y'],
    ['credentials=x', 'credentials=<redacted>'],
    ['authorization=x', 'authorization=<redacted>'],
    ['{"token":"a b"}', '{"token":<redacted>}'],
    ['{\\"token\\":\\"a b\\"}', '{\\"token\\":<redacted>}'],
    ["'token' : 'a'", "'token' : <redacted>"],
    ['token="a b', 'token=<redacted>'],
    ["token='a b", 'token=<redacted>'],
    ['/home/ada/x', '/home/<redacted>/x'],
    ['\\Users\\ada\\x', '\\Users\\<redacted>\\x'],
    ['/users/ada:1', '/users/<redacted>:1'],
    ['/home/ada)x', '/home/<redacted>)x'],
    ['/home/ada]x', '/home/<redacted>]x'],
    ['/home/a b', '/home/<redacted> b'],
    ['/root/x', '/<redacted>/x'],
    ['/var/folders/aa/bb/c', '/var/folders/<redacted>/c'],
    ['/var/lib/aa/c', '/var/lib/<redacted>/c'],
    ['/opt/aa/c', '/opt/<redacted>/c'],
    ['/srv/a b', '/srv/<redacted> b'],
    ['/app/a:1', '/app/<redacted>:1'],
    ['/tmp/a)b', '/tmp/<redacted>)b'],
    ['/tmp/a]b', '/tmp/<redacted>]b'],
    ['\\\\server\\share\\x', '\\\\<redacted>\\x'],
    ['a@example.com', '<redacted>'],
    ['a.b+c-d@ex-a.co.uk x', '<redacted> x'],
  ];
  for (const [text, expected] of MASKED) {
    it(`masks no more and no less than the secret of ${JSON.stringify(text)}`, () => {
      assert.equal(redact(text), expected);
    });
  }

  const HARMLESS = [
    'xbearer abc',
    'bearers of news',
    'https://h/a@b',
    'https://h?a@b',
    'https://h#a@b',
    'x? a=b',
    'x?a',
    'dapi1234567',
    'eyJabc',
    'design=x y',
    'token x',
    '/rooted/x',
    '/var/log/a',
    '\\\\server',
    'a@localhost',
    '@databricks/sql',
  ];
  for (const text of HARMLESS) {
    it(`leaves ${JSON.stringify(text)} alone`, () => {
      assert.equal(redact(text), text);
    });
  }

  it('lets no secret through that the cut would have halved', () => {
    fc.assert(
      fc.property(token, fc.integer({ min: 1_980, max: 2_060 }), (secret, length) => {
        const text = `${'x '.repeat(length / 2)}Bearer ${secret}`;
        return !redact(text).includes(secret.slice(0, 8));
      }),
    );
  });

  it('cuts before the word that does not fit, whatever separates it', () => {
    for (const [head, tail] of [
      ['one two', ' three'],
      ['one\ntwo', ' three'],
      ['one two', '\nthree'],
    ] as const) {
      assert.equal(redact(`${head}${tail}`, 10), head);
    }
    assert.equal(redact('one two', 7), 'one two');
    assert.equal(redact('onetwothree', 10), '');
  });

  it('leaves harmless text alone', () => {
    const text = 'at DBSQLOperation.fetchAll (@databricks/sql/dist/DBSQLOperation.js:1:2)';
    assert.equal(redact(text), text);
  });

  it('is bounded', () => {
    assert.ok(redact('a b '.repeat(100_000)).length <= 2_048);
    assert.equal(redact('a'.repeat(100_000)), '');
  });

  it('is linear on hostile input', () => {
    const pieces = [
      '://',
      'token=',
      '"token":"',
      'bearer ',
      'a@',
      '?a',
      '?a=',
      '\\\\a',
      '/home/',
      'eyJaaaa.',
      'dapi0000000',
      '\\"',
      'a.',
      ' \t',
    ];
    for (const piece of pieces) {
      const before = process.cpuUsage();
      redact(piece.repeat(20_000));
      stackFrames(`    at ${piece.repeat(20_000)}`);
      stackFrames(`    at ${piece}\n`.repeat(2_000));
      const { user } = process.cpuUsage(before);
      // Quadratic would be seconds. Processor time, so that a machine that stalls does not decide.
      assert.ok(user < 1_000_000, piece);
    }
  });
});

describe('stackFrames', () => {
  it('keeps frames and reduces files to their package (defect 13: stacks carried message, SQL and paths)', () => {
    const stack = [
      "OperationStateError: TABLE_OR_VIEW_NOT_FOUND: SELECT 'Ada' FROM main.people",
      'WHERE ssn = 123',
      '    at OperationState.check (/home/ada/shop/node_modules/@databricks/sql/dist/a.js:1:2)',
      '    at async Object.run [as go] (/home/ada/shop/src/report.js:30:4)',
      '    at async file:///home/ada/shop/main.mjs:3:1',
      '    at new Thing (C:\\Users\\ada\\shop\\node_modules\\x\\y.js:1:2)',
      '    at node:internal/process/task_queues:95:5',
      '    at Array.map (<anonymous>)',
      '    at SELECT secret FROM t',
      'Caused by: password=hunter2',
    ].join('\n');
    assert.equal(
      stackFrames(stack),
      [
        'at OperationState.check (@databricks/sql/dist/a.js:1:2)',
        'at async Object.run [as go] (report.js:30:4)',
        'at async main.mjs:3:1',
        'at new Thing (x/y.js:1:2)',
        'at node:internal/process/task_queues:95:5',
        'at Array.map (<anonymous>)',
      ].join('\n'),
    );
  });

  it('lets no message through that imitates frames', () => {
    fc.assert(
      fc.property(token, fc.constantFrom(...Object.values(FAMILIES)), (secret, embed) => {
        const line = embed(secret);
        return !stackFrames(
          `Error\n    at ${line}\n    at f (${line}:1:2)\n    at ${line} (/x.js:1:2)`,
        ).includes(secret);
      }),
    );
  });

  const NOT_FRAMES = [
    'at f (/x.js:1:2)',
    '     at f (/x.js:1:2)',
    '    at f (/x.js:1:2) and more',
    '    at f (/x.js)',
    '    at f (/x.js:12345678:1)',
    '    at f (x) (/x.js:1:2)',
    '    at f g (/x.js:1:2)',
    '    at x.js:1:2',
    '    at /x.js',
    '    at async',
    `    at ${'f'.repeat(191)} (/x.js:1:2)`,
    `    at f (/${'x'.repeat(400)}.js:1:2)`,
  ];
  for (const line of NOT_FRAMES) {
    it(`takes ${JSON.stringify(line).slice(0, 40)} for no frame`, () => {
      assert.equal(stackFrames(line), '');
    });
  }

  const FRAMES: readonly (readonly [string, string])[] = [
    ['    at f (native)', 'at f (native)'],
    ['    at f (/node_modules/c/x.js:1:2)', 'at f (c/x.js:1:2)'],
    ['    at f (/x.js:1234567:1234567)  ', 'at f (x.js:1234567:1234567)'],
    ['    at async f$1._g (/a/x.js:1:2)', 'at async f$1._g (x.js:1:2)'],
    ['    at f (<anonymous>)', 'at f (<anonymous>)'],
    ['    at f (node:fs:1:2)', 'at f (node:fs:1:2)'],
    ['    at /a/x.js:12:34', 'at x.js:12:34'],
    ['    at async node:fs:1:2', 'at async node:fs:1:2'],
    ['    at C:\\a\\x.js:1:2', 'at x.js:1:2'],
    ['    at f (/a/node_modules/b/node_modules/c/d/x.js:1:2)', 'at f (c/d/x.js:1:2)'],
    [`    at ${'f'.repeat(190)} (/x.js:1:2)`, `at ${'f'.repeat(190)} (x.js:1:2)`],
  ];
  for (const [line, frame] of FRAMES) {
    it(`makes ${JSON.stringify(frame).slice(0, 40)} of ${JSON.stringify(line).slice(0, 40)}`, () => {
      assert.equal(stackFrames(line), frame);
    });
  }

  it('keeps the first 30 frames', () => {
    const lines = Array.from({ length: 40 }, (_, line) => `    at f (/x.js:${line}:1)`);
    const frames = stackFrames(lines.join('\n')).split('\n');
    assert.equal(frames.length, 30);
    assert.equal(frames.at(-1), 'at f (x.js:29:1)');
  });

  it('reads the first 8 KiB, and not the line that is cut there', () => {
    const frame = '    at f (/x.js:1:2)';
    const before = `${'m'.repeat(8_192 - frame.length - 1)}\n`;
    assert.equal(stackFrames(before + frame), 'at f (x.js:1:2)');
    assert.equal(stackFrames(`${before}m${frame}\n${frame}\n`), '');
    assert.equal(stackFrames(`${before}${frame}3`), '', 'column 23, not 2');
  });
});
