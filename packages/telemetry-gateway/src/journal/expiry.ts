import type { ClassicLevel } from 'classic-level';
import { DONE, positionAt, range, SPANS, SpanPosition } from './keys';

/** Removes the spans and the marks that were written before, in epoch milliseconds. @returns the spans */
export async function clearExpired(
  database: ClassicLevel,
  spansBeforeMs: number,
  doneBeforeMs: number,
): Promise<number> {
  const expired = {
    gte: range(SPANS).gte,
    lt: SPANS + SpanPosition.textOf(positionAt(Math.max(0, spansBeforeMs))),
  };
  let spans = 0;
  for await (const key of database.keys(expired)) spans += key === '' ? 0 : 1;
  await database.clear(expired);
  await database.clear({
    gte: range(DONE).gte,
    lt: DONE + SpanPosition.textOf(positionAt(Math.max(0, doneBeforeMs))),
  });
  return spans;
}
