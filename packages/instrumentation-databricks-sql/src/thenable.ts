/** A promise of any class and realm: `instanceof Promise` knows only those of the global class of its own realm. */
export interface Thenable {
  then(resolved: (value: unknown) => unknown, rejected: (reason: unknown) => unknown): unknown;
}

/**
 * Awaits what a function of the application returned, so that its rejection is handled. An async function works with
 * promises of the language itself, whatever the global `Promise` is.
 */
export async function ownRejection(
  returned: Thenable,
  rejected?: (error: unknown) => void,
): Promise<void> {
  try {
    await returned;
  } catch (error) {
    rejected?.(error);
  }
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
