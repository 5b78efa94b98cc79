import type { DiagLogger } from '@opentelemetry/api';
import { isReservedKey, tagKey } from './tag';

/** Which query tags are added to sessions and statements. They are stored as plain text in `system.query.history`. */
export interface QueryTagsConfig {
  /**
   * Whether each statement has the tag `traceparent`, the trace context of its span.
   * @default false
   */
  readonly traceparent?: boolean;
  /**
   * Attributes of the resource, such as `service.name`, for each session: the tag's key is `service_name`.
   * @default []
   */
  readonly resource?: readonly string[];
  /**
   * Entries of the caller's baggage, such as `tenant.id`, for each statement; of `inheritedAttributes` where the baggage has
   * none of the name. No other entry is ever sent.
   * @default []
   */
  readonly baggage?: readonly string[];
  /**
   * Constants for each session, by key.
   * @default {}
   */
  readonly values?: Readonly<Record<string, string>>;
  /**
   * What becomes of a session or statement that the workspace refuses because of query tags: `'fail'` leaves it failed,
   * `'send-without'` sends it again without the added tags, and adds none on this connection any more.
   * @default 'fail'
   */
  readonly whenRefused?: 'fail' | 'send-without';
}

/** The option with its defaults filled in. */
export type ResolvedQueryTags = Required<QueryTagsConfig>;

const OPTION = 'queryTags';

type Reader = (value: unknown) => unknown;

/** What each member accepts: the value to use, or `undefined` for one that is invalid. */
const MEMBERS: Readonly<
  Record<keyof QueryTagsConfig, { readonly type: string; readonly read: Reader }>
> = {
  traceparent: {
    type: 'boolean',
    read: (value) => (typeof value === 'boolean' ? value : undefined),
  },
  resource: { type: 'an array of strings', read: strings },
  baggage: { type: 'an array of strings', read: strings },
  values: { type: 'an object of strings', read: texts },
  whenRefused: {
    type: "'fail' | 'send-without'",
    read: (value) => (value === 'fail' || value === 'send-without' ? value : undefined),
  },
};

/** The defaults. */
export const NO_QUERY_TAGS: ResolvedQueryTags = {
  traceparent: false,
  resource: [],
  baggage: [],
  values: {},
  whenRefused: 'fail',
};

/** Fills in the defaults of the option. Invalid members log a warning and fall back to their default. */
export function resolveQueryTags(config: object, diag: DiagLogger): ResolvedQueryTags {
  const resolved: Record<string, unknown> = {};
  for (const [name, { type, read }] of Object.entries(MEMBERS)) {
    const byDefault: unknown = Reflect.get(NO_QUERY_TAGS, name);
    const given = unlessThrown(() => Reflect.get(config, name));
    const value = given === undefined ? byDefault : unlessThrown(() => read(given));
    if (value === undefined) {
      diag.warn(`option ${OPTION}.${name} must be ${type}; using the default`);
    }
    resolved[name] = value ?? byDefault;
  }
  for (const name of unlessThrown(() => Object.keys(config)) ?? []) {
    if (!Object.hasOwn(MEMBERS, name)) diag.warn(`unknown option ${OPTION}.${name} is ignored`);
  }
  const tags = resolved as ResolvedQueryTags;
  for (const name of [...tags.resource, ...tags.baggage, ...Object.keys(tags.values)]) {
    if (isReservedKey(name)) {
      diag.warn(
        `option ${OPTION}: ${name} is left out, as keys with @@ are reserved for Databricks`,
      );
    } else if (tagKey(name) === '') {
      diag.warn(`option ${OPTION}: an empty name is left out`);
    }
  }
  return tags;
}

function strings(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const items = [...(value as readonly unknown[])];
  return items.every((item) => typeof item === 'string') ? items : undefined;
}

/** Numbers and booleans are accepted, as they stand in YAML and JSON. */
function texts(value: unknown): Readonly<Record<string, string>> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const entries = Object.entries(value).map(
    ([key, text]: [string, unknown]) => [key, text] as const,
  );
  if (!entries.every(([, text]) => ['string', 'number', 'boolean'].includes(typeof text))) {
    return undefined;
  }
  return Object.fromEntries(entries.map(([key, text]) => [key, String(text)]));
}

function unlessThrown<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
