import assert from 'node:assert/strict';
import { encodeBody } from '../../src/frontend-log/request-body';

const PIECE_BYTES = 32 * 1_024;

function bodyOf(logs: readonly string[]): string {
  return Buffer.concat(encodeBody(logs, 7)).toString();
}

describe('encodeBody', () => {
  it('is one text around its logs', () => {
    assert.equal(bodyOf([]), '{"uploadTime":7,"items":[],"protoLogs":[]}');
    assert.equal(bodyOf(['a']), '{"uploadTime":7,"items":[],"protoLogs":["a"]}');
    assert.equal(bodyOf(['a', 'b']), '{"uploadTime":7,"items":[],"protoLogs":["a","b"]}');
  });

  it('has pieces of no more than one log above 32 KiB, and few of them', () => {
    const log = 'x'.repeat(1_000);
    const pieces = encodeBody(
      Array.from({ length: 100 }, () => log),
      7,
    );
    const lengths = pieces.map(({ length }) => length);
    assert.ok(
      lengths.every((length) => length < PIECE_BYTES + 1_100),
      lengths.join(),
    );
    assert.ok(
      lengths.slice(0, -1).every((length) => length > PIECE_BYTES),
      lengths.join(),
    );
    const { protoLogs } = JSON.parse(Buffer.concat(pieces).toString()) as { protoLogs: string[] };
    assert.equal(protoLogs.length, 100);
    assert.ok(protoLogs.every((each) => each === log));
  });
});
