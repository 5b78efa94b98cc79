import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { basename, join } from 'node:path';

const ENTRY = join(__dirname, '../src/index.js');

/** Names of the modules that a fresh process has loaded after `require` of the package and `code`. */
function loaded(code: string): string[] {
  const script = `
    const { DatabricksTelemetryExporter, DatabricksTelemetrySpanProcessor } = require(${JSON.stringify(ENTRY)});
    ${code}
    const ours = Object.keys(require.cache).map((name) => name.replaceAll('\\\\', '/'));
    const builtin = process.moduleLoadList.filter((name) => name === 'NativeModule https');
    console.log(JSON.stringify([...ours, ...builtin]));`;
  return JSON.parse(
    execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' }),
  ) as string[];
}

function isDelivery(name: string): boolean {
  return name.endsWith('/delivery/delivery.js') || name === 'NativeModule https';
}

function isProcessorParts(name: string): boolean {
  return name.endsWith('/processor/processor-parts.js');
}

/** Names of the loaded files of our packages. */
function ownFiles(code: string): string[] {
  return loaded(code)
    .filter((name) => name.includes('-databricks-') && !name.includes('/node_modules/'))
    .map((name) => basename(name))
    .toSorted();
}

/** What the SDK is given. The rest is of no use to an application that never queries Databricks. */
const ALWAYS = [
  'claims.js',
  'clock.js',
  'config.js',
  'deadline.js',
  'diagnostics.js',
  'early-lines.js',
  'exporter.js',
  'index.js',
  'option-validation.js',
  'processor.js',
  'record.js',
];

describe('require of the package', () => {
  it('loads what the SDK is given, and so does all of the set-up', () => {
    assert.deepStrictEqual(ownFiles(''), ALWAYS);
    const setUp = `
      const exporter = new DatabricksTelemetryExporter({ host: 'a.example.com', token: 'x' });
      const processor = new DatabricksTelemetrySpanProcessor(exporter);
      processor.onEnd({ instrumentationScope: { name: 'another' }, attributes: {} });
      exporter.stats();`;
    assert.deepStrictEqual(ownFiles(setUp), ALWAYS);
  });

  it('loads neither node:https nor the delivery before there is something to send', () => {
    const names = loaded(`
      const exporter = new DatabricksTelemetryExporter({ host: 'a.example.com', token: 'x' });
      exporter.export([], () => undefined);`);
    assert.deepStrictEqual(names.filter(isDelivery), []);
    assert.ok(names.some((name) => name.endsWith('/src/exporter/exporter.js')));
  });

  it('loads the parts of the processor with the first span of the instrumentation', () => {
    const setUp = `
      const exporter = new DatabricksTelemetryExporter({ host: 'a.example.com', token: 'x' });
      const processor = new DatabricksTelemetrySpanProcessor(exporter);
      const end = (name) => processor.onEnd({ instrumentationScope: { name }, attributes: {} });
      end('another');
      processor.stats();
      processor.forceFlush();`;
    assert.deepStrictEqual(loaded(setUp).filter(isProcessorParts), []);
    const names = loaded(`${setUp} end('@dbsql-otel/instrumentation-databricks-sql');`);
    assert.notDeepStrictEqual(names.filter(isProcessorParts), []);
  });

  it('loads nothing of OpenTelemetry but the API', () => {
    const packages = loaded('').filter((name) => name.includes('/@opentelemetry/'));
    assert.ok(packages.every((name) => name.includes('/@opentelemetry/api/')));
  });
});
