import type { DiagLogger } from '@opentelemetry/api';
import { NEWEST_TESTED_DRIVER } from '../supported-versions';
import { DRIVER_MODULE } from './files';
import { isNeeded } from './members';
import { isNewerThanTested } from './release';

/** What a patch found in a class of the driver. */
export interface ClassFindings {
  /** Names of the methods that the class lacks, or that are no methods there. */
  readonly missing: readonly string[];
  /** Names of the methods that cannot be replaced, because the prototype is frozen. */
  readonly frozen: readonly string[];
  /** Another copy or instance of this package has replaced a method. */
  readonly isForeign: boolean;
}

/** What is logged about the driver, each line once, and which members it lacks. */
export class DriverReport {
  readonly #logged = new Set<string>();
  readonly #missing = new Set<string>();
  readonly #diag: DiagLogger;
  /** As far as it is known. */
  driverVersion: string | undefined = undefined;

  constructor(diag: DiagLogger) {
    this.#diag = diag;
  }

  /** The driver is patched. */
  started(line: string): void {
    this.#diag.info(line);
  }

  /** A release that no test ran on is patched like the others. */
  sawVersion(driverVersion: string | undefined): void {
    this.driverVersion = driverVersion;
    if (!isNewerThanTested(driverVersion)) return;
    this.#log(
      'info',
      `${this.#driver} is newer than ${NEWEST_TESTED_DRIVER}, the newest release that was tested, and is patched the same way`,
    );
  }

  /** Whether a class lacks a method, such as `HiveDriver.getOperationStatus`. */
  lacks(member: string): boolean {
    return this.#missing.has(member);
  }

  patched(className: string, { missing, frozen, isForeign }: ClassFindings): void {
    const members = (names: readonly string[]): string[] =>
      names.map((name) => `${className}.${name}`);
    const lacking = members(missing).filter(isNeeded);
    for (const member of [...lacking, ...members(frozen)]) this.#missing.add(member);
    if (lacking.length > 0) {
      this.#log(
        'warn',
        `${this.#driver} lacks ${lacking.join(', ')}: what depends on it is not traced; look for a newer version of this instrumentation`,
      );
    }
    if (frozen.length > 0) {
      this.#log(
        'warn',
        `${members(frozen).join(', ')} of ${this.#driver} cannot be replaced, because the prototype is frozen: what depends on it is not traced; load this instrumentation before the driver is frozen`,
      );
    }
    if (isForeign) this.foreign();
  }

  /** A class of the driver is not where it is known to be. */
  withoutClass(className: string): void {
    this.#log(
      'warn',
      `${this.#driver} has no class ${className} where it is known to be: what cannot be found from the driver's objects is not traced; look for a newer version of this instrumentation`,
    );
  }

  /** Another copy or instance of this package traces the driver. */
  foreign(): void {
    this.#log(
      'warn',
      'another copy of this instrumentation already traces the driver; this copy does nothing. Keep one: npm ls @dbsql-otel/instrumentation-databricks-sql',
    );
  }

  notInstrumented(reason: string): void {
    this.#log('warn', `${this.#driver} is not instrumented: ${reason}`);
  }

  get #driver(): string {
    return this.driverVersion === undefined
      ? DRIVER_MODULE
      : `${DRIVER_MODULE} ${this.driverVersion}`;
  }

  #log(level: 'info' | 'warn', line: string): void {
    if (this.#logged.has(line)) return;
    this.#logged.add(line);
    this.#diag[level](line);
  }
}
