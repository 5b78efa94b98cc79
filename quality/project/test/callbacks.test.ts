import * as assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { isGuarded, registeredCallbacks } from '../src/callbacks';

const ROOT = path.resolve(__dirname, '../../../..');
const PACKAGES = ['instrumentation-databricks-sql', 'exporter-databricks-telemetry'];
/** A program of its own: it runs in no process of an application. */
const NOT_IN_APPLICATIONS = /[\\/]doctor[\\/]/;

function sources(): string[] {
  return PACKAGES.flatMap((name) => {
    const folder = path.join(ROOT, 'packages', name, 'src');
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => path.join(folder, file))
      .filter((file) => !NOT_IN_APPLICATIONS.test(file));
  });
}

describe('callbacks that Node.js or the OpenTelemetry API calls', () => {
  it('are guarded, every one of them', () => {
    const found = sources().flatMap((file) =>
      registeredCallbacks(readFileSync(file, 'utf8')).map(({ by, text, line }) => ({
        by,
        text,
        place: `${path.relative(ROOT, file)}:${line}`,
      })),
    );
    // The list is not empty by mistake.
    for (const by of ['setTimeout', 'setImmediate', 'subscribe', 'on', 'addCallback']) {
      assert.ok(
        found.some((callback) => callback.by === by),
        by,
      );
    }
    const unguarded = found.filter(({ text }) => !isGuarded(text));
    assert.deepEqual(
      unguarded.map(({ place, by }) => `${place} ${by}`),
      [],
    );
  });

  for (const [code, guarded] of [
    ['setTimeout(() => guarded("a", callback), 5);', true],
    ['setTimeout(() => callback(), 5);', false],
    ['setTimeout(callback, 5);', false],
    ['clock.setImmediate(() => guard.run(place, callback));', true],
    ['process.on("exit", guardedListener("a", () => end()));', true],
    ['process.on("exit", () => {\n  end();\n});', false],
    ['const end = guardedListener("a", b);\nprocess.once("exit", end);', true],
    ['const end = () => b();\nprocess.once("exit", end);', false],
    ['emitter.on("a", (x) => guarded("a", () => x)).on("b", (x) => x);', false],
    ['gauge.addCallback(observing((result) => result.observe(1)));', true],
    ['gauge.addCallback((result) => result.observe(1));', false],
    ['new FinalizationRegistry<string>((id) => {\n  this.guard.run("a", () => id);\n});', true],
    ['new FinalizationRegistry((id) => forget(id));', false],
    ['subscribe(CHANNEL, this.#receive);', false],
    ['channel.subscribe({ start: () => {}, end: () => guarded("a", b) });', true],
    ['const all = { start: () => {}, end: () => b() };\nchannel.subscribe(all);', false],
  ] as const) {
    it(`counts ${JSON.stringify(code)} as ${guarded ? 'guarded' : 'not guarded'}`, () => {
      const found = registeredCallbacks(code);
      assert.ok(found.length > 0);
      assert.equal(
        found.every(({ text }) => isGuarded(text)),
        guarded,
      );
    });
  }

  it('ignores comments and the members of interfaces', () => {
    assert.deepEqual(
      registeredCallbacks('// on(a)\n/* x.on("a", b) */\nsetTimeout(callback: () => void): void;'),
      [],
    );
  });
});
