import { setMaxListeners } from 'node:events';
import type { Attributes } from '@opentelemetry/api';
import type { ResolvedExporterOptions } from '../config';
import { guarded, logDebug } from '../diagnostics';
import type { ReadableSpan } from '../otel';
import type { Outcome } from './batch';
import type { CircuitBreakerState } from './circuit-breaker';
import { dryRunSink } from './dry-run';
import { FeatureFlags, type FlagState } from './feature-flags';
import { type HostClient, HostClients } from './host-client';
import { type Item, Pipeline } from './pipeline';
import { Routes } from './route';

/** The spans of one connection in one batch, with what is to be said of each: one log or several. */
export interface Group {
  readonly connectionId: string;
  /** Attributes that describe the connection. */
  readonly facts: Attributes;
  readonly spans: readonly { readonly span: ReadableSpan; readonly items: readonly Item[] }[];
}

/** What `stats()` says of one host. */
export interface HostStats {
  readonly breaker: CircuitBreakerState;
  readonly flag: FlagState;
  readonly connections: number;
  readonly pending: number;
  readonly delivered: number;
  readonly dropped: Readonly<Partial<Record<string, number>>>;
  /** Class of the last failure: a status, an error code or a word, never a text of the server. */
  readonly lastError: string | undefined;
}

/** Everything that speaks to hosts. Loaded when there is something to say. */
export class Delivery {
  readonly #now = () => performance.now();
  readonly #flags = new FeatureFlags(this.#now);
  readonly #clients: HostClients;
  readonly #pipeline: Pipeline;
  readonly #routes: Routes;

  constructor(options: ResolvedExporterOptions, signal: AbortSignal) {
    // One listener per request under way: any number is right.
    setMaxListeners(0, signal);
    this.#clients = new HostClients(options.circuitBreaker, this.#now);
    this.#pipeline = new Pipeline(options, this.#flags, dryRunSink(options), signal);
    this.#routes = new Routes(options);
  }

  /** One outcome per span of the group. Never rejects. */
  async export(group: Group): Promise<Outcome[]> {
    const route = guarded('route', () => this.#routes.of(group));
    if (!route) return group.spans.map(() => ({ kind: 'dropped', reason: 'host_refused' }));
    const { connectionId, host } = route;
    const client = this.#clients.acquire(host, connectionId);
    this.#flags.retain(host.key, connectionId);
    client.pending += group.spans.length;
    client.pendingBatches += 1;
    let outcomes: Outcome[];
    try {
      const ofItems = await this.#pipeline.export(
        group.spans.flatMap(({ items }) => items),
        route,
        client,
      );
      let next = 0;
      outcomes = group.spans.map(({ items }) => worst(ofItems.slice(next, (next += items.length))));
    } catch (error) {
      // A mistake of ours must not come back for ever.
      logDebug('a batch failed', error);
      outcomes = group.spans.map(() => ({ kind: 'dropped', reason: 'untranslatable' }));
    }
    client.pending -= group.spans.length;
    client.pendingBatches -= 1;
    client.lastUsedMs = this.#now();
    for (const outcome of outcomes) {
      if (outcome.kind === 'delivered') {
        client.delivered += 1;
      } else if (outcome.kind === 'dropped') {
        client.drop(outcome.reason, 1);
      }
    }
    if (route.isGone) this.release(connectionId);
    this.#clients.removeIfIdle(client);
    return outcomes;
  }

  /** A connection is gone. Safe to call twice. */
  release(connectionId: string): void {
    const client = this.#clients.release(connectionId);
    if (client) this.#flags.release(client.host.key, connectionId);
  }

  close(): void {
    this.#clients.clear();
  }

  stats(): Record<string, HostStats> {
    return Object.fromEntries(
      this.#clients.list().map((client) => [client.host.key, this.#hostStats(client)]),
    );
  }

  #hostStats(client: HostClient): HostStats {
    return {
      breaker: client.breaker.state,
      flag: this.#flags.peek(client.host.key),
      connections: client.connections.size,
      pending: client.pending,
      delivered: client.delivered,
      dropped: { ...client.dropped },
      lastError: client.lastError,
    };
  }
}

/** A span is delivered when all of its logs are. */
function worst(outcomes: readonly Outcome[]): Outcome {
  return (
    outcomes.find(({ kind }) => kind === 'undelivered') ??
    outcomes.find(({ kind }) => kind === 'dropped') ?? { kind: 'delivered' }
  );
}
