import {
  context,
  INVALID_TRACEID,
  ProxyTracer,
  ProxyTracerProvider,
  trace,
  TraceFlags,
} from '@opentelemetry/api';
import type { Attributes, Span, SpanKind, SpanOptions, Tracer } from '@opentelemetry/api';
import { AccessRegistry } from '../connection/access-registry';
import type { ResolvedConfig } from '../config';
import type { Connection, SessionFacts } from '../connection/connection';
import type { Client, Operation } from '../driver/shapes';
import { describeError } from './failure';
import type { ErrorInfo, FailureContext } from './failure';
import type { Guard } from '../guard';
import { hiddenField } from '../patches/hidden-field';
import type { Metrics } from './metrics';
import { OpenStatements } from '../statement/open-statements';
import { SCOPE_NAME } from '../scope';
import type { Statement } from '../statement/statement';

/** Finds classes of the driver from its objects, where their files were not hooked. */
export interface Discovery {
  fromConnected(client: Client): void;
  fromOperation(operation: Operation): void;
  /** The kernel's, which exists once the first rows are asked for. */
  fromResultsProvider(provider: object): void;
}

/** What the patches share: the telemetry API as configured, and what is kept per driver object. */
export class Tracing {
  readonly access: AccessRegistry;
  readonly connections = new WeakMap<object, Connection>();
  readonly sessions = new WeakMap<object, SessionFacts>();
  /** By the operation handle, the one object that all layers of the driver share; by the backend on the kernel. */
  readonly statements = hiddenField<Statement>();
  readonly openStatements: OpenStatements;
  enabled = false;
  discovery: Discovery | undefined = undefined;
  private isTracerLive = false;
  /** Counts the times it was disabled: what was counted as active before is not any more. */
  generation = 0;
  private readonly liveConnections = new Set<Connection>();
  private readonly seenErrors = new WeakSet<object>();
  private readonly collected: FinalizationRegistry<Connection>;

  constructor(
    readonly guard: Guard,
    public config: ResolvedConfig,
    public metrics: Metrics,
    private readonly tracer: () => Tracer,
  ) {
    this.access = new AccessRegistry(this.guard);
    this.openStatements = new OpenStatements(() => this.config.statementMaxDurationMs);
    // A client, its sessions and their operations hold each other, so they are collected together.
    this.collected = new FinalizationRegistry((connection) => {
      this.guard.run('collected client', () => {
        this.abandon(connection);
      });
    });
  }

  /** False while neither a tracer nor a meter provider is registered: nothing needs to be done for a statement then. */
  get isLive(): boolean {
    return this.isTracerLive || this.metrics.live || this.findTracer();
  }

  /** Whether spans go anywhere: a tracer provider is registered. */
  get canTrace(): boolean {
    return this.isTracerLive || this.findTracer();
  }

  /** The tracer may have changed. */
  tracerChanged(): void {
    this.isTracerLive = false;
  }

  /**
   * Starts a span below the caller's active span; where there is none, below `statement`, whom it links to anyway.
   * @returns `undefined` when a parent is required and there is none
   */
  startSpan(
    name: string,
    kind: SpanKind,
    attributes: Attributes,
    statement?: Statement,
    startTime?: number,
  ): Span | undefined {
    const active = context.active();
    const traceId = trace.getSpanContext(active)?.traceId;
    const hasParent = traceId !== undefined && traceId !== INVALID_TRACEID;
    const fallback = hasParent ? undefined : statement?.span;
    if (!hasParent && fallback === undefined && this.config.requireParentSpan) return undefined;
    const options: SpanOptions = { kind, attributes };
    if (statement !== undefined) options.links = statement.links;
    if (startTime !== undefined) options.startTime = startTime;
    return this.tracer().startSpan(
      name,
      options,
      fallback === undefined ? active : trace.setSpan(active, fallback),
    );
  }

  isSampled(span: Span): boolean {
    return (span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0;
  }

  /** Whether a span per fetch or download is worth it: an unsampled one costs as much and tells nobody. */
  isDetailSampled(statement: Statement): boolean {
    if (statement.isSampled) return true;
    const active = trace.getSpan(context.active());
    return active !== undefined && this.isSampled(active);
  }

  describeError(error: unknown, seen?: FailureContext): ErrorInfo {
    return describeError(error, seen, this.config.enhancedDatabaseReporting);
  }

  /** Whether this failure was not recorded as an exception yet; the driver may wrap one response in several errors. */
  firstSighting(error: unknown): boolean {
    if (typeof error !== 'object' || error === null) return true;
    const response: unknown = (error as { response?: unknown }).response;
    const failure = typeof response === 'object' && response !== null ? response : error;
    if (this.seenErrors.has(failure)) return false;
    this.seenErrors.add(failure);
    return true;
  }

  connected(client: Client, connection: Connection): void {
    const previous = this.connections.get(client);
    if (previous !== undefined) this.access.closed(previous.id, this.access.providers(client));
    this.connections.set(client, connection);
    this.liveConnections.add(connection);
    this.access.add(connection, client);
    this.collected.register(client, connection);
  }

  countActive({ connection, metric }: SessionFacts, change: 1 | -1): void {
    if (!this.metrics.live) return;
    connection.activeStatements.set(
      metric,
      (connection.activeStatements.get(metric) ?? 0) + change,
    );
    this.metrics.addActiveStatements(change, metric);
  }

  /** Ends what still waits, and stops counting it. */
  abandonAll(): void {
    this.generation += 1;
    this.openStatements.abandon();
    for (const connection of this.liveConnections) this.uncountActive(connection);
  }

  private abandon(connection: Connection): void {
    this.openStatements.abandon(connection.id);
    this.uncountActive(connection);
    this.liveConnections.delete(connection);
    this.access.forget(connection.id);
  }

  private uncountActive({ activeStatements }: Connection): void {
    for (const [attributes, count] of activeStatements) {
      this.metrics.addActiveStatements(-count, attributes);
    }
    activeStatements.clear();
  }

  /** The API hands out a proxy until a provider is registered; asked again until there is one. */
  private findTracer(): boolean {
    const tracer = this.tracer();
    const provider = trace.getTracerProvider();
    this.isTracerLive =
      !(tracer instanceof ProxyTracer) ||
      !(provider instanceof ProxyTracerProvider) ||
      provider.getDelegateTracer(SCOPE_NAME) !== undefined;
    return this.isTracerLive;
  }
}
