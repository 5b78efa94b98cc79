import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace-base';

/** Keeps the ended spans it is given. */
export class CollectingProcessor implements SpanProcessor {
  readonly spans: ReadableSpan[] = [];

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    this.spans.push(span);
  }

  forceFlush(): Promise<void> {
    return Promise.resolve();
  }

  shutdown(): Promise<void> {
    return Promise.resolve();
  }
}
