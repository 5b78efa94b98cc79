import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { hiddenField } from '../../src/patches/hidden-field';

describe('hidden field', () => {
  it('holds one value per object and per field', () => {
    const first = hiddenField<string>();
    const second = hiddenField<string>();
    const [object, other] = [{}, {}];
    first.set(object, 'a');
    first.set(object, 'b');
    second.set(object, 'c');
    assert.equal(first.get(object), 'b');
    assert.equal(second.get(object), 'c');
    assert.equal(first.get(other), undefined);
  });

  it('leaves no trace on the object, and needs none to be allowed', () => {
    const field = hiddenField<string>();
    const object = Object.freeze({ id: 1 });
    field.set(object, 'secret');
    assert.equal(field.get(object), 'secret');
    assert.deepEqual(Reflect.ownKeys(object), ['id']);
    assert.equal(Object.getPrototypeOf(object), Object.prototype);
    assert.doesNotMatch(inspect(object, { showHidden: true }), /secret/);
    assert.equal(field.get({ ...object }), undefined);
  });
});
