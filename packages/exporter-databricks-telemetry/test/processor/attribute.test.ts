import assert from 'node:assert/strict';
import { amountIn, idIn } from '../../src/processor/attribute';

describe('idIn', () => {
  it('takes texts of up to 256 characters', () => {
    assert.equal(idIn({ id: 'a' }, 'id'), 'a');
    assert.equal(idIn({ id: 'x'.repeat(256) }, 'id')?.length, 256);
    for (const id of ['', 'x'.repeat(257), 7, ['a'], undefined]) {
      assert.equal(idIn({ id }, 'id'), undefined);
    }
  });
});

describe('amountIn', () => {
  it('takes finite numbers from 0', () => {
    assert.equal(amountIn({ n: 0 }, 'n'), 0);
    assert.equal(amountIn({ n: 1.5 }, 'n'), 1.5);
    for (const n of [-1, Number.NaN, Infinity, '1', true, undefined]) {
      assert.equal(amountIn({ n }, 'n'), undefined);
    }
  });
});
