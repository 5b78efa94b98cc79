import { matchesRequest } from './request-log';
import type { LoggedRequest, RequestMatch } from './request-log';

/** What goes wrong, and for which requests. Without any effect a rule only counts its hits. */
export interface FaultRule {
  /** Every request when absent. Ignored by `connection`. */
  readonly match?: RequestMatch;
  /** Matching requests that are let through first. */
  readonly skip?: number;
  /** Requests (or connections) it applies to; no limit when absent. */
  readonly times?: number;
  /** Waits before anything else. */
  readonly delayMs?: number;
  /** Answers with this status instead of the endpoint's answer. */
  readonly status?: number;
  /** Sent as the `Retry-After` header: seconds, or an HTTP date. */
  readonly retryAfter?: number | string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The body instead of the endpoint's; anything but text is sent as JSON. */
  readonly body?: unknown;
  /** Breaks the connection with a TCP reset instead of answering. */
  readonly reset?: boolean;
  /** Stops before the headers, or after them and half of the body, until the rule is removed. */
  readonly hang?: 'headers' | 'body';
  /** Cuts the body after this many bytes: by a reset, or by an orderly end that contradicts `Content-Length`. */
  readonly truncate?: { readonly bytes: number; readonly by: 'reset' | 'end' };
  /** Telemetry: how many of the logs are accepted; the answer reports the others as errors. */
  readonly partialSuccess?: number;
  /** New connections are accepted and left without a word, or reset at once. */
  readonly connection?: 'hang' | 'reset';
}

/** A rule in force. */
export interface Fault {
  readonly rule: FaultRule;
  /** How often it was applied. */
  readonly hits: number;
  /** Ends it; exchanges that hang because of it go on. */
  remove(): void;
}

export class ActiveFault implements Fault {
  hits = 0;
  #seen = 0;
  readonly #released: Promise<void>;
  readonly #onRemove: (fault: ActiveFault) => void;
  #release: () => void = () => undefined;

  constructor(
    readonly rule: FaultRule,
    onRemove: (fault: ActiveFault) => void,
  ) {
    this.#onRemove = onRemove;
    this.#released = new Promise((resolve) => {
      this.#release = resolve;
    });
  }

  /** Resolves when the rule is removed. */
  get released(): Promise<void> {
    return this.#released;
  }

  remove(): void {
    this.#onRemove(this);
    this.#release();
  }

  /** Whether the rule applies this time; counts it when it does. */
  take(): boolean {
    const { skip = 0, times = Infinity } = this.rule;
    if (this.hits >= times) return false;
    this.#seen += 1;
    if (this.#seen <= skip) return false;
    this.hits += 1;
    return true;
  }
}

/** The fault rules in force; the first that matches a request is applied. */
export class FaultRules {
  readonly #faults = new Set<ActiveFault>();

  add(rule: FaultRule): Fault {
    const fault = new ActiveFault(rule, (removed) => this.#faults.delete(removed));
    this.#faults.add(fault);
    return fault;
  }

  clear(): void {
    for (const fault of this.#faults) fault.remove();
  }

  forRequest(request: LoggedRequest): ActiveFault | undefined {
    for (const fault of this.#faults) {
      const { match, connection } = fault.rule;
      if (connection !== undefined) continue;
      if (match !== undefined && !matchesRequest(match, request)) continue;
      if (fault.take()) return fault;
    }
    return undefined;
  }

  forConnection(): 'hang' | 'reset' | undefined {
    for (const fault of this.#faults) {
      if (fault.rule.connection !== undefined && fault.take()) return fault.rule.connection;
    }
    return undefined;
  }
}
