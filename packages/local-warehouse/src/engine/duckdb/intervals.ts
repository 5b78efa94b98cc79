const UNITS = ['year', 'month', 'day', 'hour', 'minute', 'second'] as const;

/** `'1 02:03:04' DAY TO SECOND` as `1 day 2 hour 3 minute 4 second`; a sign counts for all parts. */
export function intervalText(text: string, first: string, last: string): string {
  const negative = text.trim().startsWith('-');
  const values = text
    .trim()
    .replace(/^[+-]/, '')
    .split(/[\s:-]+/);
  const begin = UNITS.findIndex((unit) => unit === first);
  const end = UNITS.findIndex((unit) => unit === last);
  const units = UNITS.slice(begin, end + 1);
  return units
    .map((unit, index) => `${negative ? '-' : ''}${values[index] ?? '0'} ${unit}`)
    .join(' ');
}

const MICROS_PER_SECOND = 1_000_000n;
const NANOS_PER_MICRO = 1000n;
const MONTHS_PER_YEAR = 12;
const SECONDS_PER_DAY = 86_400n;

/** What DuckDB keeps of an interval. */
export interface IntervalParts {
  readonly months: number;
  readonly days: number;
  readonly micros: bigint;
}

/** `years-months`, or `days hh:mm:ss.nnnnnnnnn` when the interval has no months. */
export function intervalValue({ months, days, micros }: IntervalParts): string {
  if (months !== 0) {
    const whole = Math.abs(months);
    const years = Math.trunc(whole / MONTHS_PER_YEAR);
    return `${months < 0 ? '-' : ''}${years}-${whole % MONTHS_PER_YEAR}`;
  }
  const total = BigInt(days) * SECONDS_PER_DAY * MICROS_PER_SECOND + micros;
  const absolute = total < 0n ? -total : total;
  const seconds = absolute / MICROS_PER_SECOND;
  const nanos = (absolute % MICROS_PER_SECOND) * NANOS_PER_MICRO;
  const clock = [(seconds / 3600n) % 24n, (seconds / 60n) % 60n, seconds % 60n]
    .map((part) => part.toString().padStart(2, '0'))
    .join(':');
  const sign = total < 0n ? '-' : '';
  return `${sign}${seconds / SECONDS_PER_DAY} ${clock}.${nanos.toString().padStart(9, '0')}`;
}
