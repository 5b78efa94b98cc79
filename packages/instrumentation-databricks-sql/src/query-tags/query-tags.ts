import { context, isSpanContextValid, propagation } from '@opentelemetry/api';
import type { Attributes, Span, Tracer } from '@opentelemetry/api';
import type { Guard } from '../guard';
import type { ResolvedQueryTags } from './option';
import { resourceAttribute } from './resource';
import { fittingTags, queryTag } from './tag';
import type { QueryTag } from './tag';

/** Key of the tag with the trace context. */
const TRACEPARENT = 'traceparent';

/** The tags that a session was opened with. */
export interface SessionTags {
  /** Keys that the application set. */
  readonly own: ReadonlySet<string>;
  /** Keys that this package added. */
  readonly added: ReadonlySet<string>;
  /** Whose tags of sessions are all among them. */
  readonly completeFor?: QueryTags | undefined;
}

/** Of a session that was opened without this package, or whose tags the workspace refused. */
export const NO_SESSION_TAGS: SessionTags = { own: new Set(), added: new Set() };

/** The query tags that the options ask for. */
export class QueryTags {
  /** Whether what is refused because of the added tags is sent again without them. */
  readonly resends: boolean;
  readonly #config: ResolvedQueryTags;
  readonly #guard: Guard;
  readonly #tracer: () => Tracer;
  readonly #constants: readonly QueryTag[];
  readonly #warned = new Set<string>();
  #hasWarnedOfRefusal = false;

  constructor(config: ResolvedQueryTags, guard: Guard, tracer: () => Tracer) {
    this.#config = config;
    this.#guard = guard;
    this.#tracer = tracer;
    this.resends = config.whenRefused === 'send-without';
    this.#constants = defined(
      Object.entries(config.values).map(([key, value]) => queryTag(key, value)),
    );
  }

  /** For all statements of a session, beside the application's tags. */
  ofSession(span: Span | undefined, own: ReadonlySet<string>): readonly QueryTag[] {
    for (const name of this.#config.resource) {
      if (resourceAttribute(name, span, this.#tracer()) === undefined) this.#warnOfMissing(name);
    }
    return fittingTags(this.#static(span), own);
  }

  /** What {@link forStatement} needs of a session that was opened with `tags`. */
  sessionTags(tags: readonly QueryTag[], own: ReadonlySet<string>): SessionTags {
    const wanted = this.#constants.length + this.#config.resource.length;
    return {
      own,
      added: new Set(tags.map(({ key }) => key)),
      completeFor: tags.length === wanted ? this : undefined,
    };
  }

  /** For one statement, from the caller's context; its session may lack the tags of sessions. */
  ofStatement(span: Span | undefined, inherited: Attributes = {}): readonly QueryTag[] {
    const { traceparent, baggage } = this.#config;
    const tags: (QueryTag | undefined)[] = [];
    if (traceparent) tags.push(queryTag(TRACEPARENT, traceparentOf(span)));
    if (baggage.length > 0) {
      const entries = propagation.getBaggage(context.active());
      for (const name of baggage) {
        const value = entries?.getEntry(name)?.value ?? inherited[name];
        tags.push(queryTag(name, value));
      }
    }
    return defined(tags);
  }

  /** Those of `tags`, and of the session's that it lacks, which fit beside the application's tags of the statement. */
  forStatement(
    tags: readonly QueryTag[],
    span: Span | undefined,
    session: SessionTags,
    own: ReadonlySet<string>,
  ): readonly QueryTag[] {
    const missing = session.completeFor === this ? [] : this.#static(span);
    return fittingTags(
      [...tags, ...missing.filter(({ key }) => !session.added.has(key))],
      session.own.size === 0 ? own : new Set([...own, ...session.own]),
      session.added,
    );
  }

  /** Once: a call was refused because of its tags, and sent again without the added ones. */
  warnOfRefusal(): void {
    if (this.#hasWarnedOfRefusal) return;
    this.#hasWarnedOfRefusal = true;
    this.#guard.warn(
      'the workspace refused query tags, so sessions and statements are sent without the added ones: enable query tags ' +
        'in the workspace, or remove the option queryTags',
    );
  }

  /** Constants first: they were written down for this purpose. */
  #static(span: Span | undefined): readonly QueryTag[] {
    const { resource } = this.#config;
    if (resource.length === 0) return this.#constants;
    const tracer = this.#tracer();
    return [
      ...this.#constants,
      ...defined(resource.map((name) => queryTag(name, resourceAttribute(name, span, tracer)))),
    ];
  }

  #warnOfMissing(name: string): void {
    if (this.#warned.has(name)) return;
    this.#warned.add(name);
    this.#guard.warn(
      `queryTags: the resource has no ${name}, so its tag is left out; set it on the SDK's resource or in ` +
        'OTEL_RESOURCE_ATTRIBUTES',
    );
  }
}

/** `span` in the form of W3C Trace Context. */
function traceparentOf(span: Span | undefined): string | undefined {
  const spanContext = span?.spanContext();
  if (spanContext === undefined || !isSpanContextValid(spanContext)) return undefined;
  const flags = spanContext.traceFlags.toString(16).padStart(2, '0');
  return `00-${spanContext.traceId}-${spanContext.spanId}-${flags}`;
}

function defined<T>(values: readonly (T | undefined)[]): T[] {
  return values.filter((value) => value !== undefined);
}
