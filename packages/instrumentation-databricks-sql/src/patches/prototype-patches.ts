import type { DriverReport } from '../driver/report';
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
 * tree would create every span twice, so the second one leaves the methods alone.
 */
export class PrototypePatches {
  readonly #methods = new Map<object, Map<string, PatchedMethod>>();
  readonly #report: DriverReport;
  /** Prototypes that another copy or instance of this package has patched. */
  readonly #foreign = new WeakSet<object>();
  #isEnabled = false;

  constructor(report: DriverReport) {
    this.#report = report;
  }

  /** Whether a method of the class is replaced by this package. */
  isTraced(constructor: unknown, name: string): boolean {
    const owner = ownerOf(prototypeOf(constructor), name);
    return owner !== undefined && this.#methods.get(owner)?.get(name)?.installed === true;
  }

  /** Whether nothing is replaced by this instance. */
  get isEmpty(): boolean {
    return [...this.#methods.values()].every(({ size }) => size === 0);
  }

  /** Whether another copy or instance of this package traces the class. */
  isForeign(constructor: unknown): boolean {
    const prototype = prototypeOf(constructor);
    return prototype !== undefined && this.#foreign.has(prototype);
  }

  /** Whether any method of the class is replaced by this instance. */
  isPatched(constructor: unknown): boolean {
    const prototype = prototypeOf(constructor);
    return prototype !== undefined && (this.#methods.get(prototype)?.size ?? 0) > 0;
  }

  /**
   * Patches one class: its own methods, and inherited ones where they are defined. Methods that are patched already are
   * skipped. While the patches are not installed, nothing is replaced until {@link installAll}.
   *
   * @param className what the class is called in the driver's source
   */
  apply(className: string, constructor: unknown, patch: ClassPatch): void {
    const prototype = prototypeOf(constructor);
    if (prototype === undefined) {
      this.#report.withoutClass(className);
      return;
    }
    if (!this.#methods.has(prototype)) this.#methods.set(prototype, new Map());
    const missing: string[] = [];
    const frozen: string[] = [];
    let isForeign = false;
    for (const [name, patchMethod] of Object.entries(patch)) {
      const owner = ownerOf(prototype, name);
      const descriptor = owner && Object.getOwnPropertyDescriptor(owner, name);
      const original: unknown = descriptor?.value;
      if (owner === undefined || typeof original !== 'function') missing.push(name);
      else if (this.#methods.get(owner)?.has(name) === true) continue;
      else if (REPLACEMENT in original) isForeign = true;
      else if (descriptor?.configurable === false && descriptor.writable === false) {
        frozen.push(name);
      } else {
        this.#add(owner, name, original as DriverMethod, patchMethod(original as DriverMethod));
      }
    }
    if (isForeign) this.#foreign.add(prototype);
    this.#report.patched(className, { missing, frozen, isForeign });
  }

  #add(prototype: object, name: string, original: DriverMethod, replacement: DriverMethod): void {
    const method: PatchedMethod = {
      prototype,
      name,
      original,
      replacement: Object.defineProperties(replacement, {
        name: { value: original.name, configurable: true },
        length: { value: original.length, configurable: true },
        [REPLACEMENT]: { value: true },
      }),
      installed: false,
    };
    const known = this.#methods.get(prototype) ?? new Map<string, PatchedMethod>();
    this.#methods.set(prototype, known.set(name, method));
    if (this.#isEnabled) install(method);
  }

  /**
   * Installs every replacement, now and for later patches, except where another copy or instance of this package has
   * replaced the method meanwhile.
   */
  installAll(): void {
    this.#isEnabled = true;
    for (const methods of this.#methods.values()) {
      for (const method of methods.values()) {
        install(method);
        if (!method.installed && REPLACEMENT in currentOf(method)) this.#report.foreign();
      }
    }
  }

  /** Restores the originals, except where another library has replaced the replacement. */
  uninstallAll(): void {
    this.#isEnabled = false;
    for (const methods of this.#methods.values()) methods.forEach(uninstall);
  }
}

function prototypeOf(constructor: unknown): object | undefined {
  if (typeof constructor !== 'function') return undefined;
  const prototype: unknown = constructor.prototype;
  return typeof prototype === 'object' && prototype !== null ? prototype : undefined;
}

/** The prototype in the chain that defines a method. */
function ownerOf(prototype: object | undefined, name: string): object | undefined {
  let current: object | null = prototype ?? null;
  while (current !== null && current !== Object.prototype) {
    if (Object.hasOwn(current, name)) return current;
    current = Object.getPrototypeOf(current) as object | null;
  }
  return undefined;
}

/** What stands in the place of a method, or an object without properties. */
function currentOf({ prototype, name }: PatchedMethod): object {
  const value: unknown = Object.getOwnPropertyDescriptor(prototype, name)?.value;
  return typeof value === 'function' ? value : {};
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
