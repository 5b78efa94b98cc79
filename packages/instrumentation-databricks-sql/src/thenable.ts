/** A promise of any class and realm: `instanceof Promise` knows only those of the global class of its own realm. */
export interface Thenable {
  then(resolved: (value: unknown) => unknown, rejected: (reason: unknown) => unknown): unknown;
}

/** Whether `value` settles later. A `then` that cannot be read is none. */
export function isThenable(value: unknown): value is Thenable {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  try {
    return typeof (value as Partial<Thenable>).then === 'function';
  } catch {
    return false;
  }
}
