/** A host name, without a port. */
const HOST_NAME = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/i;
const LOOPBACK = /^(?:127(?:\.\d+){3}|0\.0\.0\.0|(?:.+\.)?localhost)$/i;

/**
 * The page of the workspace that shows a statement's query profile.
 * @param statementId UUID of a statement of a SQL warehouse
 * @param workspaceId the `o` of the http path, which selects the workspace where a host serves several
 */
export function queryHistoryUrl(
  host: string,
  statementId: string,
  workspaceId: string | undefined,
): string | undefined {
  if (!HOST_NAME.test(host) || LOOPBACK.test(host)) return undefined;
  const workspace = workspaceId === undefined ? '' : `&o=${workspaceId}`;
  return `https://${host}/sql/history?queryId=${statementId}${workspace}`;
}
