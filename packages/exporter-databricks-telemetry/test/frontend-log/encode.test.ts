import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { embed, Encoder, quoted } from '../../src/frontend-log/encode';
import type { Fields } from '../../src/frontend-log/encode';

/** What an encoded piece means to a service that reads it twice. */
function read(piece: string): unknown {
  const inner = JSON.parse(`"${piece}"`) as string;
  return JSON.parse(inner);
}

interface Message {
  id?: number;
  name?: string;
  inner?: { flag?: boolean; count?: number };
  owner?: { place?: string; size?: number };
}

interface Facts {
  readonly name?: string;
  readonly flag?: boolean;
  readonly count?: number;
}

interface Connection {
  readonly id?: string;
  readonly place?: string;
}

const TABLE = {
  id: { connectionDigits: ({ id }) => id },
  name: { text: ({ name }) => name },
  inner: {
    flag: { flag: ({ flag }) => flag },
    count: { only: 'counted', number: ({ count }) => count },
  },
  owner: {
    place: { connection: ({ place }) => place },
    size: { number: ({ count }) => count },
  },
} satisfies Fields<Facts, Connection, Message>;

function encoded(facts: Partial<Facts>, connection: Connection, kind = 'counted'): string {
  const encoder = new Encoder<Facts, Connection>(TABLE, kind);
  return encoder.encode(facts, encoder.prepare(connection));
}

describe('Encoder', () => {
  it('writes every field, in the order of the table', () => {
    assert.equal(
      encoded({ name: 'a', flag: false, count: 7 }, { id: '123456789012345678', place: 'b' }),
      String.raw`{\"id\":123456789012345678,\"name\":\"a\",\"inner\":{\"flag\":false,\"count\":7},\"owner\":{\"place\":\"b\",\"size\":7}}`,
    );
  });

  it('leaves out unknown fields, and messages of the record without a field', () => {
    assert.equal(encoded({}, {}), String.raw`{\"owner\":{}}`);
    assert.equal(
      encoded({ count: 7 }, {}),
      String.raw`{\"inner\":{\"count\":7},\"owner\":{\"size\":7}}`,
    );
  });

  it('leaves out fields of another kind of log', () => {
    assert.deepEqual(read(encoded({ count: 7 }, {}, 'other')), { owner: { size: 7 } });
  });

  it('writes valid JSON whatever is known, one record after another', () => {
    const encoder = new Encoder<Facts, Connection>(TABLE, 'counted');
    const optional = { requiredKeys: [] };
    const text = fc.string({ unit: 'binary' });
    const facts = fc.record({ name: text, flag: fc.boolean(), count: fc.integer() }, optional);
    const connection = fc.record({ id: fc.constant('12'), place: text }, optional);
    fc.assert(
      fc.property(facts, connection, (known, ofConnection) => {
        const log = encoder.encode(known, encoder.prepare(ofConnection));
        assert.match(log, /^[\x20-\x7e]*$/);
        const { name, flag, count } = known;
        const inner = {
          ...(flag !== undefined && { flag }),
          ...(count !== undefined && { count }),
        };
        assert.deepEqual(read(log), {
          ...(ofConnection.id !== undefined && { id: 12 }),
          ...(name !== undefined && { name }),
          ...(Object.keys(inner).length > 0 && { inner }),
          owner: {
            ...(ofConnection.place !== undefined && { place: ofConnection.place }),
            ...(count !== undefined && { size: count }),
          },
        });
      }),
    );
  });

  it('does not compile with a field that has no source, nor with a source that has no field', () => {
    // @ts-expect-error `owner` has no source.
    const missing = { id: TABLE.id, name: TABLE.name, inner: TABLE.inner } satisfies Fields<
      Facts,
      Connection,
      Message
    >;
    // @ts-expect-error The schema has no field `other`.
    const extra = { ...TABLE, other: TABLE.name } satisfies Fields<Facts, Connection, Message>;
    // @ts-expect-error A text is no number.
    const wrong = { ...TABLE, id: TABLE.name } satisfies Fields<Facts, Connection, Message>;
    assert.ok(missing && extra && wrong);
  });
});

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
  });
});
