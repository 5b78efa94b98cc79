import type { JournaledSpan } from '../journal/journal';

/** Spans that wait at most, of all connections. */
const MAX_WAITING = 20_000;

interface Group {
  readonly spans: JournaledSpan[];
  readonly timer: NodeJS.Timeout;
}

/** Spans that came before the facts of their connection, for a short time. */
export class WaitingRoom {
  readonly #groups = new Map<string, Group>();
  readonly #waitMs: number;
  readonly #onTimeout: (connectionId: string, spans: readonly JournaledSpan[]) => void;
  #size = 0;

  /** @param onTimeout gets the spans of a connection that waited for `waitMs`, or for which there is no more room */
  constructor(
    waitMs: number,
    onTimeout: (connectionId: string, spans: readonly JournaledSpan[]) => void,
  ) {
    this.#waitMs = waitMs;
    this.#onTimeout = onTimeout;
  }

  get size(): number {
    return this.#size;
  }

  add(connectionId: string, span: JournaledSpan): void {
    let group = this.#groups.get(connectionId);
    if (group === undefined) {
      const timer = setTimeout(() => this.#giveUp(connectionId), this.#waitMs);
      timer.unref();
      group = { spans: [], timer };
      this.#groups.set(connectionId, group);
    }
    group.spans.push(span);
    this.#size += 1;
    if (this.#size > MAX_WAITING) {
      const [oldest = ''] = this.#groups.keys();
      this.#giveUp(oldest);
    }
  }

  /** The spans of a connection, which wait no longer. */
  take(connectionId: string): readonly JournaledSpan[] {
    const group = this.#groups.get(connectionId);
    if (group === undefined) return [];
    clearTimeout(group.timer);
    this.#groups.delete(connectionId);
    this.#size -= group.spans.length;
    return group.spans;
  }

  close(): void {
    for (const { timer } of this.#groups.values()) clearTimeout(timer);
    this.#groups.clear();
    this.#size = 0;
  }

  #giveUp(connectionId: string): void {
    this.#onTimeout(connectionId, this.take(connectionId));
  }
}
