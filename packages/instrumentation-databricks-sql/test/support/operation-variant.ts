import { loadDriverFile } from './driver';
import type { TestBed } from './test-bed';

type Method = (this: unknown, ...args: unknown[]) => unknown;
type Exports = { default: { prototype: object } };

/** Which of its methods an operation calls to consume its results. */
export interface Wiring {
  /** What `fetchAll` calls for a chunk. */
  readonly fetch: string;
  /** What is asked whether there are more rows. */
  readonly more: string;
  /** What the iterators call for a chunk. */
  readonly iterate: string;
  /** In place of all that. */
  readonly fetchAll?: Method;
}

interface Consumer extends Record<string, unknown> {
  readonly operation: Record<string, Method>;
}

/** Makes variants of the driver's `DBSQLOperation`, wired otherwise and patched as the hooks patch it. */
export class OperationVariant {
  readonly #bed: TestBed;
  readonly #file: Exports;
  readonly #original: Exports['default'];
  readonly #descriptors: PropertyDescriptorMap;

  constructor(bed: TestBed) {
    this.#bed = bed;
    this.#file = loadDriverFile('dist/DBSQLOperation.js') as Exports;
    this.#original = this.#file.default;
    bed.instrumentation.disable();
    this.#descriptors = Object.getOwnPropertyDescriptors(this.#original.prototype);
    bed.instrumentation.enable();
  }

  /** The driver makes operations of the variant from here on. */
  install({ fetch, more, iterate, fetchAll }: Wiring): void {
    const Original = this.#original as unknown as new (...args: unknown[]) => object;
    const Variant = class DBSQLOperation extends Original {};
    const methods: Record<string, Method> = {};
    const fetchChunk = this.#methodOf('fetchChunkInternal') ?? this.#methodOf('fetchChunk');
    const hasMoreRows = this.#methodOf('hasMoreRows');
    for (const name of ['fetchChunkInternal', 'takeRows']) {
      methods[name] = fetchChunk as Method;
    }
    for (const name of ['hasMoreRowsInternal', 'areRowsLeft']) {
      methods[name] = hasMoreRows as Method;
    }
    methods['fetchAll'] =
      fetchAll ??
      async function (this: unknown, options: unknown): Promise<unknown[]> {
        const self = this as Record<string, Method>;
        const data: unknown[] = [];
        do data.push(await self[fetch]?.({ ...(options as object), disableBuffering: true }));
        while (await self[more]?.());
        return data.flat();
      };
    const iterateChunks = this.#methodOf('iterateChunks');
    const iterated: Method = function (this, ...args) {
      if (iterateChunks === undefined) throw new TypeError('this release has no iterators');
      const operation = this as Record<string, Method>;
      const iterator = Reflect.apply(iterateChunks, this, args) as Consumer;
      const view = Object.create(operation) as Record<string, Method>;
      view['fetchChunk'] = (...rest) => operation[iterate]?.(...rest);
      view['hasMoreRows'] = () => operation[more]?.();
      return Object.assign(iterator, { operation: view });
    };
    if (iterateChunks !== undefined) methods['iterateChunks'] = iterated;
    Object.defineProperties(Variant.prototype, this.#descriptors);
    for (const [name, value] of Object.entries(methods)) {
      Object.defineProperty(Variant.prototype, name, { value, writable: true, configurable: true });
    }
    this.#use(Variant);
    this.#bed.patchFile('dist/DBSQLOperation.js', { default: Variant });
  }

  /** Gives the driver its own class back. */
  remove(): void {
    this.#use(this.#original);
  }

  #use(value: Exports['default']): void {
    this.#file.default = value;
  }

  #methodOf(name: string): Method | undefined {
    return this.#descriptors[name]?.value as Method | undefined;
  }
}
