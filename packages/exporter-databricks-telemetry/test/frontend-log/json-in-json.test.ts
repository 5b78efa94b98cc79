import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { embed, key, next, quoted } from '../../src/frontend-log/json-in-json';

/** What `piece`, a value, comes to when a service reads the text it stands in. */
function read(piece: string): unknown {
  const inner = JSON.parse(`"${piece}"`) as string;
  return JSON.parse(inner);
}

describe('a piece of JSON in JSON', () => {
  it('is read as the value that it was, and is ASCII', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.string()), (value) => {
        for (const piece of [quoted(value), embed(value)]) {
          assert.equal(read(piece), value);
          assert.match(piece, /^[\x20-\x7e]*$/);
        }
      }),
    );
    assert.deepEqual(read(embed({ a: ['ü', 1, true] })), { a: ['ü', 1, true] });
  });

  it('writes as little as it can', () => {
    assert.equal(quoted('a b~'), String.raw`\"a b~\"`);
    assert.equal(quoted('"\\'), String.raw`\"\\\"\\\\\"`);
    assert.equal(quoted('\u007fü'), String.raw`\"\u007f\u00fc\"`);
    assert.equal(key('a'), String.raw`\"a\":`);
    assert.equal(next('a'), String.raw`,\"a\":`);
    assert.equal(next('a', 'B'), String.raw`,\"a\":\"B\"`);
    assert.equal(next('a', false), String.raw`,\"a\":false`);
  });
});
