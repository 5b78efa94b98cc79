import type { AttributeValue } from '@opentelemetry/api';
import {
  ATTR_DATABRICKS_CLOUDFETCH_ROW_COUNT,
  ATTR_DATABRICKS_CLOUDFETCH_SIZE,
  ATTR_DATABRICKS_ERROR_CONDITION,
  ATTR_DATABRICKS_FETCH_ROW_COUNT,
  ATTR_DATABRICKS_HTTP_RETRY_COUNT,
  ATTR_DATABRICKS_RESULT_CHUNK_COUNT,
  ATTR_DATABRICKS_RESULT_FORMAT,
  ATTR_DATABRICKS_RESULT_ROW_COUNT,
  ATTR_DATABRICKS_RESULT_SIZE,
  ATTR_DATABRICKS_STAGING_SIZE,
  ATTR_DATABRICKS_STATEMENT_PENDING_DURATION,
  ATTR_DATABRICKS_STATEMENT_POLL_COUNT,
  ATTR_DATABRICKS_STATEMENT_STATE,
  ATTR_DB_RESPONSE_STATUS_CODE,
  ATTR_ERROR_TYPE,
} from '../semconv';
import type { FinishedSpan } from './trace-tree';

/** The facts beside a bar, most important first. */
export type Facts = readonly string[];

const KIB = 1024;
const SIZE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** Bytes in the largest binary unit that leaves a number of at least one, three digits at the most. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= KIB && unit < SIZE_UNITS.length - 1) {
    value /= KIB;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${SIZE_UNITS[unit]}`;
}

/** Milliseconds in readable units: `0.42 ms`, `38.1 ms`, `2.31 s`, `7.5 min`, `2.0 h`. */
export function formatDuration(durationMs: number): string {
  if (durationMs >= 3_600_000) return `${(durationMs / 3_600_000).toFixed(1)} h`;
  if (durationMs >= 60_000) return `${(durationMs / 60_000).toFixed(1)} min`;
  if (durationMs >= 1000) return `${(durationMs / 1000).toFixed(2)} s`;
  return `${durationMs.toFixed(durationMs >= 10 ? 1 : 2)} ms`;
}

function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`;
}

function sum(spans: readonly FinishedSpan[], attribute: string): number | undefined {
  let total: number | undefined;
  for (const span of spans) {
    const value = span.attributes[attribute];
    if (typeof value === 'number') total = (total ?? 0) + value;
  }
  return total;
}

function firstText(spans: readonly FinishedSpan[], attribute: string): string | undefined {
  const value = spans
    .map((span): AttributeValue | undefined => span.attributes[attribute])
    .find((candidate) => typeof candidate === 'string' && candidate !== '');
  return typeof value === 'string' ? value : undefined;
}

/** The attributes that are summed over a row's spans, and how each is formatted. */
const FIGURES: readonly (readonly [attributes: readonly string[], read: (n: number) => string])[] =
  [
    [
      [
        ATTR_DATABRICKS_RESULT_ROW_COUNT,
        ATTR_DATABRICKS_FETCH_ROW_COUNT,
        ATTR_DATABRICKS_CLOUDFETCH_ROW_COUNT,
      ],
      (n) => counted(n, 'row'),
    ],
    [[ATTR_DATABRICKS_RESULT_CHUNK_COUNT], (n) => counted(n, 'chunk')],
    [
      [ATTR_DATABRICKS_RESULT_SIZE, ATTR_DATABRICKS_CLOUDFETCH_SIZE, ATTR_DATABRICKS_STAGING_SIZE],
      formatBytes,
    ],
    [
      [ATTR_DATABRICKS_STATEMENT_PENDING_DURATION],
      (seconds) => `${formatDuration(seconds * 1000)} pending`,
    ],
    [[ATTR_DATABRICKS_STATEMENT_POLL_COUNT], (n) => counted(n, 'poll')],
    [[ATTR_DATABRICKS_HTTP_RETRY_COUNT], (n) => `${n} ${n === 1 ? 'retry' : 'retries'}`],
  ];

/** The facts of the spans of one row. Numbers are summed; zero and unknown ones are left out. */
export function spanFacts(spans: readonly FinishedSpan[]): Facts {
  const facts: string[] = [];
  const failure =
    firstText(spans, ATTR_DATABRICKS_ERROR_CONDITION) ?? firstText(spans, ATTR_ERROR_TYPE);
  if (failure !== undefined) {
    const sqlState = firstText(spans, ATTR_DB_RESPONSE_STATUS_CODE);
    facts.push(sqlState === undefined || sqlState === failure ? failure : `${failure} ${sqlState}`);
  }
  const state = firstText(spans, ATTR_DATABRICKS_STATEMENT_STATE);
  if (state !== undefined && state !== 'FINISHED' && failure === undefined) facts.push(state);
  for (const [attributes, read] of FIGURES) {
    const total = attributes
      .map((attribute) => sum(spans, attribute))
      .find((value) => value !== undefined);
    if (total !== undefined && total > 0) facts.push(read(total));
  }
  const format = firstText(spans, ATTR_DATABRICKS_RESULT_FORMAT);
  if (format !== undefined) facts.push(format);
  return facts;
}
