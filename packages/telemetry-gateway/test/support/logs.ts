import type { JsonObject } from '@dbsql-otel/local-warehouse';

/** The records in the body of a post. */
export function logsOf(body: string): JsonObject[] {
  const { protoLogs } = JSON.parse(body) as { readonly protoLogs: readonly string[] };
  return protoLogs.map((log) => JSON.parse(log) as JsonObject);
}

/** By event id, so that two sets of records compare regardless of their order. */
export function byEventId(logs: readonly JsonObject[]): ReadonlyMap<string, JsonObject> {
  const sorted = logs
    .map((log): [string, JsonObject] => [String(log['frontend_log_event_id']), log])
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return new Map(sorted);
}
