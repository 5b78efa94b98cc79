import { tracingChannel } from 'node:diagnostics_channel';
import { METADATA_METHODS } from '../../src/patches/session';
import { loadDriverFile } from './driver';

type Method = (this: object, ...args: unknown[]) => unknown;

/** The channels of docs/driver-proposal.md: the class whose calls each publishes, and its methods. */
const CHANNELS: Readonly<Record<string, readonly [file: string, methods: readonly string[]]>> = {
  client: ['dist/DBSQLClient.js', ['connect', 'openSession', 'close']],
  session: ['dist/DBSQLSession.js', ['executeStatement', 'getInfo', ...METADATA_METHODS, 'close']],
  operation: [
    'dist/DBSQLOperation.js',
    ['fetchAll', 'fetchChunk', 'hasMoreRows', 'finished', 'status', 'cancel', 'close'],
  ],
  request: [
    'dist/hive/HiveDriver.js',
    ['openSession', 'executeStatement', 'getOperationStatus', ...METADATA_METHODS],
  ],
  page: ['dist/result/RowSetProvider.js', ['fetchNext']],
  download: ['dist/result/CloudFetchResultHandler.js', ['downloadLink']],
};
export const TRACING_CHANNELS = Object.keys(CHANNELS).map((name) => `databricks.sql:${name}`);

/** The driver as it would be if it published its calls. Its classes are changed until `restore`. */
export class PublishingDriver {
  readonly #restored: (() => void)[] = [];

  constructor() {
    for (const [name, [file, methods]] of Object.entries(CHANNELS)) {
      const { prototype } = (loadDriverFile(file) as { default: { prototype: object } }).default;
      for (const method of methods) {
        const descriptor = Object.getOwnPropertyDescriptor(prototype, method);
        if (descriptor === undefined) continue;
        const value = published(`databricks.sql:${name}`, method, descriptor.value as Method);
        Object.defineProperty(prototype, method, { ...descriptor, value });
        this.#restored.push(() => Object.defineProperty(prototype, method, descriptor));
      }
    }
  }

  restore(): void {
    for (const restore of this.#restored) restore();
  }
}

function published(name: string, method: string, original: Method): Method {
  const channel = tracingChannel<unknown, object>(name);
  return function publishing(...args) {
    const message = { target: this, method, arguments: args };
    return channel.tracePromise(
      () => Reflect.apply(original, this, args) as Promise<unknown>,
      message,
    );
  };
}
