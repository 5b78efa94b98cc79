/** The application's options with one property replaced. */
export function withProperty(original: object, name: string, value: unknown): object {
  return withProperties(original, new Map([[name, value]]));
}

/**
 * The application's options with some properties replaced or added, without a copy: a copy would lose getters, prototypes, proxies
 * and `#private` state. Every access reaches the original with the original as its receiver, writes included, so that
 * the driver does to the application's object exactly what it would do without this view.
 *
 * The proxy's target is an empty object: a frozen or sealed original could not be shown with another value otherwise.
 */
export function withProperties(
  original: object,
  properties: ReadonlyMap<string | symbol, unknown>,
): object {
  return new Proxy<object>(
    {},
    {
      get: (_target, key) =>
        properties.has(key) ? properties.get(key) : Reflect.get(original, key, original),
      has: (_target, key) => properties.has(key) || Reflect.has(original, key),
      set: (_target, key, given) =>
        properties.has(key) || Reflect.set(original, key, given, original),
      deleteProperty: (_target, key) =>
        properties.has(key) || Reflect.deleteProperty(original, key),
      defineProperty: (_target, key, descriptor) =>
        Reflect.defineProperty(original, key, descriptor),
      getPrototypeOf: () => Reflect.getPrototypeOf(original),
      ownKeys: () => {
        const keys = Reflect.ownKeys(original);
        const added = [...properties.keys()].filter((key) => !keys.includes(key));
        return [...added, ...keys];
      },
      getOwnPropertyDescriptor: (_target, key) => {
        if (properties.has(key)) {
          const value = properties.get(key);
          return { value, writable: true, enumerable: true, configurable: true };
        }
        const descriptor = Reflect.getOwnPropertyDescriptor(original, key);
        // The target has no such property, so a proxy may not report one that cannot be configured.
        return descriptor && { ...descriptor, configurable: true };
      },
    },
  );
}
