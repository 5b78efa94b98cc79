import * as fc from 'fast-check';
import assert from 'node:assert/strict';
import { fittingTags, keysOfTags, queryTag, serializeTags } from '../../src/query-tags/tag';
import type { QueryTag } from '../../src/query-tags/tag';

const text = fc.string({ unit: 'grapheme', maxLength: 300 });
const tags = fc
  .array(fc.tuple(text, text), { maxLength: 40 })
  .map((pairs) =>
    pairs.map(([key, value]) => queryTag(key, value)).filter((tag) => tag !== undefined),
  );

describe('query tags', () => {
  it('have keys and values that the service accepts, whatever their name and value', () => {
    fc.assert(
      fc.property(text, text, (name, value) => {
        const tag = queryTag(name, value);
        if (tag === undefined) return;
        assert.doesNotMatch(tag.key, /[,:\-/=.\\\p{Cc}]|^@@|^\s|\s$/u);
        assert.ok(tag.key.length > 0 && tag.key.length <= 128);
        const [, escaped = ''] = /^[^:]*:([^]*)$/.exec(serializeTags([tag])) ?? [];
        assert.ok(escaped.length > 0 && escaped.length <= 128);
        assert.ok(
          value
            .replaceAll(/\p{Cc}/gu, ' ')
            .trim()
            .startsWith(tag.value),
        );
      }),
    );
  });

  it('are read back from the form in which they are sent', () => {
    fc.assert(
      fc.property(tags, (given) => {
        const fitting = fittingTags(given, new Set());
        assert.deepEqual(
          [...keysOfTags(serializeTags(fitting))],
          fitting.map(({ key }) => key),
        );
      }),
    );
  });

  it('fit beside all of the application`s, 20 in all, and override none of them', () => {
    const keys = fc.uniqueArray(fc.integer({ min: 0, max: 30 }).map(String), { maxLength: 25 });
    fc.assert(
      fc.property(keys, keys, keys, (own, inherited, added) => {
        const wanted = added.map((key): QueryTag => ({ key, value: 'v' }));
        const fitting = fittingTags(wanted, new Set(own), new Set(inherited));
        const all = new Set([...own, ...inherited, ...fitting.map(({ key }) => key)]);
        assert.ok(fitting.every(({ key }) => !own.includes(key)));
        assert.ok(all.size <= Math.max(20, new Set([...own, ...inherited]).size));
        const left = wanted.filter((tag) => !fitting.includes(tag) && !own.includes(tag.key));
        if (left.length > 0) assert.ok(all.size >= 20, 'a tag is left out only for want of room');
      }),
    );
  });

  for (const [name, key] of [
    ['service.name', 'service_name'],
    ['a,b:c-d/e=f.g', 'a_b_c_d_e_f_g'],
    [String.raw`back\slash`, 'back_slash'],
    [' tenant id ', 'tenant id'],
  ] as const) {
    it(`have the key ${key} for ${name}`, () => {
      assert.equal(queryTag(name, 'v')?.key, key);
    });
  }

  for (const [name, value] of [
    ['@@dbt_model', 'v'],
    [' @@x', 'v'],
    ['', 'v'],
    ['k', ''],
    ['k', ' \n'],
    ['k', undefined],
  ] as const) {
    it(`are left out for ${JSON.stringify([name, value])}`, () => {
      assert.equal(queryTag(name, value), undefined);
    });
  }

  it('are cut between characters', () => {
    assert.equal(queryTag('k', `${'a'.repeat(127)}😀`)?.value, 'a'.repeat(127));
    assert.equal(queryTag('k', ':'.repeat(100))?.value, ':'.repeat(64));
  });

  it('have keys in which the application escaped characters', () => {
    const sent = String.raw`a\\b:1\,2,c, d :x\:y,`;
    assert.deepEqual([...keysOfTags(sent)], ['a\\b', 'c', 'd']);
    assert.deepEqual([...keysOfTags('')], []);
  });
});
