import type { DiagLogger } from '@opentelemetry/api';
import { ComponentLogger } from '../diagnostics';
import type { ClassPatch, DriverMethod } from './method-patch';

interface PatchedMethod {
  readonly prototype: object;
  readonly name: string;
  readonly original: DriverMethod;
  readonly replacement: DriverMethod;
  installed: boolean;
}

/** Marks every replacement, whichever copy of this package or instance of this class made it. */
const REPLACEMENT = Symbol.for('@dbsql-otel/instrumentation-databricks-sql/replacement');

/**
 * Replaces methods on prototypes, once each, and restores the originals. Two copies of this package in one dependency
 * tree would create every span twice, so the second one leaves the methods alone and logs a warning.
 */
export class PrototypePatches {
  readonly #methods = new Map<object, Map<string, PatchedMethod>>();
  readonly #diag: Pick<DiagLogger, 'warn'>;
  #isSecond = false;

  constructor(diag: Pick<DiagLogger, 'warn'> = new ComponentLogger()) {
    this.#diag = diag;
  }

  /** Whether nothing is replaced by this instance. */
  get isEmpty(): boolean {
    return [...this.#methods.values()].every(({ size }) => size === 0);
  }

  /** Whether any method of the class is replaced by this instance. */
  isPatched(constructor: unknown): boolean {
    const prototype = prototypeOf(constructor);
    return prototype !== undefined && (this.#methods.get(prototype)?.size ?? 0) > 0;
  }

  /** Patches one class. Methods that are patched already, or that this release lacks, are skipped. */
  apply(constructor: unknown, patch: ClassPatch): void {
    const prototype = prototypeOf(constructor);
    if (prototype === undefined) return;
    const known = this.#methods.get(prototype) ?? new Map<string, PatchedMethod>();
    this.#methods.set(prototype, known);
    for (const [name, patchMethod] of Object.entries(patch)) {
      const original: unknown = Object.getOwnPropertyDescriptor(prototype, name)?.value;
      if (known.has(name) || typeof original !== 'function') continue;
      if (REPLACEMENT in original) {
        this.#reportSecondCopy();
        continue;
      }
      const method: PatchedMethod = {
        prototype,
        name,
        original: original as DriverMethod,
        replacement: Object.defineProperties(patchMethod(original as DriverMethod), {
          name: { value: original.name, configurable: true },
          length: { value: original.length, configurable: true },
          [REPLACEMENT]: { value: true },
        }),
        installed: false,
      };
      install(method);
      known.set(name, method);
    }
  }

  #reportSecondCopy(): void {
    if (this.#isSecond) return;
    this.#isSecond = true;
    this.#diag.warn(
      'another copy of this instrumentation already traces the driver; this copy does nothing. Keep one: npm ls @dbsql-otel/instrumentation-databricks-sql',
    );
  }

  /** Installs every replacement again. */
  installAll(): void {
    for (const methods of this.#methods.values()) methods.forEach(install);
  }

  /** Restores the originals, except where another library has replaced the replacement. */
  uninstallAll(): void {
    for (const methods of this.#methods.values()) methods.forEach(uninstall);
  }
}

function prototypeOf(constructor: unknown): object | undefined {
  if (typeof constructor !== 'function') return undefined;
  const prototype: unknown = constructor.prototype;
  return typeof prototype === 'object' && prototype !== null ? prototype : undefined;
}

function install(method: PatchedMethod): void {
  if (!method.installed) method.installed = replace(method, method.original, method.replacement);
}

function uninstall(method: PatchedMethod): void {
  if (method.installed) method.installed = !replace(method, method.replacement, method.original);
}

/** @returns whether `from` was found, and replaced by `to` */
function replace(method: PatchedMethod, from: DriverMethod, to: DriverMethod): boolean {
  const descriptor = Object.getOwnPropertyDescriptor(method.prototype, method.name);
  if (descriptor?.value !== from) return false;
  Object.defineProperty(method.prototype, method.name, { ...descriptor, value: to });
  return true;
}
