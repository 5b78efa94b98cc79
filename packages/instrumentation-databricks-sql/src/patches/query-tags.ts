import type { Connection } from '../connection/connection';
import { withProperties, withProperty } from '../driver/options-view';
import { isErrorStatus } from '../driver/shapes';
import type {
  ExecuteStatementOptions,
  ExecuteStatementRequest,
  OpenSessionRequest,
  Response,
  SessionRequest,
} from '../driver/shapes';
import { isTagRefusal } from '../query-tags/refusal';
import { keysOfTags, serializeTags } from '../query-tags/tag';
import type { QueryTag } from '../query-tags/tag';
import { isThenable } from '../thenable';
import type { DriverMethod, MethodPatch } from './method-patch';
import type { SharedState } from './shared-state';

/** Key of the serialized tags in the configuration of a statement. */
const STATEMENT_TAGS = 'query_tags';
/** The same of a session. */
const SESSION_TAGS = 'QUERY_TAGS';

/** The tags to add beside the application's, of which the keys are given. */
export type TagsBeside = (own: ReadonlySet<string>) => readonly QueryTag[];

/** A request of Thrift to which tags were added. */
export interface TaggedRequest {
  readonly connection: Connection;
  /** Of a statement. */
  readonly sql?: string | undefined;
  /** Removes them again. */
  restore(): void;
}

/** Adds tags to the session that the driver is about to open. */
export function tagSessionRequest(
  request: SessionRequest,
  tagsBeside: TagsBeside,
): (() => void) | undefined {
  const before = request.configuration;
  const given = before?.[SESSION_TAGS] ?? '';
  const tags = tagsBeside(keysOfTags(given));
  if (tags.length === 0) return undefined;
  const all = joined(given, tags);
  // In 1.12 it is the object that the application passed.
  request.configuration = withProperty(before ?? {}, SESSION_TAGS, all) as Record<string, string>;
  return () => {
    request.configuration = before;
  };
}

/** Adds tags to a statement that the driver is about to submit. */
export function tagStatementRequest(
  request: ExecuteStatementRequest,
  tagsBeside: TagsBeside,
): (() => void) | undefined {
  const before = request.confOverlay;
  const given = before?.[STATEMENT_TAGS] ?? '';
  const tags = tagsBeside(keysOfTags(given));
  if (tags.length === 0) return undefined;
  request.confOverlay = { ...before, [STATEMENT_TAGS]: joined(given, tags) };
  return () => {
    request.confOverlay = before;
  };
}

/**
 * A call of Thrift that is sent again without the added tags when the workspace refuses them.
 * @param tag adds the tags; `undefined` when there are none to add, or the refusal is to stay
 */
export function resentWithoutTags(
  shared: SharedState,
  place: string,
  tag: (request: unknown) => TaggedRequest | undefined,
): MethodPatch {
  return (original: DriverMethod) =>
    function tagged(this: unknown, ...args: unknown[]): unknown {
      if (shared.queryTags === undefined) return Reflect.apply(original, this, args);
      const [request] = args;
      const added = shared.guard.run(place, () => tag(request));
      const returned = Reflect.apply(original, this, args);
      if (added === undefined || !isThenable(returned)) return returned;
      const again = (): unknown => {
        shared.guard.run(place, () => {
          added.restore();
          shared.refusedTags(added.connection);
        });
        return Reflect.apply(original, this, args);
      };
      return returned.then(
        (response) => {
          const refused = shared.guard.run(place, () => isRefused(response as Response, added.sql));
          return refused === true ? again() : response;
        },
        (error) => {
          const refused = shared.guard.run(place, () => isTagRefusal(error, added.sql));
          if (refused === true) return again();
          throw error;
        },
      );
    };
}

/** The kernel takes tags only with the options of the call. */
export function taggedOptions(
  options: ExecuteStatementOptions,
  tagsBeside: TagsBeside,
): object | undefined {
  const queryTags = options.queryTags ?? {};
  const tags = tagsBeside(new Set(Object.keys(queryTags)));
  return tags.length === 0
    ? undefined
    : withProperty(options, 'queryTags', beside(queryTags, tags));
}

/** The kernel's session prefers `queryTags` to the serialized tags of its configuration. */
export function taggedSessionOptions(
  request: OpenSessionRequest,
  tagsBeside: TagsBeside,
): object | undefined {
  const { queryTags, configuration } = request;
  if (queryTags === undefined && configuration?.[SESSION_TAGS] !== undefined) {
    const given = configuration[SESSION_TAGS];
    const tags = tagsBeside(keysOfTags(given));
    if (tags.length === 0) return undefined;
    return withProperty(
      request,
      'configuration',
      withProperty(configuration, SESSION_TAGS, joined(given, tags)),
    );
  }
  return taggedOptions(request, tagsBeside);
}

function beside(
  own: Readonly<Record<string, string | null | undefined>>,
  tags: readonly QueryTag[],
): object {
  return withProperties(own, new Map(tags.map(({ key, value }) => [key, value])));
}

function joined(given: string, tags: readonly QueryTag[]): string {
  return given === '' ? serializeTags(tags) : `${given},${serializeTags(tags)}`;
}

/** Refused at the submit, or by a statement that failed at once. */
function isRefused({ status, directResults }: Response, sql: string | undefined): boolean {
  if (isErrorStatus(status)) return isTagRefusal(status, sql);
  const operation = directResults?.operationStatus;
  return operation?.operationState === ERROR_STATE && isTagRefusal(operation, sql);
}

/** `TOperationState`. */
const ERROR_STATE = 5;
