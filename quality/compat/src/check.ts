/** One thing that is looked at beside the matrix. */
export interface Check {
  readonly title: string;
  /** Rejects with what is wrong. */
  run(): Promise<void>;
}

export interface CheckResult {
  readonly title: string;
  /** Empty when all is well. */
  readonly defects: readonly string[];
}

/** Turns a rejection into a defect, so that every check is heard. */
export async function resultOf(check: Check): Promise<CheckResult> {
  try {
    await check.run();
    return { title: check.title, defects: [] };
  } catch (failure) {
    const defect = failure instanceof Error ? failure.message : String(failure);
    return { title: check.title, defects: [defect] };
  }
}

export function checkLines({ title, defects }: CheckResult): string {
  const symbol = defects.length === 0 ? '✔' : '✘';
  return [`  ${symbol} ${title}`, ...defects.map((text) => text.replace(/^/gm, '      '))].join(
    '\n',
  );
}
