export type { ConnectionAccess, DatabricksAccess } from './access';
