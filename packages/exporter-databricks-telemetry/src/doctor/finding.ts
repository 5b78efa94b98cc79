/** The result of one check: `ok`, a note, or a problem to fix. */
export interface Finding {
  readonly level: 'ok' | 'note' | 'problem';
  readonly text: string;
  /** What to do about it, for a problem always. */
  readonly advice?: string;
}

export function ok(text: string): Finding {
  return { level: 'ok', text };
}

export function note(text: string, advice?: string): Finding {
  return advice === undefined ? { level: 'note', text } : { level: 'note', text, advice };
}

export function problem(text: string, advice: string): Finding {
  return { level: 'problem', text, advice };
}

const LABELS: Readonly<Record<Finding['level'], string>> = {
  ok: 'ok     ',
  note: 'note   ',
  problem: 'PROBLEM',
};

// Names of files, hosts and versions come from outside: they must not control the terminal.
const CONTROL_CHARACTERS = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

/** The finding as one line, without a line break. */
export function findingLine({ level, text, advice }: Finding): string {
  const line = advice === undefined ? text : `${text}: ${advice}`;
  return `${LABELS[level]}  ${line.replace(CONTROL_CHARACTERS, ' ')}`;
}
