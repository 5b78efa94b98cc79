import type { Attributes, HrTime } from '@opentelemetry/api';

/*
 * Attribute values come from outside: on the 3.x line of the SDK they may have any type. A value of the wrong type or out
 * of range counts as unknown and is left out.
 */

const MAX_TEXT_LENGTH = 1_024;

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

/** Whole milliseconds of a time or duration. */
export function hrTimeToMillis(time: HrTime): number | undefined {
  const result = Math.round(time[0] * 1_000 + time[1] / 1_000_000);
  return Number.isSafeInteger(result) ? result : undefined;
}
