import { performance } from 'node:perf_hooks';
import type { Figure } from './benchmark';
import type { Effort } from './effort';
import { isSteady, quartiles } from './statistics';
import type { Quartiles } from './statistics';

/** One of the things compared. */
export interface Arm {
  readonly name: string;
  /** Does `units` units of work. */
  run(units: number): void | Promise<void>;
  /** Clears what a block left behind, outside the clock. */
  settle?(): void | Promise<void>;
  /** What the last block took, in nanoseconds, when the arm knows better than the clock. */
  tookNs?(): number;
}

/** `cpu` is the processor time of the whole process, collector included: other processes do not disturb it. */
export type Clock = 'cpu' | 'wall';

function nowNs(clock: Clock): number {
  if (clock === 'wall') return performance.now() * 1e6;
  const { user, system } = process.cpuUsage();
  return (user + system) * 1e3;
}

/** What a figure is about. */
type Line = Pick<Figure, 'label'> & Partial<Pick<Figure, 'row' | 'target' | 'gate' | 'limit'>>;

/** The rounds of one comparison. */
export class Rounds {
  readonly #costs: Map<string, number[]>;

  constructor(costs: Map<string, number[]>) {
    this.#costs = costs;
  }

  /** Nanoseconds per unit. */
  cost(arm: string): Quartiles {
    return quartiles(this.#of(arm));
  }

  /** Of `subject` against `reference`, round by round. */
  ratio(subject: string, reference: string): Quartiles {
    return quartiles(ratios(this.#of(subject), this.#of(reference)));
  }

  steady(subject: string, reference: string): boolean {
    return isSteady(this.ratio(subject, reference));
  }

  /** A line of the results with every arm's own cost beside it. */
  figure(subject: string, reference: string, line: Line): Figure {
    return {
      ...line,
      unit: '×',
      better: 'lower',
      ...this.ratio(subject, reference),
      tooNoisy: !this.steady(subject, reference),
      arms: this.#arms([subject, reference]),
    };
  }

  /** What `subject` costs beyond `baseline`, against `reference`. */
  added(subject: string, baseline: string, reference: string, line: Line): Figure {
    const baselines = this.#of(baseline);
    const beyond = this.#of(subject).map((cost, index) => cost - (baselines[index] ?? Number.NaN));
    const added = quartiles(ratios(beyond, this.#of(reference)));
    return {
      ...line,
      unit: '×',
      better: 'lower',
      ...added,
      tooNoisy: !isSteady(added),
      arms: this.#arms([subject, baseline, reference]),
    };
  }

  #arms(names: readonly string[]): Record<string, number> {
    return Object.fromEntries(names.map((arm) => [arm, this.cost(arm).median]));
  }

  #of(arm: string): number[] {
    const costs = this.#costs.get(arm);
    if (costs === undefined) throw new RangeError(`no arm ${arm}`);
    return costs;
  }
}

function ratios(subject: readonly number[], reference: readonly number[]): number[] {
  return subject.map((cost, index) => cost / (reference[index] ?? Number.NaN));
}

async function slice(arm: Arm, units: number, clock: Clock): Promise<number> {
  const start = nowNs(clock);
  const pending = arm.run(units);
  if (pending !== undefined) await pending;
  const costNs = arm.tookNs?.() ?? nowNs(clock) - start;
  await arm.settle?.();
  return costNs;
}

/** In an order left to chance: in a fixed one the collector, which has a rhythm of its own, would meet the same arm. */
function shuffled<Item>(items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, place: Math.random() }))
    .sort((left, right) => left.place - right.place)
    .map(({ item }) => item);
}

/** One round: slices of all arms, each time in another order. Nanoseconds per unit and arm. */
async function round(
  arms: readonly Arm[],
  units: ReadonlyMap<string, number>,
  slices: number,
  clock: Clock,
): Promise<Map<string, number>> {
  const costs = new Map(arms.map((arm): [string, number] => [arm.name, 0]));
  for (let turn = 0; turn < slices; turn++) {
    for (const arm of shuffled(arms)) {
      const count = units.get(arm.name) ?? 1;
      const costNs = (await slice(arm, count, clock)) / (count * slices);
      costs.set(arm.name, (costs.get(arm.name) ?? 0) + costNs);
    }
  }
  return costs;
}

/**
 * Measures the arms in alternating slices of one process until the quartiles of every judged ratio are within 5 %.
 *
 * A machine's speed drifts by a factor of two over a second, not over the milliseconds of a few slices: so a round is a
 * sum of many short slices of each arm, and only rounds are compared. Garbage is collected as it comes and is paid by
 * the arm whose slice it falls into, which over many slices is each arm's share.
 */
export async function alternate(
  arms: readonly Arm[],
  judged: readonly (readonly [subject: string, reference: string])[],
  effort: Effort,
  clock: Clock = 'cpu',
): Promise<Rounds> {
  const units = await warmUp(arms, effort, clock);
  globalThis.gc?.();
  const deadline = performance.now() + effort.budgetMs;

  for (let slices = effort.slices; ; slices *= 2) {
    const costs = new Map(arms.map((arm): [string, number[]] => [arm.name, []]));
    for (let count = 0; count < effort.rounds; count++) {
      for (const [arm, cost] of await round(arms, units, slices, clock)) {
        costs.get(arm)?.push(cost);
      }
    }
    const rounds = new Rounds(costs);
    const steady = judged.every(([subject, reference]) => rounds.steady(subject, reference));
    const tookMs = effort.budgetMs - (deadline - performance.now());
    if (steady || tookMs * 2 > effort.budgetMs) return rounds;
  }
}

/** Alternates from the start, so that shared code sees every arm's shapes before it is timed. */
async function warmUp(
  arms: readonly Arm[],
  effort: Effort,
  clock: Clock,
): Promise<Map<string, number>> {
  const units = new Map(arms.map((arm): [string, number] => [arm.name, 1]));
  let spentMs = 0;
  for (let settled = false; !settled || spentMs < effort.warmUpMs * arms.length;) {
    settled = true;
    for (const arm of arms) {
      const count = units.get(arm.name) ?? 1;
      const costMs = (await slice(arm, count, clock)) / 1e6;
      spentMs += costMs;
      if (costMs < effort.sliceMs / 2) {
        units.set(arm.name, count * 2);
        settled = false;
      } else if (costMs > effort.sliceMs * 3 && count > 1) {
        // What was long while it was cold is short once it is compiled.
        units.set(arm.name, Math.ceil(count / 2));
      }
    }
  }
  return units;
}
