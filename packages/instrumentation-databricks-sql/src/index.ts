export type { ConnectionAccess, DatabricksAccess } from './access';
export type { DatabricksSqlInstrumentationConfig, RequestInfo, ResponseInfo } from './config';
export type { QueryTagsConfig } from './query-tags/option';
export { DatabricksSqlInstrumentation } from './instrumentation';
export { SUPPORTED_VERSIONS } from './supported-versions';
