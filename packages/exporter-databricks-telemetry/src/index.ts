export { UndeliveredError } from './record';
export type { DropReason, UndeliveredReason } from './record';
