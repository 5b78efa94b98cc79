import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { RETRY_OPTIONS } from '../../src/config';
import {
  classifyErrorCode,
  classifyStatus,
  judge,
  readAcceptance,
} from '../../src/delivery/response';
import { featureFlagPath, readFlag } from '../../src/delivery/feature-flags';
import { backoffMs, parseRetryAfter } from '../../src/delivery/retry';
import { defaultsOf } from '../../src/option-validation';

function verdict(status: number, body: string, headers: Record<string, string> = {}) {
  return judge({ kind: 'answer', status, body, headers }, 0);
}

describe('classifyStatus', () => {
  for (const [status, kind] of [
    [200, 'ok'],
    [204, 'ok'],
    [301, 'terminal'],
    [303, 'terminal'],
    [400, 'terminal'],
    [401, 'credentials'],
    [403, 'credentials'],
    [404, 'terminal'],
    [413, 'too_large'],
    [429, 'retryable'],
    [500, 'retryable'],
    [501, 'unavailable'],
    [502, 'retryable'],
    [503, 'retryable'],
    [504, 'retryable'],
    [0, 'terminal'],
    [402, 'terminal'],
    [407, 'unavailable'],
    [408, 'unavailable'],
    [421, 'unavailable'],
    [425, 'unavailable'],
    [426, 'unavailable'],
    [431, 'terminal'],
    [451, 'unavailable'],
    [452, 'unavailable'],
    [499, 'unavailable'],
  ] as const) {
    it(`${status} is ${kind}`, () => {
      assert.equal(classifyStatus(status), kind);
    });
  }
});

describe('classifyErrorCode', () => {
  for (const [code, kind] of [
    ['ECONNREFUSED', 'retryable'],
    ['ECONNRESET', 'retryable'],
    ['EHOSTUNREACH', 'retryable'],
    ['ETIMEDOUT', 'retryable'],
    ['EAI_AGAIN', 'retryable'],
    ['ENOTFOUND', 'unavailable'],
    ['UNKNOWN', 'unavailable'],
    ['CERT_HAS_EXPIRED', 'terminal'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'terminal'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'terminal'],
    ['EPROTO', 'terminal'],
    ['ERR_INVALID_CHAR', 'unavailable'],
  ] as const) {
    it(`${code} is ${kind}`, () => {
      assert.equal(classifyErrorCode(code), kind);
    });
  }
});

describe('judge', () => {
  it('takes a success for one only from the service (defect 14: any 200 was a success)', () => {
    assert.equal(verdict(200, '{"numProtoSuccess":1}').kind, 'ok');
    assert.equal(verdict(204, '').kind, 'ok');
    assert.equal(verdict(200, '<html>Sign in</html>').kind, 'terminal');
    assert.equal(verdict(200, '\n <!DOCTYPE html>').kind, 'terminal');
    assert.equal(verdict(200, '').kind, 'unavailable');
    assert.equal(verdict(200, '{"numProto').kind, 'unavailable');
    assert.equal(verdict(200, '[]').kind, 'unavailable');
    assert.equal(verdict(200, 'null').kind, 'unavailable');
    assert.equal(verdict(302, '{"numProtoSuccess":1}').kind, 'terminal');
  });

  it('reads Retry-After of what may be retried', () => {
    assert.deepStrictEqual(verdict(429, '', { 'retry-after': '7' }), {
      kind: 'retryable',
      error: '429',
      retryAfterMs: 7_000,
    });
  });

  it('tells the failures of the transport apart', () => {
    assert.equal(judge({ kind: 'timeout' }, 0).kind, 'retryable');
    assert.equal(judge({ kind: 'aborted' }, 0).kind, 'aborted');
    assert.equal(judge({ kind: 'oversized' }, 0).kind, 'unavailable');
    assert.equal(judge({ kind: 'network', code: 'ECONNRESET' }, 0).kind, 'retryable');
  });

  it('has a word for each failure, never a text of the server', () => {
    assert.deepStrictEqual(
      [
        judge({ kind: 'aborted' }, 0),
        judge({ kind: 'oversized' }, 0),
        judge({ kind: 'network', code: 'CERT_HAS_EXPIRED' }, 0),
        judge({ kind: 'network', code: 'EPIPE' }, 0),
        judge({ kind: 'network', code: 'ERR_HTTP_INVALID_HEADER_VALUE' }, 0),
        verdict(200, ' <html>'),
        verdict(200, ''),
        verdict(200, '['),
        verdict(300, ''),
        verdict(501, '', { 'retry-after': '2' }),
        verdict(501, ''),
      ],
      [
        { kind: 'aborted', error: 'aborted' },
        { kind: 'unavailable', error: 'answer_oversized' },
        { kind: 'terminal', error: 'CERT_HAS_EXPIRED', isAnswer: false },
        { kind: 'retryable', error: 'EPIPE' },
        { kind: 'unavailable', error: 'ERR_HTTP_INVALID_HEADER_VALUE' },
        { kind: 'terminal', error: 'answer_html', isAnswer: false },
        { kind: 'unavailable', error: 'answer_empty' },
        { kind: 'unavailable', error: 'answer_unreadable' },
        { kind: 'terminal', error: '300', isAnswer: false },
        { kind: 'unavailable', error: '501', retryAfterMs: 2_000 },
        { kind: 'unavailable', error: '501' },
      ],
    );
  });

  for (const [code, kind] of [
    ['INVALID_PARAMETER_VALUE', 'terminal'],
    ['PERMISSION_DENIED', 'credentials'],
    ['TEMPORARILY_UNAVAILABLE', 'retryable'],
    ['SOMETHING_NEW', 'unavailable'],
    ['__proto__', 'unavailable'],
    [401, 'credentials'],
    ['503', 'retryable'],
    [200, 'unavailable'],
    [true, 'unavailable'],
  ] as const) {
    it(`counts a 200 with error_code ${code} as ${kind}`, () => {
      assert.equal(verdict(200, JSON.stringify({ error_code: code, message: 'x' })).kind, kind);
    });
  }

  it('counts a 200 without an error code as a success', () => {
    for (const error_code of [undefined, null, '', 0]) {
      assert.equal(verdict(200, JSON.stringify({ error_code })).kind, 'ok');
    }
  });

  it('survives any body', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.json()),
        fc.integer({ min: 0, max: 999 }),
        fc.string(),
        fc.integer({ min: 1, max: 5 }),
        (body, status, retryAfter, sent) => {
          const judged = verdict(status, body, { 'retry-after': retryAfter });
          if (judged.kind === 'ok') {
            const { accepted, rejected } = readAcceptance(judged.body, sent);
            assert.ok(accepted >= 0 && accepted <= sent);
            assert.ok(rejected === undefined || rejected.length === sent - accepted);
            readFlag(judged.body);
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('survives any shape of an answer of the service', () => {
    fc.assert(
      fc.property(
        fc.record(
          {
            numProtoSuccess: fc.anything(),
            errors: fc.oneof(fc.array(fc.anything()), fc.anything()),
            flags: fc.oneof(fc.array(fc.anything()), fc.anything()),
            ttl_seconds: fc.anything(),
          },
          { requiredKeys: [] },
        ),
        (body) => {
          const { accepted, rejected } = readAcceptance(body, 3);
          assert.ok(accepted >= 0 && accepted <= 3);
          assert.ok(rejected === undefined || rejected.length === 3 - accepted);
          const { ttlMs } = readFlag(body);
          assert.ok(ttlMs >= 60_000 && ttlMs <= 3_600_000);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

describe('readAcceptance', () => {
  it('believes the count, and the indexes that go with it', () => {
    assert.deepStrictEqual(readAcceptance({ numProtoSuccess: 3 }, 3), {
      accepted: 3,
      rejected: [],
    });
    assert.deepStrictEqual(readAcceptance({ numProtoSuccess: 0, errors: ['x'] }, 2), {
      accepted: 0,
      rejected: [0, 1],
    });
    assert.deepStrictEqual(readAcceptance({ numProtoSuccess: 2, errors: ['x'] }, 3), {
      accepted: 2,
      rejected: undefined,
    });
    assert.deepStrictEqual(
      readAcceptance({ numProtoSuccess: 1, errors: [{ index: 2, message: 'x' }, { index: 0 }] }, 3),
      { accepted: 1, rejected: [0, 2] },
    );
  });

  it('reads a count that is written as a string', () => {
    assert.equal(readAcceptance({ numProtoSuccess: '2' }, 3).accepted, 2);
    assert.equal(readAcceptance({ numProtoSuccess: '0' }, 3).accepted, 0);
    for (const numProtoSuccess of ['', 'two', '-1', '1.5', '0x1', ' 1']) {
      assert.equal(readAcceptance({ numProtoSuccess, errors: ['x'] }, 3).accepted, 2);
    }
  });

  it('finds the indexes in texts, and believes them only with the count', () => {
    const errors = ['Log 1 was not accepted.', { message: 'bad log #2', errorType: 'x' }];
    assert.deepStrictEqual(readAcceptance({ numProtoSuccess: 1, errors }, 3).rejected, [1, 2]);
    assert.equal(readAcceptance({ numProtoSuccess: 2, errors }, 3).rejected, undefined);
  });

  it('takes an answer without count and errors for a success, one with errors not', () => {
    assert.equal(readAcceptance({}, 3).accepted, 3);
    assert.equal(readAcceptance({ errors: [{ message: 'x', errorType: 'y' }] }, 3).accepted, 2);
  });
});

describe('parseRetryAfter', () => {
  it('reads seconds and HTTP dates', () => {
    assert.equal(parseRetryAfter('120', 0), 120_000);
    assert.equal(parseRetryAfter(' 0 ', 0), 0);
    const nowMs = Date.parse('Sun, 22 Nov 2026 10:00:00 GMT');
    assert.equal(parseRetryAfter('Sun, 22 Nov 2026 10:00:30 GMT', nowMs), 30_000);
    assert.equal(parseRetryAfter('Sun, 22 Nov 2026 09:00:00 GMT', nowMs), 0);
  });

  it('ignores what is neither, and bounds what is too long', () => {
    for (const value of [undefined, '', 'soon', '-5', '1e9', '5 minutes']) {
      assert.equal(parseRetryAfter(value, 0), undefined, value);
    }
    assert.equal(parseRetryAfter('999999999', 0), 3_600_000);
    assert.equal(parseRetryAfter('Fri, 31 Dec 9999 23:59:59 GMT', 0), 3_600_000);
  });
});

describe('backoffMs', () => {
  it('doubles from 100 ms up to 1 000 ms, with up to 100 ms of jitter', () => {
    const none = [0, 1, 2, 3, 4].map((attempt) =>
      backoffMs(attempt, defaultsOf(RETRY_OPTIONS), () => 0),
    );
    assert.deepStrictEqual(none, [100, 200, 400, 800, 1_000]);
    assert.equal(
      backoffMs(0, defaultsOf(RETRY_OPTIONS), () => 0.5),
      150,
    );
    assert.equal(
      backoffMs(9, defaultsOf(RETRY_OPTIONS), () => 0.5),
      1_000,
    );
  });
});

describe('featureFlagPath', () => {
  it('names the release without -oss', () => {
    assert.equal(
      featureFlagPath('2.1.0-oss'),
      '/api/2.0/connector-service/feature-flags/NODEJS/2.1.0',
    );
  });
});

describe('readFlag', () => {
  const name = 'databricks.partnerplatform.clientConfigsFeatureFlags.enableTelemetryForNodeJs';

  it('reads the flag by its name, case-insensitively', () => {
    assert.equal(readFlag({ flags: [{ name, value: 'true' }] }).isEnabled, true);
    assert.equal(readFlag({ flags: [{ name, value: 'TRUE' }] }).isEnabled, true);
    assert.equal(readFlag({ flags: [{ name, value: 'false' }] }).isEnabled, false);
    assert.equal(readFlag({ flags: [{ name: 'other', value: 'true' }] }).isEnabled, false);
    assert.equal(readFlag({}).isEnabled, false);
  });

  it('clamps ttl_seconds and ttlSeconds to 1-60 minutes, 15 without one', () => {
    assert.equal(readFlag({ ttl_seconds: 300 }).ttlMs, 300_000);
    assert.equal(readFlag({ ttlSeconds: 300 }).ttlMs, 300_000);
    assert.equal(readFlag({ ttl_seconds: 1 }).ttlMs, 60_000);
    assert.equal(readFlag({ ttl_seconds: 1e9 }).ttlMs, 3_600_000);
    assert.equal(readFlag({ ttl_seconds: 0 }).ttlMs, 900_000);
    assert.equal(readFlag({}).ttlMs, 900_000);
  });
});
