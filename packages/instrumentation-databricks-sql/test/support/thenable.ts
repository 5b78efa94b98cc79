import { runInNewContext } from 'node:vm';

/** Gives an object a `then`, as promises of other classes have one. */
export const withThen = runInNewContext(
  '(target, descriptor) => Object.defineProperty(target, "then", descriptor)',
) as <T extends object>(target: T, descriptor: PropertyDescriptor) => T & PromiseLike<unknown>;
