export type {
  KernelConnectionOptions,
  OAuthConnectionOptions,
  ProxiedConnectionOptions,
  ProxyOptions,
  WarehouseConnectionOptions,
} from './connection-options';
export { ControlServer, type ControlServerOptions } from './control/control-server';
export {
  LocalWarehouse,
  type LocalWarehouseOptions,
  OAUTH_WORKSPACE_HOST,
  STORAGE_HOST,
  WORKSPACE_HOST,
} from './local-warehouse';
export type { ProxyCredentials } from './network/connect-proxy';
export {
  type Engine,
  type Query,
  type QueryParameter,
  type QueryResult,
  SqlError,
} from './engine/engine';
export { DuckDbEngine } from './engine/duckdb/duckdb-engine';
export { column, generated, range, table } from './engine/relation';
export type { Column, ColumnValues, DataType, Relation, SimpleKind, Value } from './engine/types';
export type { SqlPosition, StatementFailure } from './failure';
export type { Fault, FaultRule } from './faults';
export { LOOPBACK_ADDRESS } from './network/listener';
export type { EndpointName, LoggedRequest, RequestMatch, RequestOutcome } from './request-log';
export type { FeatureFlag } from './rest/feature-flags';
export type { OAuthEndpoint, ServicePrincipal } from './rest/oauth';
export type { JsonObject, TelemetryPost } from './rest/telemetry';
export type {
  ResultFormat,
  Script,
  ScriptedError,
  StatementMatch,
  StatementScript,
} from './script';
export type { StatementFacts, StatementState } from './statement';
export type { PlainValue } from './thrift/plain-value';
export { CertificateAuthority, type Credential } from './tls/certificate-authority';
