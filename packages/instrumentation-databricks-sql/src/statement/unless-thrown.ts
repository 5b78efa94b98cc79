/** Returns the result of `read`, or `undefined` when it throws: objects of the application can have throwing getters. */
export function unlessThrown<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
