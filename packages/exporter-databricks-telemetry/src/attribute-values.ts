import type { Attributes, HrTime } from '@opentelemetry/api';

/*
 * Attribute values come from outside: on the 3.x line of the SDK they may have any type. A value of the wrong type or out
 * of range counts as unknown and is left out.
 */

const MAX_TEXT_LENGTH = 1_024;
/** Longer identifiers are nonsense and are not kept: the driver's are UUIDs. */
const MAX_ID_LENGTH = 256;

export function text(attributes: Attributes | undefined, name: string): string | undefined {
  const value = attributes?.[name];
  return typeof value === 'string' && value !== '' && value.length <= MAX_TEXT_LENGTH
    ? value
    : undefined;
}

export function flag(attributes: Attributes | undefined, name: string): boolean | undefined {
  const value = attributes?.[name];
  return typeof value === 'boolean' ? value : undefined;
}

/** A non-negative integer. */
export function count(attributes: Attributes | undefined, name: string): number | undefined {
  const value = attributes?.[name];
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** The identifier in an attribute; `undefined` for what cannot be one. */
export function idIn(attributes: Attributes, name: string): string | undefined {
  const value: unknown = attributes[name];
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_ID_LENGTH
    ? value
    : undefined;
}

/** The number in an attribute that counts something; `undefined` for what is no finite number from 0. */
export function amountIn(attributes: Attributes, name: string): number | undefined {
  const value: unknown = attributes[name];
  return typeof value === 'number' && value >= 0 && value < Infinity ? value : undefined;
}

/** Whole milliseconds of a time or duration. */
export function hrTimeToMillis(time: HrTime): number | undefined {
  const result = Math.round(time[0] * 1_000 + time[1] / 1_000_000);
  return Number.isSafeInteger(result) ? result : undefined;
}
