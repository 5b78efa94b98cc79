/** A value within an object, `undefined` where the way ends. */
export function at(value: unknown, ...way: readonly string[]): unknown {
  return way.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null
        ? (inner as Readonly<Record<string, unknown>>)[key]
        : undefined,
    value,
  );
}
