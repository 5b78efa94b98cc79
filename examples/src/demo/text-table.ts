const MAXIMUM_ROWS = 20;
const SEPARATOR = '  ';

/** Rows as lines of text, the first of which names the columns; `width` is in characters. */
export function textTable(rows: readonly object[], width: number): string[] {
  const [first] = rows;
  if (first === undefined) return [];
  const names = Object.keys(first);
  const cells = rows
    .slice(0, MAXIMUM_ROWS)
    .map((row) => names.map((name) => cellText((row as Record<string, unknown>)[name])));
  const widths = names.map((name, column) =>
    Math.max(name.length, ...cells.map((row) => row[column]?.length ?? 0)),
  );
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join(SEPARATOR)
      .trimEnd()
      .slice(0, width);
  const lines = [line(names), line(widths.map((columns) => '─'.repeat(columns)))];
  for (const row of cells) lines.push(line(row));
  if (rows.length > MAXIMUM_ROWS) lines.push(`… ${rows.length - MAXIMUM_ROWS} more`);
  return lines;
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'string') return value;
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'bigint' ? inner.toString() : inner,
  );
}
