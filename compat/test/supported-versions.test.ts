import assert from 'node:assert';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { SUPPORTED_VERSIONS } from '@dbsql-otel/instrumentation-databricks-sql';
import { AXES, NODE_RELEASES, SDK_LINES } from '../src/axes';
import { PUBLIC_PACKAGES } from '../src/tarball';

const ROOT = resolve(__dirname, '..', '..', '..');

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
    const { driver } = SUPPORTED_VERSIONS;
    assert.strictEqual(Number(newestDriver.split('.')[0]) + 1, Number(bounds(driver).below));
    assert.strictEqual(
      newestDriver,
      (
        JSON.parse(read('node_modules', '@databricks', 'sql', 'package.json')) as {
          readonly version: string;
        }
      ).version,
      'the newest driver of the matrix is the one of the other tests',
    );

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
});
