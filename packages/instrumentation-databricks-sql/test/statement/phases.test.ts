import assert from 'node:assert/strict';
import { Phases } from '../../src/statement/phases';

function attributesOf(phases: Phases): Readonly<Record<string, unknown>> {
  const attributes = {};
  phases.addTo(attributes);
  return attributes;
}

const PENDING = 'databricks.statement.pending_duration';
const RUNNING = 'databricks.statement.running_duration';

describe('Phases', () => {
  it('count the first phase from the submit, and a change in the middle of two polls', () => {
    const phases = new Phases(1_000);
    assert.equal(phases.saw('PENDING', 1_010), 1_000);
    assert.equal(phases.saw('PENDING', 2_900), undefined);
    assert.equal(phases.saw('RUNNING', 3_100), 3_000);
    assert.equal(phases.saw('RUNNING', 3_900), undefined);
    assert.equal(phases.ended(4_100), 4_000);
    assert.deepEqual(attributesOf(phases), { [PENDING]: 2, [RUNNING]: 1 });
    assert.equal(phases.pendingSeconds, 2);
  });

  it('leave out a phase that was not seen', () => {
    const running = new Phases(0);
    running.saw('RUNNING', 10);
    running.ended(110);
    assert.deepEqual(attributesOf(running), { [RUNNING]: 0.06 });
    assert.equal(running.pendingSeconds, undefined);

    const pending = new Phases(0);
    pending.saw('PENDING', 1_000);
    pending.ended(1_000);
    assert.deepEqual(attributesOf(pending), { [PENDING]: 1 });
  });

  it('count a statement that is abandoned up to the last poll', () => {
    const phases = new Phases(0);
    phases.saw('PENDING', 500);
    phases.saw('PENDING', 1_500);
    phases.abandoned();
    phases.abandoned();
    assert.deepEqual(attributesOf(phases), { [PENDING]: 1.5 });
  });

  it('add up a phase that comes back', () => {
    const phases = new Phases(0);
    phases.saw('PENDING', 1_000);
    phases.saw('RUNNING', 1_000);
    phases.saw('PENDING', 2_000);
    phases.ended(3_000);
    assert.deepEqual(attributesOf(phases), { [PENDING]: 2, [RUNNING]: 0.5 });
  });
});
