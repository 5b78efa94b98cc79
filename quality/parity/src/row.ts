import type { Truth } from './expectation';

/** A value as a log has it; `undefined` when it is left out. */
export type Said = string | number | boolean | undefined;

/** One field of one log of one event. */
export interface Row {
  readonly event: string;
  readonly log: string;
  readonly field: string;
  readonly theirs: Said;
  readonly theirTruth: Truth;
  readonly theirsIsTrue: boolean;
  readonly ours: Said;
  readonly truth: Truth;
  readonly oursIsTrue: boolean;
  /** Why theirs is not true. */
  readonly why: string | undefined;
}
