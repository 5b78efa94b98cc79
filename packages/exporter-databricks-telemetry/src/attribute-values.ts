import type { Attributes, HrTime } from '@opentelemetry/api';

/*
 * Attribute values come from outside: on the 3.x line they may be anything at all. A value of the wrong type or beyond
 * its range is as good as none, and is left out.
 */

const MAX_TEXT_LENGTH = 1_024;
const MAX_MILLIS = Number.MAX_SAFE_INTEGER;

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

/** Seconds on the span, whole milliseconds on the wire. */
export function millis(attributes: Attributes | undefined, name: string): number | undefined {
  const value = attributes?.[name];
  if (typeof value !== 'number') return undefined;
  const result = Math.round(value * 1_000);
  return result >= 0 && result <= MAX_MILLIS ? result : undefined;
}

/** Whole milliseconds of a time or duration. */
export function hrTimeToMillis(time: HrTime): number {
  return Math.round(time[0] * 1_000 + time[1] / 1_000_000);
}

const THREE_DIGITS = Array.from({ length: 1_000 }, (_, value) => String(value).padStart(3, '0'));

/**
 * {@link hrTimeToMillis} of a time of our days as digits. The engine remembers the digits of the seconds, not those of
 * thirteen-digit numbers, of which each costs a tenth of a whole record.
 */
export function epochMillis(time: HrTime): string {
  const [seconds, nanos] = time;
  const digits = THREE_DIGITS[Math.round(nanos / 1_000_000)];
  return digits !== undefined && Number.isSafeInteger(seconds) && seconds > 0
    ? seconds + digits
    : String(hrTimeToMillis(time));
}
