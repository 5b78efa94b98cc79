import type { Attributes } from '@opentelemetry/api';
import {
  ATTR_DATABRICKS_CLOUDFETCH_CONCURRENCY_MAX,
  ATTR_DATABRICKS_CLOUDFETCH_FIRST_DURATION,
  ATTR_DATABRICKS_CLOUDFETCH_SLOWEST_DURATION,
  ATTR_DATABRICKS_CLOUDFETCH_TOTAL_DURATION,
} from '../semconv';

/** The CloudFetch files of a statement's results. */
export class Downloads {
  bytes = 0;
  #startedCount = 0;
  #succeededCount = 0;
  #firstMs: number | undefined = undefined;
  #slowestMs = 0;
  #totalMs = 0;
  #running = 0;
  #mostRunning = 0;

  /** @returns the zero-based index of the chunk: downloads start in the order of the links */
  started(): number {
    this.#startedCount += 1;
    this.#running += 1;
    if (this.#running > this.#mostRunning) this.#mostRunning = this.#running;
    return this.#startedCount - 1;
  }

  succeeded(index: number, durationMs: number, bytes: number): void {
    this.#succeededCount += 1;
    this.#running -= 1;
    this.bytes += bytes;
    this.#totalMs += durationMs;
    if (index === 0) this.#firstMs = durationMs;
    if (durationMs > this.#slowestMs) this.#slowestMs = durationMs;
  }

  failed(): void {
    this.#running -= 1;
  }

  addTo(attributes: Attributes): void {
    attributes[ATTR_DATABRICKS_CLOUDFETCH_CONCURRENCY_MAX] = this.#mostRunning;
    if (this.#firstMs !== undefined) {
      attributes[ATTR_DATABRICKS_CLOUDFETCH_FIRST_DURATION] = this.#firstMs / 1000;
    }
    if (this.#succeededCount > 0) {
      attributes[ATTR_DATABRICKS_CLOUDFETCH_SLOWEST_DURATION] = this.#slowestMs / 1000;
      attributes[ATTR_DATABRICKS_CLOUDFETCH_TOTAL_DURATION] = this.#totalMs / 1000;
    }
  }
}
