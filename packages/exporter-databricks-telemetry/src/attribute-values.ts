import type { HrTime } from '@opentelemetry/api';

/*
 * Attribute values come from outside: on the 3.x line of the SDK they may have any type. A value of the wrong type or out
 * of range counts as unknown and is left out. Callers read the attribute themselves: V8 caches a property by the place
 * that reads it, and one place for all names finds none of them fast.
 */

const MAX_TEXT_LENGTH = 1_024;
/** Longer identifiers are nonsense and are not kept: the driver's are UUIDs. */
const MAX_ID_LENGTH = 256;

export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= MAX_TEXT_LENGTH
    ? value
    : undefined;
}

export function flag(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}

/** A non-negative integer. */
export function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** The identifier in an attribute; `undefined` for what cannot be one. */
export function idIn(value: unknown): string | undefined {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_ID_LENGTH
    ? value
    : undefined;
}

/** The number in an attribute that counts something; `undefined` for what is no finite number from 0. */
export function amountIn(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 && value < Infinity ? value : undefined;
}

/** A duration in seconds as whole milliseconds. */
export function secondsToMillis(value: unknown): number | undefined {
  return typeof value === 'number' ? count(Math.round(value * 1_000)) : undefined;
}

/** Whole milliseconds of a time or duration. */
export function hrTimeToMillis(time: HrTime): number | undefined {
  const result = Math.round(time[0] * 1_000 + time[1] / 1_000_000);
  return Number.isSafeInteger(result) ? result : undefined;
}
