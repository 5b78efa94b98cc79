import { isObject } from '../otlp/attributes';

/** One mapping of the configuration file. Collects the mistakes, each with the path of the value; values are never quoted. */
export class Section {
  readonly #path: string;
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #mistakes: string[];
  readonly #known = new Set<string>();

  constructor(path: string, value: unknown, mistakes: string[]) {
    this.#path = path;
    this.#mistakes = mistakes;
    const isMapping = isObject(value) && !Array.isArray(value);
    if (!isMapping) this.mistake('must be a mapping');
    this.#values = isMapping ? value : {};
  }

  has(name: string): boolean {
    this.#known.add(name);
    return Object.hasOwn(this.#values, name) && this.#values[name] !== null;
  }

  mistake(text: string): void {
    this.#mistakes.push(this.#path === '' ? text : `${this.#path} ${text}`);
  }

  /** @param otherwise what is used when it is absent; without it, the value is needed */
  text(name: string, otherwise?: string): string {
    const value = this.#read(name);
    if (value === undefined && otherwise !== undefined) return otherwise;
    if (typeof value === 'string' && value.trim() !== '') return value.trim();
    this.#wrong(name, value, 'must be a non-empty text');
    return '';
  }

  boolean(name: string, otherwise: boolean): boolean {
    const value = this.#read(name) ?? otherwise;
    if (typeof value === 'boolean') return value;
    this.#wrong(name, value, 'must be true or false');
    return otherwise;
  }

  integer(name: string, otherwise: number, least: number, most: number): number {
    return this.#number(name, [otherwise, least, most], true);
  }

  /** All numbers of `table`: `[default, least, most]`. */
  numbers<Name extends string>(
    table: Readonly<Record<Name, readonly [number, number, number]>>,
    areIntegers = true,
  ): Readonly<Record<Name, number>> {
    const names = Object.keys(table) as Name[];
    const entries = names.map((name) => [name, this.#number(name, table[name], areIntegers)]);
    this.finish();
    return Object.fromEntries(entries) as Record<Name, number>;
  }

  /** Empty when it is absent. */
  section(name: string): Section {
    return new Section(this.#pathOf(name), this.#read(name) ?? {}, this.#mistakes);
  }

  list(name: string): Section[] {
    const value = this.#read(name) ?? [];
    if (!Array.isArray(value)) {
      this.#wrong(name, value, 'must be a list');
      return [];
    }
    return value.map(
      (each: unknown, index) =>
        new Section(`${this.#pathOf(name)}[${index}]`, each, this.#mistakes),
    );
  }

  /** Everything was read: other names are mistakes. */
  finish(): void {
    for (const name of Object.keys(this.#values)) {
      if (!this.#known.has(name)) this.#mistakes.push(`${this.#pathOf(name)} is not an option`);
    }
  }

  #number(
    name: string,
    [otherwise, least, most]: readonly [number, number, number],
    isInteger: boolean,
  ): number {
    const value = this.#read(name) ?? otherwise;
    const isNumber = typeof value === 'number' && value >= least && value <= most;
    if (isNumber && (!isInteger || Number.isInteger(value))) return value;
    this.#wrong(
      name,
      value,
      `must be ${isInteger ? 'an integer' : 'a number'} from ${least} to ${most}`,
    );
    return otherwise;
  }

  #read(name: string): unknown {
    return this.has(name) ? this.#values[name] : undefined;
  }

  #wrong(name: string, value: unknown, text: string): void {
    this.#mistakes.push(`${this.#pathOf(name)} ${value === undefined ? 'is missing' : text}`);
  }

  #pathOf(name: string): string {
    const shown = name.slice(0, 64).replace(/[^\w.-]/g, '?');
    return this.#path === '' ? shown : `${this.#path}.${shown}`;
  }
}
