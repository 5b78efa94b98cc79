import type { Attributes } from '@opentelemetry/api';
import {
  ATTR_DATABRICKS_CLOUDFETCH_CHUNK_INDEX,
  ATTR_DATABRICKS_CLOUDFETCH_FIRST_DURATION,
  ATTR_DATABRICKS_CLOUDFETCH_SIZE,
  ATTR_DATABRICKS_CLOUDFETCH_SLOWEST_DURATION,
  ATTR_DATABRICKS_CLOUDFETCH_TOTAL_DURATION,
  ATTR_DATABRICKS_FETCH_ROW_COUNT,
  ATTR_DATABRICKS_RESULT_CHUNK_COUNT,
  ATTR_DATABRICKS_RESULT_COMPRESSED,
  ATTR_DATABRICKS_RESULT_FORMAT,
  ATTR_DATABRICKS_RESULT_ROW_COUNT,
  ATTR_DATABRICKS_RESULT_SIZE,
} from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import type { ReadableSpan } from '../../otel';
import { amountIn } from '../../attribute-values';

/** Whether a `close_statement` carries the statement's totals, as those of our instrumentation do. */
export function hasTotals(completion: Attributes): boolean {
  return (
    amountIn(completion[ATTR_DATABRICKS_RESULT_CHUNK_COUNT]) !== undefined ||
    amountIn(completion[ATTR_DATABRICKS_RESULT_ROW_COUNT]) !== undefined
  );
}

/**
 * A statement's totals from the fetch and download spans that were seen: the fallback for a statement that was never
 * closed, or whose close has none (another producer). Only what those spans say; the rest is left out.
 */
export class RebuiltTotals {
  #rows: number | undefined;
  #format: unknown;
  #chunks = 0;
  #bytes: number | undefined;
  #compressed: boolean | undefined;
  #firstSeconds: number | undefined;
  #slowestSeconds: number | undefined;
  #totalSeconds: number | undefined;

  fetched(span: ReadableSpan): void {
    const { attributes } = span;
    const rows = amountIn(attributes[ATTR_DATABRICKS_FETCH_ROW_COUNT]);
    if (rows !== undefined) this.#rows = (this.#rows ?? 0) + rows;
    this.#format ??= attributes[ATTR_DATABRICKS_RESULT_FORMAT];
  }

  /** A download succeeded. One without a positive duration is counted, but not timed. */
  downloaded(span: ReadableSpan): void {
    const { attributes } = span;
    this.#chunks += 1;
    const bytes = amountIn(attributes[ATTR_DATABRICKS_CLOUDFETCH_SIZE]);
    if (bytes !== undefined) this.#bytes = (this.#bytes ?? 0) + bytes;
    const compressed = attributes[ATTR_DATABRICKS_RESULT_COMPRESSED];
    if (typeof compressed === 'boolean') this.#compressed = compressed || this.#compressed === true;

    const seconds = durationInSeconds(span);
    if (seconds === undefined) return;
    if (attributes[ATTR_DATABRICKS_CLOUDFETCH_CHUNK_INDEX] === 0) this.#firstSeconds ??= seconds;
    this.#slowestSeconds = Math.max(this.#slowestSeconds ?? 0, seconds);
    this.#totalSeconds = (this.#totalSeconds ?? 0) + seconds;
  }

  toAttributes(): Attributes {
    const attributes: Attributes = {};
    const put = (name: string, value: number | boolean | undefined): void => {
      if (value !== undefined) attributes[name] = value;
    };
    put(ATTR_DATABRICKS_RESULT_ROW_COUNT, this.#rows);
    if (typeof this.#format === 'string') attributes[ATTR_DATABRICKS_RESULT_FORMAT] = this.#format;
    if (this.#chunks > 0) {
      attributes[ATTR_DATABRICKS_RESULT_FORMAT] = 'cloudfetch';
      put(ATTR_DATABRICKS_RESULT_CHUNK_COUNT, this.#chunks);
      put(ATTR_DATABRICKS_RESULT_SIZE, this.#bytes);
      put(ATTR_DATABRICKS_RESULT_COMPRESSED, this.#compressed);
      put(ATTR_DATABRICKS_CLOUDFETCH_FIRST_DURATION, this.#firstSeconds);
      put(ATTR_DATABRICKS_CLOUDFETCH_SLOWEST_DURATION, this.#slowestSeconds);
      put(ATTR_DATABRICKS_CLOUDFETCH_TOTAL_DURATION, this.#totalSeconds);
    }
    return attributes;
  }
}

function durationInSeconds(span: ReadableSpan): number | undefined {
  const { duration } = span;
  if (!Array.isArray(duration)) return undefined;
  const seconds = duration[0] + duration[1] / 1e9;
  return seconds > 0 && seconds < Infinity ? seconds : undefined;
}
