/** A straight line through points, by least squares. */
export interface Slope {
  readonly perUnit: number;
  /** Standard error of `perUnit`. */
  readonly error: number;
}

export function slope(points: readonly { readonly x: number; readonly y: number }[]): Slope {
  const count = points.length;
  const meanX = points.reduce((sum, { x }) => sum + x, 0) / count;
  const meanY = points.reduce((sum, { y }) => sum + y, 0) / count;
  const spreadX = points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0);
  const perUnit = points.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0) / spreadX;
  const residual = points.reduce(
    (sum, { x, y }) => sum + (y - meanY - perUnit * (x - meanX)) ** 2,
    0,
  );
  return { perUnit, error: Math.sqrt(residual / (count - 2) / spreadX) };
}
