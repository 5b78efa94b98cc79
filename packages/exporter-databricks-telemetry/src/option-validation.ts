import { guarded, logWarning } from './diagnostics';

/** An option of a table: its default, and what a value must be. */
export interface Option<Value> {
  readonly default: Value;
  /** Completes "… must be". */
  readonly expected: string;
  readonly accepts: (value: unknown) => boolean;
  /** Used instead of the default for a value that is not accepted, where the default would do harm. */
  readonly whenRejected?: Value;
}

export type OptionTable<Options> = { readonly [Name in keyof Options]-?: Option<Options[Name]> };

/** The longest delay of a Node.js timer. */
const MAX_TIMER_MS = 2_147_483_647;

export function integer(fallback: number, min: number, max: number): Option<number> {
  return {
    default: fallback,
    expected: `an integer from ${min} to ${max}`,
    accepts: (value) => Number.isInteger(value) && Number(value) >= min && Number(value) <= max,
  };
}

export function milliseconds(fallback: number, min = 1): Option<number> {
  return integer(fallback, min, MAX_TIMER_MS);
}

export function boolean(fallback: boolean): Option<boolean> {
  return {
    default: fallback,
    expected: 'true or false',
    accepts: (value) => typeof value === 'boolean',
  };
}

/** The defaults of a table. */
export function defaultsOf<Options extends object>(table: OptionTable<Options>): Options {
  return resolveOptions(table, undefined);
}

/**
 * Fills in the defaults. An invalid value falls back to its default, and an unknown name is ignored; one warning lists
 * them, without the values, which may be secrets.
 *
 * @param otherNames valid names that are not in the table
 * @param warn where the warning goes; `diag` by default
 */
export function resolveOptions<Options extends object>(
  table: OptionTable<Options>,
  given: Partial<Options> | undefined,
  otherNames: readonly string[] = [],
  warn: (message: string) => void = logWarning,
): Options {
  const complaints: string[] = [];
  const resolved: Partial<Options> = {};
  for (const name of Object.keys(table) as (keyof Options & string)[]) {
    const option = table[name];
    const value = guarded(`option ${name}`, () => given?.[name]);
    const isAccepted =
      value === undefined || guarded(`option ${name}`, () => option.accepts(value)) === true;
    resolved[name] = isAccepted
      ? (value ?? option.default)
      : (option.whenRejected ?? option.default);
    if (!isAccepted) {
      complaints.push(`${name} must be ${option.expected}, ${described(resolved[name])} is used`);
    }
  }
  const names = guarded('the options', () => Object.keys(given ?? {}));
  for (const name of (typeof given === 'object' && names) || []) {
    if (!Object.hasOwn(table, name) && !otherNames.includes(name)) {
      complaints.push(`unknown option ${name} is ignored`);
    }
  }
  if (complaints.length > 0) warn(complaints.join('; '));
  return resolved as Options;
}

function described(value: unknown): string {
  return value === undefined ? 'none' : JSON.stringify(value);
}
