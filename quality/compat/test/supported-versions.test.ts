import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { diag, DiagLogLevel } from '@opentelemetry/api';
import { createSandbox } from 'sinon';
import {
  DatabricksSqlInstrumentation,
  SUPPORTED_VERSIONS,
} from '@dbsql-otel/instrumentation-databricks-sql';
import { AXES, NODE_RELEASES, SDK_LINES } from '../src/axes';
import { PUBLIC_PACKAGES } from '../src/tarball';

const ROOT = resolve(__dirname, '..', '..', '..', '..');

interface Manifest {
  readonly engines: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: unknown;
}

function read(...path: readonly string[]): string {
  return readFileSync(join(ROOT, ...path), 'utf8');
}

function manifest(...folder: readonly string[]): Manifest {
  return JSON.parse(read(...folder, 'package.json')) as Manifest;
}

function bounds(range: string): { readonly from: string; readonly below: string } {
  const [, from = '', below = ''] = /^>=(\S+)(?: <(\S+))?$/.exec(range) ?? [];
  return { from, below };
}

describe('SUPPORTED_VERSIONS', () => {
  const sandbox = createSandbox();

  afterEach(() => {
    diag.disable();
    sandbox.restore();
  });

  it('is what the package.json of every package asks for', () => {
    for (const name of ['.', ...PUBLIC_PACKAGES.map((folder) => join('packages', folder))]) {
      assert.deepStrictEqual(manifest(name).engines, { node: SUPPORTED_VERSIONS.node }, name);
    }
    for (const name of PUBLIC_PACKAGES) {
      const { peerDependencies, optionalDependencies } = manifest('packages', name);
      assert.deepStrictEqual(peerDependencies, { '@opentelemetry/api': SUPPORTED_VERSIONS.api });
      assert.strictEqual(optionalDependencies, undefined);
    }
    assert.deepStrictEqual(manifest('packages', 'instrumentation-databricks-sql').dependencies, {
      '@opentelemetry/instrumentation': SUPPORTED_VERSIONS.instrumentation,
    });
    assert.deepStrictEqual(
      Object.keys(manifest('packages', 'exporter-databricks-telemetry').dependencies ?? {}),
      ['@dbsql-otel/instrumentation-databricks-sql'],
    );
  });

  it('is the Node.js version that the set-up script asks for', () => {
    const { from } = bounds(SUPPORTED_VERSIONS.node);
    const [, ...minimum] =
      /MINIMUM = \[(\d+), (\d+), (\d+)\]/.exec(read('scripts', 'setup.cjs')) ?? [];
    assert.strictEqual(minimum.join('.'), from);
  });

  it('is tested at its lower bounds and in its newest lines', () => {
    assert.strictEqual(AXES.driver[0], bounds(SUPPORTED_VERSIONS.driver).from);
    const newestDriver = AXES.driver.at(-1) ?? '';
    const newest = JSON.parse(read('node_modules', '@databricks', 'sql', 'package.json')) as {
      readonly version: string;
    };
    assert.strictEqual(newestDriver, newest.version, 'the compatibility run has the newest driver');

    const sdkVersions = Object.values(SDK_LINES).map(({ traceSdk }) => traceSdk[1]);
    assert.strictEqual(sdkVersions[0], bounds(SUPPORTED_VERSIONS.sdk).from);
    assert.strictEqual(
      Number(sdkVersions.at(-1)?.split('.')[0]) + 1,
      Number(bounds(SUPPORTED_VERSIONS.sdk).below),
    );
    const instrumentation = bounds(SUPPORTED_VERSIONS.instrumentation);
    assert.ok(Object.values(SDK_LINES).some(({ sdkNode }) => sdkNode === instrumentation.from));
    assert.strictEqual(SDK_LINES['2.0']?.api, SUPPORTED_VERSIONS.api.replace('^', ''));
    assert.strictEqual(
      Object.keys(NODE_RELEASES)[0],
      bounds(SUPPORTED_VERSIONS.node).from.split('.')[0],
    );
  });

  it('is what the instrumentation patches, and what it says of a driver it does not', () => {
    const warn = sandbox.stub();
    const silent = sandbox.stub();
    diag.setLogger(
      { error: silent, warn, info: silent, debug: silent, verbose: silent },
      { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
    );
    const instrumentation = new DatabricksSqlInstrumentation({ enabled: false });
    const refused = [`<${bounds(SUPPORTED_VERSIONS.driver).from}`];
    for (const definition of instrumentation.getModuleDefinitions()) {
      assert.deepStrictEqual(definition.supportedVersions, [SUPPORTED_VERSIONS.driver]);
      for (const file of definition.files) {
        const isRefused = isDeepStrictEqual(file.supportedVersions, refused);
        if (isRefused) {
          file.patch({}, '1.7.0');
        } else {
          assert.deepStrictEqual(file.supportedVersions, [SUPPORTED_VERSIONS.driver]);
        }
      }
    }
    const told = warn.args.map((args) => args.join(' '));
    assert.strictEqual(told.filter((line) => line.includes('1.7.0')).length, 1);
    assert.ok(told.some((line) => line.includes(SUPPORTED_VERSIONS.driver)));
  });

  it('is what the READMEs say', () => {
    for (const name of PUBLIC_PACKAGES) {
      const text = read('packages', name, 'README.md');
      for (const key of ['driver', 'node', 'api', 'sdk'] as const) {
        const range = SUPPORTED_VERSIONS[key];
        assert.ok(text.includes(`\`${range}\``), `README.md of ${name} lacks ${key} ${range}`);
      }
    }
    const { driver, node, sdk } = SUPPORTED_VERSIONS;
    const lastMajor = (range: string): number => Number(bounds(range).below) - 1;
    const firstMajor = bounds(sdk).from.split('.')[0];
    const text = read('README.md').replaceAll(/\s+/g, ' ');
    for (const phrase of [
      `\`@databricks/sql\` ${bounds(driver).from} and later`,
      `Node.js ${bounds(node).from.replace(/\.0$/, '')} and later`,
      `OpenTelemetry SDK ${firstMajor}.x and ${lastMajor(sdk)}.x`,
    ]) {
      assert.ok(text.includes(phrase), `README.md lacks "${phrase}"`);
    }
  });
});
