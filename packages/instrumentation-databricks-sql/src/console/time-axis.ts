interface Unit {
  readonly name: string;
  readonly ms: number;
}

const UNITS: readonly Unit[] = [
  { name: 'h', ms: 3_600_000 },
  { name: 'min', ms: 60_000 },
  { name: 's', ms: 1000 },
  { name: 'ms', ms: 1 },
];
const MICROSECONDS: Unit = { name: 'µs', ms: 0.001 };
const STEPS = [1, 2, 5];
/** Cells between the end of a label and the next one. */
const GAP = 4;

/** Round times below bars of `width` cells that stand for `durationMs`, each label starting at the cell of its time. */
export function timeAxis(durationMs: number, width: number): string {
  const unit = UNITS.find(({ ms }) => durationMs >= ms) ?? MICROSECONDS;
  const total = durationMs / unit.ms;
  const label = (value: number, step: number): string =>
    `${value.toFixed(Math.max(0, -Math.floor(Math.log10(step))))} ${unit.name}`;
  const step = roundStep(
    total,
    (candidate) =>
      (candidate / total) * width >= label(Math.max(candidate, total), candidate).length + GAP,
  );
  let axis = label(0, 1);
  if (step === undefined) return axis.padEnd(width);
  for (let tick = 1; tick * step <= total; tick += 1) {
    const text = label(tick * step, step);
    const column = Math.floor(((tick * step) / total) * width);
    if (column + text.length > width) break;
    axis = axis.padEnd(column) + text;
  }
  return axis.padEnd(width);
}

/** The least of 1, 2, 5, 10, … that is wide enough; `undefined` when none below the total is. */
function roundStep(total: number, isWideEnough: (step: number) => boolean): number | undefined {
  if (!(total > 0) || !Number.isFinite(total)) return undefined;
  const least = Math.floor(Math.log10(total)) - 2;
  for (let power = least; 10 ** power <= total; power += 1) {
    for (const factor of STEPS) {
      const step = Number(`${factor}e${power}`);
      if (step <= total && isWideEnough(step)) return step;
    }
  }
  return undefined;
}
