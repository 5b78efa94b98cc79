/** The values of each axis, by the axis's name. */
export type Axes = Readonly<Record<string, readonly string[]>>;

/** One value for every axis. */
export type Cell<A extends Axes> = { readonly [Axis in keyof A]: A[Axis][number] };

/** Why a cell (or any part of one) cannot exist, or `undefined` when it can. */
export type Impossible<A extends Axes> = (cell: Partial<Cell<A>>) => string | undefined;

/** Two values that no cell can hold together. */
export interface ImpossiblePair {
  readonly values: readonly [string, string];
  readonly reason: string;
}

export interface CoveringSet<A extends Axes> {
  /** Every possible pair of values of two axes is in at least one of them. */
  readonly cells: readonly Cell<A>[];
  readonly impossible: readonly ImpossiblePair[];
}

interface Pair {
  readonly first: readonly [axis: string, value: string];
  readonly second: readonly [axis: string, value: string];
}

function pairsOf(axes: Axes): Pair[] {
  const names = Object.keys(axes);
  return names.flatMap((firstAxis, index) =>
    names.slice(index + 1).flatMap((secondAxis) =>
      (axes[firstAxis] ?? []).flatMap((first) =>
        (axes[secondAxis] ?? []).map((second): Pair => ({
          first: [firstAxis, first],
          second: [secondAxis, second],
        })),
      ),
    ),
  );
}

function assigned(pair: Pair): Record<string, string> {
  return Object.fromEntries([pair.first, pair.second]);
}

function holds(cell: Readonly<Record<string, string>>, pair: Pair): boolean {
  return cell[pair.first[0]] === pair.first[1] && cell[pair.second[0]] === pair.second[1];
}

/**
 * Chooses cells so that every pair of values that can exist occurs at least once, greedily: each cell is grown from a
 * pair not seen yet, axis by axis, by the value that brings the most new pairs, and of those the one used least so far.
 * The choice is the same on every run.
 */
export function coveringSet<A extends Axes>(axes: A, impossible: Impossible<A>): CoveringSet<A> {
  const names = Object.keys(axes);
  const reasonFor = (part: Readonly<Record<string, string>>): string | undefined =>
    impossible(part as Partial<Cell<A>>);

  const cells: Cell<A>[] = [];

  /** Grows `part` to a whole cell; `undefined` when every way to do so is impossible. */
  const grow = (
    part: Readonly<Record<string, string>>,
    open: readonly Pair[],
  ): Record<string, string> | undefined => {
    const axis = names.find((name) => !(name in part));
    if (axis === undefined) return { ...part };
    const candidates = (axes[axis] ?? [])
      .map((value) => Object.assign({}, part, { [axis]: value }))
      .filter((candidate) => reasonFor(candidate) === undefined)
      .map((candidate) => ({
        candidate,
        gain: open.filter((pair) => holds(candidate, pair)).length,
        uses: cells.filter((cell) => cell[axis] === candidate[axis]).length,
      }))
      .sort((left, right) => right.gain - left.gain || left.uses - right.uses);
    for (const { candidate } of candidates) {
      const grown = grow(candidate, open);
      if (grown !== undefined) return grown;
    }
    return undefined;
  };

  const ruledOut: ImpossiblePair[] = [];
  let open: Pair[] = [];
  for (const pair of pairsOf(axes)) {
    const reason = reasonFor(assigned(pair));
    if (reason === undefined) {
      open.push(pair);
    } else {
      ruledOut.push({ values: [pair.first[1], pair.second[1]], reason });
    }
  }

  while (open.length > 0) {
    let best: Record<string, string> | undefined;
    let bestGain = 0;
    for (const pair of open) {
      const grown = grow(assigned(pair), open);
      if (grown === undefined) {
        throw new Error(
          `No cell can hold ${pair.first.join('=')} and ${pair.second.join('=')}, and no rule says why`,
        );
      }
      const gain = open.filter((candidate) => holds(grown, candidate)).length;
      if (gain > bestGain) {
        best = grown;
        bestGain = gain;
      }
    }
    const chosen = best ?? {};
    open = open.filter((pair) => !holds(chosen, pair));
    cells.push(chosen as Cell<A>);
  }
  return { cells, impossible: ruledOut };
}
