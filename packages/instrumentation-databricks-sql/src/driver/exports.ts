import { isThenable } from '../thenable';

/** The classes that the driver's main module exports. */
export interface DriverExports {
  /** The object that has them. */
  readonly module: unknown;
  readonly DBSQLClient: Function;
  /** `undefined` while the module is still loading. */
  readonly DBSQLSession: Function | undefined;
}

/** A namespace has the module as its `default`, and so may a bundle's wrapper around that. */
const MAX_DEFAULTS = 3;
const LOADED_MODULE = "pass the loaded module, as require('@databricks/sql') returns it";

/** Judges what the application passed for the driver. @returns its classes, or why it is not the driver */
export function driverExports(given: unknown): DriverExports | string {
  if (isThenable(given)) {
    return "a promise is not the driver: pass what it resolves with, as in patch(await import('@databricks/sql'))";
  }
  let current = given;
  for (let depth = 0; depth < MAX_DEFAULTS && current != null; depth += 1) {
    const DBSQLClient = property(current, 'DBSQLClient');
    if (isClass(DBSQLClient)) {
      const DBSQLSession = property(current, 'DBSQLSession');
      return {
        module: current,
        DBSQLClient,
        DBSQLSession: isClass(DBSQLSession) ? DBSQLSession : undefined,
      };
    }
    current = property(current, 'default');
  }
  return isHalfLoaded(given)
    ? `the driver has not finished loading, its class DBSQLClient is missing: ${LOADED_MODULE}`
    : `what was passed has no class DBSQLClient: ${LOADED_MODULE}`;
}

/** The class of a file of the driver: its default export, or what takes the place of one. */
export function classOf(exports: unknown, name: string): Function | undefined {
  return [property(exports, 'default'), property(exports, name), exports].find(isClass);
}

function isClass(value: unknown): value is Function {
  if (typeof value !== 'function') return false;
  const prototype = property(value, 'prototype');
  return typeof prototype === 'object' && prototype !== null;
}

/** Whether an object is a module that has, or announces, the driver's names. */
function isHalfLoaded(given: unknown): boolean {
  if (typeof given !== 'object' || given === null) return false;
  try {
    return 'DBSQLClient' in given || '__esModule' in given;
  } catch {
    return false;
  }
}

/** `undefined` for what cannot be read, such as a binding of a module that is still loading. */
function property(object: unknown, name: string): unknown {
  if ((typeof object !== 'object' && typeof object !== 'function') || object === null) {
    return undefined;
  }
  try {
    return Reflect.get(object, name);
  } catch {
    return undefined;
  }
}
