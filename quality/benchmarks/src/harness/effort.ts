/** How long to measure. */
export interface Effort {
  readonly short: boolean;
  /** Per arm, by the clock that measures: on a busy machine the compiler's own thread has to wait as well. */
  readonly warmUpMs: number;
  /** Length one slice of one arm is brought to. */
  readonly sliceMs: number;
  /** Slices of each arm that make one round; doubled while the quartiles lie apart. */
  readonly slices: number;
  readonly rounds: number;
  /** Time for one comparison; when it is used up and the quartiles still lie apart, the figure is too noisy. */
  readonly budgetMs: number;
}

export const FULL: Effort = {
  short: false,
  warmUpMs: 500,
  sliceMs: 2,
  slices: 8,
  rounds: 21,
  budgetMs: 6_000,
};
export const SHORT: Effort = {
  short: true,
  warmUpMs: 150,
  sliceMs: 2,
  slices: 4,
  rounds: 7,
  budgetMs: 500,
};
