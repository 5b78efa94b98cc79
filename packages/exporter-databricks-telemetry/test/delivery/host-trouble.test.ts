import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { SinonFakeTimers } from 'sinon';
import { HostTrouble } from '../../src/delivery/host-trouble';
import { DiagRecorder } from '../diag-recorder';
import { useFakeClock } from '../fake-clock';

describe('warnings of a host’s trouble', () => {
  const recorder = new DiagRecorder();
  let clock: SinonFakeTimers;
  let trouble: HostTrouble;

  beforeEach(() => {
    clock = useFakeClock();
    recorder.install();
    trouble = new HostTrouble('a.example.com');
  });
  afterEach(() => {
    recorder.remove();
    clock.restore();
  });

  function fail(): void {
    trouble.happened({ kind: 'failed', records: 3, error: '503' });
  }

  it('name number, host and last error, once per outage', () => {
    for (let time = 0; time < 50; time += 1) fail();
    assert.equal(
      recorder.warnings('a.example.com did not accept 3 telemetry records (last error: 503)'),
      1,
    );
    trouble.happened({ kind: 'succeeded' });
    assert.deepEqual(recorder.lines.at(-1)?.level, 'info');
    clock.tick(15 * 60_000);
    fail();
    assert.equal(recorder.warnings('did not accept'), 2);
  });

  it('come every 15 minutes at most from a host that works and fails in turn', () => {
    for (let minute = 0; minute < 60; minute += 1) {
      fail();
      trouble.happened({ kind: 'succeeded' });
      clock.tick(60_000);
    }
    assert.equal(recorder.warnings('did not accept'), 4);
  });

  it('tell an open breaker, refused records and a missing flag apart', () => {
    trouble.happened({ kind: 'breaker_opened', failures: 5, waitMs: 60_000, error: 'timeout' });
    trouble.happened({ kind: 'rejected', records: 1, error: '404' });
    trouble.happened({ kind: 'failed', records: 0, error: 'ENOTFOUND' });
    assert.equal(
      recorder.warnings('is open after 5 failed batches (last error: timeout). Records wait 60 s'),
      1,
    );
    assert.equal(recorder.warnings('refused 1 telemetry record (last error: 404)'), 1);
    assert.equal(recorder.warnings('feature flag (last error: ENOTFOUND)'), 1);
  });
});
