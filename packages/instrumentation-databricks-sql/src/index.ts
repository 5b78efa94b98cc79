export type { ConnectionAccess, DatabricksAccess } from './access';
export { SUPPORTED_VERSIONS } from './supported-versions';
