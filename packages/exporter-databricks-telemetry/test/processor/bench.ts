import { afterEach, beforeEach } from 'mocha';
import type * as sinon from 'sinon';
import type { ProcessorOptions } from '../../src/config';
import type { ReadableSpan } from '../../src/otel';
import { DatabricksTelemetrySpanProcessor } from '../../src/processor/processor';
import { UndeliveredError } from '../../src/record';
import { assertBalanced } from '../accounting-assertions';
import { SpanSource } from '../spans';
import { RecordingExporter } from '../test-exporter';
import { useFakeClock } from '../fake-clock';

export const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** A processor between real spans and an exporter that does as told, under a fake clock. */
export class Bench {
  readonly exporter = new RecordingExporter();
  readonly processor: DatabricksTelemetrySpanProcessor;
  readonly driver: SpanSource;

  constructor(options: ProcessorOptions = {}) {
    this.processor = new DatabricksTelemetrySpanProcessor(this.exporter, options);
    this.driver = new SpanSource([this.processor]);
  }

  /** Whole statements, closed: a record each. */
  readonly statements = (count: number, prefix = 's'): void => {
    for (let index = 0; index < count; index += 1) {
      this.driver.execute(`${prefix}${index}`);
      this.driver.close(`${prefix}${index}`);
    }
  };

  get sizes(): number[] {
    return this.exporter.batches.map(({ length }) => length);
  }
}

/** The answer of an exporter that hands `batch` back. */
export function undelivered(
  batch: readonly ReadableSpan[],
  reason: ConstructorParameters<typeof UndeliveredError>[1] = 'retryable',
  retryAfterMs?: number,
): { code: 1; error: Error } {
  return { code: 1, error: new UndeliveredError(batch, reason, retryAfterMs) };
}

/** Benches under one fake clock per test; the books of each are balanced at its end. */
export class Benches {
  clock!: sinon.SinonFakeTimers;
  #made: Bench[] = [];

  constructor() {
    beforeEach(() => {
      this.clock = useFakeClock();
      this.#made = [];
    });
    afterEach(async () => {
      for (const { processor } of this.#made) {
        assertBalanced(processor.stats());
        // An open processor would claim the connections of later tests.
        const shutDown = processor.shutdown();
        await this.clock.tickAsync(MINUTE_MS);
        await shutDown;
      }
      this.clock.restore();
    });
  }

  make(options?: ProcessorOptions): Bench {
    const made = new Bench(options);
    this.#made.push(made);
    return made;
  }
}
