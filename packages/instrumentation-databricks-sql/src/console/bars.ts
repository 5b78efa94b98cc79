/** A part of a bar: times in milliseconds from the start of the trace. */
export interface Segment {
  readonly startMs: number;
  readonly endMs: number;
  readonly failed: boolean;
  /** The part of it in which a statement waited for the warehouse; it is drawn lighter. */
  readonly pending?: { readonly startMs: number; readonly endMs: number } | undefined;
}

/** Cells of one style that stand together. */
export interface CellRun {
  readonly text: string;
  readonly style: 'none' | 'bar' | 'failed';
}

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];
const FULL = EIGHTHS.length - 1;
const RIGHT_HALF = '▐';
const LIGHT = '░';
const LEAST_EIGHTHS = 1;

/**
 * The segments on a line of `width` cells that stands for `durationMs`, to an eighth of a cell at their ends and to half
 * a cell at their starts. Every segment shows, however short. Segments that touch keep a gap of an eighth between them.
 */
export function bars(segments: readonly Segment[], durationMs: number, width: number): CellRun[] {
  const cells: { text: string; style: CellRun['style'] }[] = Array.from({ length: width }, () => ({
    text: ' ',
    style: 'none',
  }));
  const eighthsPerMs = durationMs > 0 ? (width * FULL) / durationMs : 0;
  for (const { startMs, endMs, failed, pending } of segments) {
    const style = failed ? 'failed' : 'bar';
    const start = Math.min(width * FULL - LEAST_EIGHTHS, Math.floor(startMs * eighthsPerMs));
    const end = Math.min(
      width * FULL,
      Math.max(start + LEAST_EIGHTHS, Math.round(endMs * eighthsPerMs)),
    );
    let cell = Math.floor(start / FULL);
    const lastCell = Math.ceil(end / FULL) - 1;
    if (cells[cell]?.style !== 'none' && cell < lastCell) cell += 1;
    const before = cells[cell - 1];
    if (before !== undefined && before.text === EIGHTHS[FULL]) {
      before.text = EIGHTHS[FULL - 1] ?? '';
    }
    const firstCell = cell;
    for (; cell <= lastCell; cell += 1) {
      const from = Math.max(0, start - cell * FULL);
      const to = Math.min(FULL, end - cell * FULL);
      cells[cell] = { text: block(from, to), style };
    }
    if (pending === undefined) continue;
    const cellsPerMs = eighthsPerMs / FULL;
    const lastLight = Math.min(lastCell, Math.round(pending.endMs * cellsPerMs) - 1);
    const firstLight = Math.max(firstCell, Math.round(pending.startMs * cellsPerMs));
    for (let light = firstLight; light <= lastLight; light += 1) {
      cells[light] = { text: LIGHT, style };
    }
  }
  const runs: { text: string; style: CellRun['style'] }[] = [];
  for (const { text, style } of cells) {
    const last = runs.at(-1);
    if (last?.style === style) last.text += text;
    else runs.push({ text, style });
  }
  return runs;
}

/** The block character nearest to the eighths `from` to `to` of a cell: terminals have blocks from the left only. */
function block(from: number, to: number): string {
  if (to === FULL && from >= FULL / 4) return RIGHT_HALF;
  if (from >= FULL / 2) return RIGHT_HALF;
  return EIGHTHS[to] ?? '';
}
