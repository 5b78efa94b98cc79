import assert from 'node:assert';
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

  it('lets no secret through that the cut would have halved', () => {
    fc.assert(
      fc.property(token, fc.integer({ min: 1_980, max: 2_060 }), (secret, length) => {
        const text = `${'x '.repeat(length / 2)}Bearer ${secret}`;
        return !redact(text).includes(secret.slice(0, 8));
      }),
    );
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
      const startMs = performance.now();
      redact(piece.repeat(20_000));
      stackFrames(`    at ${piece.repeat(20_000)}`);
      stackFrames(`    at ${piece}\n`.repeat(2_000));
      // Quadratic would be seconds.
      assert.ok(performance.now() - startMs < 1_000, piece);
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
});
