import assert from 'node:assert/strict';
import { failedOutcome, readOutcome } from '../../../src/processor/export/export-outcome';
import type { ExportOutcome } from '../../../src/processor/export/export-outcome';
import { SpanRecord } from '../../../src/processor/join/span-record';
import type { ExportResult } from '../../../src/otel';
import { UndeliveredError } from '../../../src/record';
import { span } from '../../fixtures/spans';

const JOIN = { kind: 'operation', connection: undefined, completion: undefined } as const;
const BATCH = [1, 2, 3, 4].map(() => new SpanRecord(span('open_session'), JOIN, 1));
const [FIRST, SECOND] = BATCH;

function outcomeOf(error: unknown): ExportOutcome {
  return readOutcome(BATCH, { code: 1, error } as ExportResult);
}

describe('readOutcome', () => {
  it('is all delivered after a success', () => {
    assert.deepEqual(readOutcome(BATCH, { code: 0 }), {
      delivered: 4,
      undelivered: new Set(),
      dropped: {},
      reason: undefined,
      retryAfterMs: undefined,
    });
  });

  it('takes what an UndeliveredError says', () => {
    const error = new UndeliveredError([FIRST, SECOND] as SpanRecord[], 'retryable', 9_000, {
      refused: 1,
    });
    assert.deepEqual(outcomeOf(error), {
      delivered: 1,
      undelivered: new Set([FIRST, SECOND]),
      dropped: { refused: 1 },
      reason: 'retryable',
      retryAfterMs: 9_000,
    });
  });

  it('knows one by its shape: another copy of this package has another class', () => {
    const outcome = outcomeOf({ undelivered: [FIRST], reason: 'breaker_open', retryAfterMs: 0 });
    assert.equal(outcome.undelivered.size, 1);
    assert.equal(outcome.delivered, 3);
    assert.equal(outcome.reason, 'breaker_open');
    assert.equal(outcome.retryAfterMs, 0);
  });

  it('believes no number that is none', () => {
    for (const retryAfterMs of [-1, Infinity, Number.NaN, '5', null]) {
      assert.equal(outcomeOf({ undelivered: BATCH, retryAfterMs }).retryAfterMs, undefined);
    }
    assert.equal(outcomeOf({ undelivered: BATCH, reason: 7 }).reason, undefined);
    const dropped = { refused: 1.5, constructor: 1, too_large: '1', flag_off: 0, disabled: -1 };
    const outcome = outcomeOf({ undelivered: [FIRST], dropped });
    assert.deepEqual(outcome.dropped, { refused: 1 });
    assert.equal(outcome.delivered, 2);
  });

  it('drops no more than the batch has', () => {
    const outcome = outcomeOf({ undelivered: [FIRST], dropped: { refused: 2, too_large: 9 } });
    assert.deepEqual(outcome.dropped, { refused: 2, too_large: 1 });
    assert.equal(outcome.delivered, 0);
  });

  it('is all dropped when nothing is accounted for, by the reason that is given', () => {
    assert.deepEqual(outcomeOf({ undelivered: [], reason: 'shutdown' }).dropped, { shutdown: 4 });
    assert.deepEqual(outcomeOf({ undelivered: [], reason: 'toString' }).dropped, {
      export_failed: 4,
    });
    for (const error of [undefined, null, 'x', new Error('x'), { undelivered: 7 }]) {
      assert.deepEqual(outcomeOf(error), failedOutcome(BATCH));
    }
  });
});

describe('failedOutcome', () => {
  it('is all dropped', () => {
    assert.deepEqual(failedOutcome(BATCH), {
      delivered: 0,
      undelivered: new Set(),
      dropped: { export_failed: 4 },
      reason: 'export_failed',
      retryAfterMs: undefined,
    });
  });
});
