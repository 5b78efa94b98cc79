import { clock } from '../clock';
import { currentCall } from './driver-call';
import { isErrorStatus } from '../driver/shapes';
import type {
  ExecuteStatementRequest,
  OperationHandle,
  OperationStatus,
  Response,
  SessionRequest,
} from '../driver/shapes';
import { OpenSessionCall } from './client';
import { SubmitCall } from './submit-call';
import { resentWithoutTags, tagSessionRequest, tagStatementRequest } from './query-tags';
import type { TaggedRequest } from './query-tags';
import { observeMethod } from './method-patch';
import type { ClassPatch, MethodPatch, Observer } from './method-patch';
import type { SharedState } from './shared-state';
import { METADATA_METHODS } from './session';

/** `HiveDriver`: one method per Thrift call, with the same names in every release. */
export function hiveDriverPatch(shared: SharedState): ClassPatch {
  const patch: Record<string, MethodPatch> = {
    openSession: tagged(shared, 'rpc openSession', tagSession),
    executeStatement: tagged(shared, 'rpc executeStatement', tagStatement),
    getOperationStatus: observeMethod(
      shared,
      'rpc getOperationStatus',
      (_driver: object, [request]) => pollObserver(shared, request),
    ),
  };
  for (const method of ['getInfo', ...METADATA_METHODS]) {
    patch[method] = observeMethod(shared, `rpc ${method}`, () => submitObserver(shared));
  }
  return patch;
}

/** A call whose request has the query tags. The observer sees only the response that the application gets. */
function tagged(
  shared: SharedState,
  place: string,
  tag: (shared: SharedState, request: unknown) => TaggedRequest | undefined,
): MethodPatch {
  const observed = observeMethod(shared, place, () => submitObserver(shared));
  const resent = resentWithoutTags(shared, place, (request) => tag(shared, request));
  return (original) => observed(resent(original));
}

function tagStatement(shared: SharedState, request: unknown): TaggedRequest | undefined {
  const call = currentCall();
  if (!(call instanceof SubmitCall) || call.tagsBeside === undefined) return undefined;
  const { connection } = call.statement.session;
  const statement = request as ExecuteStatementRequest;
  const restore = tagStatementRequest(statement, call.tagsBeside);
  const resends = shared.queryTagsFor(connection)?.resends === true;
  return restore && resends ? { connection, sql: statement.statement, restore } : undefined;
}

function tagSession(shared: SharedState, request: unknown): TaggedRequest | undefined {
  const call = currentCall();
  if (!(call instanceof OpenSessionCall)) return undefined;
  const { session } = call;
  const queryTags = shared.queryTagsFor(session.connection);
  if (queryTags === undefined) return undefined;
  const restore = tagSessionRequest(request as SessionRequest, (own) => {
    const tags = queryTags.ofSession(call.span, own);
    session.tags = queryTags.sessionTags(tags, own);
    return tags;
  });
  if (restore === undefined || !queryTags.resends) return undefined;
  const restoreSession = (): void => {
    restore();
    session.tags = { own: session.tags.own, added: new Set() };
  };
  return { connection: session.connection, restore: restoreSession };
}

/** A call that opens something: its response has the handle, or a SQLSTATE that the driver drops. */
function submitObserver(shared: SharedState): Observer | undefined {
  const call = currentCall();
  return (
    call && {
      resolved: (result) => {
        const response = result as Response;
        if (isErrorStatus(response.status)) {
          call.sqlState = response.status?.sqlState ?? undefined;
        } else if (call instanceof SubmitCall && response.operationHandle != null) {
          shared.statements.set(response.operationHandle, call.statement);
          call.statement.answered(response);
        }
      },
    }
  );
}

function pollObserver(shared: SharedState, request: unknown): Observer | undefined {
  const handle = (request as { readonly operationHandle?: OperationHandle }).operationHandle;
  const statement = handle && shared.statements.get(handle);
  if (statement === undefined) return undefined;
  const startMs = clock.monotonicMs();
  return {
    resolved: (response) => {
      statement.polled(clock.monotonicMs() - startMs, response as OperationStatus);
    },
    rejected: () => {
      statement.polled(clock.monotonicMs() - startMs, undefined);
    },
  };
}
