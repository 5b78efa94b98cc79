import assert from 'node:assert/strict';
import { guarded } from '../src/diagnostics';
import { DiagRecorder } from './diag-recorder';

function fail(place: string): void {
  guarded(place, () => {
    throw new TypeError("in SELECT 'secret'");
  });
}

describe('guarded', () => {
  const diag = new DiagRecorder();
  beforeEach(() => diag.install());
  afterEach(() => diag.remove());

  it('returns the result of the call', () => {
    assert.equal(
      guarded('a call', () => 7),
      7,
    );
  });

  it('warns of the first failure at each place, and reports later ones at debug', () => {
    for (const place of ['place one', 'place one', 'place two']) fail(place);
    assert.deepEqual(
      diag.lines.map(
        ({ level, text }) => `${level} ${text.replace(/^.*?(place \w+)/, '$1')}`.split(' (')[0],
      ),
      ['warn place one failed', 'debug place one failed again', 'warn place two failed'],
    );
  });

  it('names the class of the error and never its message', () => {
    fail('place three');
    const text = diag.lines.map((line) => line.text).join();
    assert.match(text, /TypeError/);
    assert.doesNotMatch(text, /secret/);
  });
});
