/** Properties followed from one object to the next. */
const MAX_DEPTH = 6;
const MAX_OBJECTS = 10_000;

/**
 * Whether an instance of a class with this name can be reached from `root`. Compares names, because the application may
 * have another copy of the class. Calls no getters.
 */
export function reachesInstanceOf(className: string, root: unknown): boolean {
  const seen = new Set<object>();
  let level: unknown[] = [root];
  for (let depth = 0; depth <= MAX_DEPTH; depth += 1) {
    const next: unknown[] = [];
    for (const value of level) {
      if (typeof value !== 'object' || value === null || seen.has(value)) continue;
      if (value.constructor?.name === className) return true;
      seen.add(value);
      if (seen.size > MAX_OBJECTS) return false;
      for (const { value: inner } of Object.values(Object.getOwnPropertyDescriptors(value))) {
        next.push(inner);
      }
    }
    level = next;
  }
  return false;
}
