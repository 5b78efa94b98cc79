/** The variables of the environment that decide about colors. */
export interface ColorEnvironment {
  readonly FORCE_COLOR?: string | undefined;
  readonly NO_COLOR?: string | undefined;
  readonly TERM?: string | undefined;
}

/**
 * Whether to use colors. `FORCE_COLOR` decides when it is set (`0` and `false` mean no), as in Node.js; then `NO_COLOR`
 * with any text and `TERM=dumb` mean no; otherwise a terminal gets colors.
 */
export function wantsColors(isTerminal: boolean, environment: ColorEnvironment): boolean {
  const { FORCE_COLOR: force, NO_COLOR: no, TERM: term } = environment;
  if (force !== undefined) return force !== '0' && force.toLowerCase() !== 'false';
  if (no !== undefined && no !== '') return false;
  return isTerminal && term !== 'dumb';
}
