import { availableParallelism } from 'node:os';

/** How many processes run side by side: installing and starting applications is processor-bound. */
export const CONCURRENCY = Math.min(4, availableParallelism());

/** Maps with at most `limit` calls under way; results keep the order of the items. */
export async function mapConcurrently<Item, Result>(
  items: readonly Item[],
  limit: number,
  map: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const waiting = items.entries();
  const work = async (): Promise<void> => {
    for (const [index, item] of waiting) {
      results[index] = await map(item);
    }
  };
  await Promise.all(Array.from({ length: limit }, work));
  return results;
}
