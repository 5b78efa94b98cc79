import assert from 'node:assert/strict';
import { resolveConfig } from '../src/config';
import { warnOfDeprecation } from '../src/deprecation';

describe('a deprecated name', () => {
  let warnings: string[];
  const diag = {
    warn: (message: string) => warnings.push(message),
    error: () => undefined,
    info: () => undefined,
    debug: () => undefined,
    verbose: () => undefined,
  };

  beforeEach(() => {
    warnings = [];
    Reflect.deleteProperty(globalThis, Symbol.for('@dbsql-otel/deprecations'));
  });

  it('logs one warning per process, with its replacement and the release that removes it', () => {
    for (let count = 0; count < 3; count += 1) warnOfDeprecation(diag, 'old', 'new', '1.0');
    warnOfDeprecation(diag, 'older', 'new', '1.0');
    assert.deepEqual(warnings, [
      'old is deprecated and will be removed in 1.0: use new',
      'older is deprecated and will be removed in 1.0: use new',
    ]);
  });

  it('is still accepted as an option', () => {
    for (let count = 0; count < 2; count += 1) {
      assert.equal(resolveConfig({ traceContext: 'query-tags' }, diag).traceContext, 'query-tags');
    }
    resolveConfig({ queryTags: { traceparent: true } }, diag);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', /use queryTags: \{ traceparent: true \}/);
  });
});
