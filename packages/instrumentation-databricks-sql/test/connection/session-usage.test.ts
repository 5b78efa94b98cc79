import assert from 'node:assert/strict';
import { SessionUsage } from '../../src/connection/session-usage';

describe('SessionUsage', () => {
  it('counts as idle the time in which no statement is open', () => {
    const usage = new SessionUsage();
    usage.opened(1_000);
    usage.statementBegan(2_000);
    usage.statementBegan(3_000);
    usage.statementEnded(4_000);
    usage.statementEnded(5_000);
    usage.statementBegan(7_000);
    usage.statementEnded(8_000);
    assert.deepEqual(usage.attributes(11_000), {
      'databricks.session.duration': 10,
      'databricks.session.statement_count': 3,
      'databricks.session.idle_duration': 6,
    });
  });

  it('is not idle while a statement is open', () => {
    const usage = new SessionUsage();
    usage.opened(0);
    usage.statementBegan(1_000);
    assert.equal(usage.attributes(9_000)?.['databricks.session.idle_duration'], 1);
  });

  it('is unknown for a session that was opened before it was patched', () => {
    const usage = new SessionUsage();
    usage.statementBegan(1_000);
    assert.equal(usage.attributes(2_000), undefined);
  });
});
