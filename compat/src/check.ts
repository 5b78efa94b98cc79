/** The outcome of one thing that was looked at beside the matrix. */
export interface CheckResult {
  readonly title: string;
  /** Empty when all is well. */
  readonly defects: readonly string[];
}

/** Turns a rejection into a defect, so that every check is heard. */
export async function check(title: string, run: () => Promise<void>): Promise<CheckResult> {
  try {
    await run();
    return { title, defects: [] };
  } catch (failure) {
    return { title, defects: [failure instanceof Error ? failure.message : String(failure)] };
  }
}

export function checkLines({ title, defects }: CheckResult): string {
  const symbol = defects.length === 0 ? '✔' : '✘';
  return [`  ${symbol} ${title}`, ...defects.map((text) => text.replace(/^/gm, '      '))].join(
    '\n',
  );
}
