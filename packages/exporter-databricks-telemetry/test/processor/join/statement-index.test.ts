import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { Statement } from '../../../src/processor/join/statement';
import {
  FINISHED,
  StatementIndex,
  StatementList,
} from '../../../src/processor/join/statement-index';

describe('StatementIndex', () => {
  it('knows statements in flight and the newest 1 024 of the finished', () => {
    const index = new StatementIndex();
    const statements = Array.from({ length: 2_000 }, (_, number) => new Statement(`s${number}`));
    for (const statement of statements) {
      index.add(statement);
      assert.equal(index.get(statement.id), statement);
      index.finish(statement);
      assert.equal(index.get(statement.id), FINISHED);
    }
    assert.equal(index.size, 1_024);
    assert.equal(index.get('s975'), undefined);
    assert.equal(index.get('s976'), FINISHED);
    index.clear();
    assert.equal(index.size, 0);
  });
});

describe('StatementList', () => {
  it('keeps its order, whatever is taken out', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(30), { maxLength: 60 }), (picks) => {
        const list = new StatementList();
        let model: Statement[] = [];
        for (const [number, pick] of picks.entries()) {
          const victim = model[pick];
          if (victim === undefined) {
            const added = new Statement(`${number}`);
            list.add(added);
            model.push(added);
          } else {
            list.remove(victim);
            model = model.filter((statement) => statement !== victim);
          }
          const walked: Statement[] = [];
          for (let each = list.first; each !== undefined; each = each.next) walked.push(each);
          assert.deepEqual(
            walked.map(({ id }) => id),
            model.map(({ id }) => id),
          );
          assert.equal(list.size, model.length);
        }
      }),
    );
  });
});
