import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'mocha';
import { GUID_BYTES, guidText } from '../../src/statement/guid';

describe('guidText', () => {
  it('writes the bytes of a GUID as a UUID', () => {
    for (const uuid of ['01234567-89ab-cdef-fedc-ba9876543210', randomUUID()]) {
      const guid = Buffer.from(uuid.replaceAll('-', ''), 'hex');
      assert.equal(guid.length, GUID_BYTES);
      assert.equal(guidText(guid), uuid);
    }
  });

  it('gives each a text of its own', () => {
    const first = guidText(Buffer.alloc(GUID_BYTES, 0x11));
    const second = guidText(Buffer.alloc(GUID_BYTES, 0xee));
    assert.equal(first, '11111111-1111-1111-1111-111111111111');
    assert.equal(second, 'eeeeeeee-eeee-eeee-eeee-eeeeeeeeeeee');
  });
});
