import { parseArgs } from 'node:util';
import { NODE_RELEASES } from '../axes';

/** What the machine does beside a run. */
export const CONDITIONS = ['idle', 'busy', 'pinned'] as const;
export type Condition = (typeof CONDITIONS)[number];

/** One run of the suite that is to be made. */
export interface PlannedRun {
  /** Counts from 1. */
  readonly number: number;
  readonly condition: Condition;
  /** Release line, such as `22`. */
  readonly node: string;
  readonly isFreshClone: boolean;
}

export interface Options {
  readonly runs: readonly PlannedRun[];
  /** npm script that is run. */
  readonly script: string;
  /** A run that takes longer is killed and counts as red. */
  readonly limitMs: number;
  /** File for the results as JSON. */
  readonly json: string | undefined;
}

export const USAGE = `npm run test:repeat -- N [options]

Runs \`npm test\` N times under varied conditions and prints every title that was ever red, with its rate.

  --condition idle|busy|pinned  may be given more than once; default: all three in turn
                                busy: every core runs an endless loop; pinned: one core for everything (taskset)
  --node ${Object.keys(NODE_RELEASES).join('|')}            may be given more than once; default: all in turn
  --fresh-clone                 each run in a clone of the last commit, with dependencies of its own
  --script NAME                 another npm script than \`test\`
  --limit-minutes M             default 30; a run that takes longer is killed and red
  --json FILE                   writes the results as JSON`;

const MAX_RUNS = 100;
const MAX_LIMIT_MINUTES = 120;
const MS_PER_MINUTE = 60_000;

/** Reads the command line; throws an error with the usage when it is not understood. */
export function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      condition: { type: 'string', multiple: true, default: [...CONDITIONS] },
      node: { type: 'string', multiple: true, default: Object.keys(NODE_RELEASES) },
      'fresh-clone': { type: 'boolean', default: false },
      script: { type: 'string', default: 'test' },
      'limit-minutes': { type: 'string', default: '30' },
      json: { type: 'string' },
    },
  });
  const [count = ''] = positionals;
  const runs = integer('N', count, MAX_RUNS);
  const limitMinutes = integer('--limit-minutes', values['limit-minutes'], MAX_LIMIT_MINUTES);
  const conditions = values.condition.map((name) => oneOf('--condition', name, CONDITIONS));
  const releases = values.node.map((name) => oneOf('--node', name, Object.keys(NODE_RELEASES)));
  return {
    runs: plan(runs, conditions, releases, values['fresh-clone']),
    script: values.script,
    limitMs: limitMinutes * MS_PER_MINUTE,
    json: values.json,
  };
}

/** Every condition meets every release: when one list begins anew at the same place as the other, it is shifted. */
function plan(
  count: number,
  conditions: readonly Condition[],
  releases: readonly string[],
  isFreshClone: boolean,
): PlannedRun[] {
  return Array.from({ length: count }, (_, index) => {
    const round = Math.floor(index / leastCommonMultiple(conditions.length, releases.length));
    const condition = conditions[index % conditions.length] ?? 'idle';
    const node = releases[(index + round) % releases.length] ?? '';
    return { number: index + 1, condition, node, isFreshClone };
  });
}

function leastCommonMultiple(one: number, other: number): number {
  let multiple = one;
  while (multiple % other !== 0) multiple += one;
  return multiple;
}

function integer(name: string, text: string, maximum: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > maximum) {
    throw new Error(`${name} must be a whole number from 1 to ${maximum}\n\n${USAGE}`);
  }
  return value;
}

function oneOf<Name extends string>(option: string, given: string, names: readonly Name[]): Name {
  const found = names.find((name) => name === given);
  if (found === undefined) {
    throw new Error(`${option} must be one of ${names.join(', ')}\n\n${USAGE}`);
  }
  return found;
}
