/** The shapes in which an application may pass options; the driver reads the same values from each. */
export const SHAPES = [
  'plain',
  'inherited',
  'class',
  'proxy',
  'hidden',
  'private',
  'frozen',
] as const;
export type Shape = (typeof SHAPES)[number];

/** Options with getters that read `#private` state: they throw for any receiver but the object itself. */
class PrivateOptions {
  readonly #values: object;

  constructor(values: object) {
    this.#values = values;
    for (const name of Object.keys(values)) {
      Object.defineProperty(this, name, {
        get(this: PrivateOptions) {
          return Reflect.get(this.#values, name) as unknown;
        },
        enumerable: true,
      });
    }
  }
}

/** @returns the options in a shape; a spread of some of them would lose values */
export function shaped<Options extends object>(options: Options, shape: Shape): Options {
  return create(options, shape) as Options;
}

function create(options: object, shape: Shape): object {
  switch (shape) {
    case 'inherited':
      return Object.create(options) as object;
    case 'class':
      return Object.create(
        Object.defineProperties(
          {},
          descriptors(options, (value) => ({ get: () => value })),
        ),
      ) as object;
    case 'proxy':
      return new Proxy(options, {});
    case 'hidden':
      return Object.defineProperties(
        {},
        descriptors(options, (value) => ({ value })),
      );
    case 'private':
      return new PrivateOptions(options);
    case 'frozen':
      return Object.freeze(options);
    case 'plain':
    default:
      return options;
  }
}

function descriptors(
  options: object,
  describe: (value: unknown) => PropertyDescriptor,
): PropertyDescriptorMap {
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => [name, describe(value)]),
  );
}
