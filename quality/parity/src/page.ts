import type { Row, Said } from './row';
import type { Truth } from './expectation';
import type { Parity } from './parity';

const ABSENT = '–';

/** The rows as lines of a table for a terminal, and as `docs/parity.md`. */
export function markdownPage({ rows, theirStrayLogs, ourStrayLogs }: Parity): string {
  const events = [...new Set(rows.map(({ event }) => event))];
  const wrong = (side: 'theirsIsTrue' | 'oursIsTrue'): number =>
    rows.filter((row) => !row[side]).length;
  return [
    '# Side by side with the telemetry built into the driver',
    '',
    'Written by `npm run parity`. One scripted workload, run through the real `@databricks/sql` 2.1 on the local warehouse:',
    "once with the telemetry built into the driver, once with ours in its place (`driverTelemetry: 'replace'`). The truth is",
    'what the warehouse served and when: for times, a range between what it took at least and what the application can have',
    'waited at most. What is left out counts as zero.',
    'The workspace is a simulated one; nothing here was compared with a real one.',
    '',
    '| | theirs | ours |',
    '| --- | --- | --- |',
    `| fields that say what is true, of ${rows.length} | ${rows.length - wrong('theirsIsTrue')} | ${rows.length - wrong('oursIsTrue')} |`,
    `| logs that belong to no event | ${theirStrayLogs} | ${ourStrayLogs} |`,
    '',
    ...whyTable(rows),
    ...events.flatMap((event) => eventTable(event, rows)),
  ].join('\n');
}

/** What the two say, for a terminal: the rows in which one of them is not true. */
export function differences(rows: readonly Row[]): string {
  return rows
    .filter(({ theirsIsTrue, oursIsTrue }) => !theirsIsTrue || !oursIsTrue)
    .map(({ event, log, field, theirs, ours, truth, why }) =>
      [event, log, field, said(theirs), said(ours), truthText(truth), why ?? ''].join(' | '),
    )
    .join('\n');
}

/** One row a line, so that two runs can be compared. */
export function json(rows: readonly Row[]): string {
  return `[\n${rows.map((row) => `  ${JSON.stringify(row)}`).join(',\n')}\n]\n`;
}

function whyTable(rows: readonly Row[]): string[] {
  const counts = new Map<string, { readonly fields: Set<string>; count: number }>();
  for (const { why, field } of rows) {
    if (why === undefined) continue;
    const known = counts.get(why) ?? { fields: new Set<string>(), count: 0 };
    known.fields.add(field);
    known.count += 1;
    counts.set(why, known);
  }
  return [
    '## Why theirs differs',
    '',
    '| why | fields | times |',
    '| --- | --- | --- |',
    ...[...counts]
      .toSorted(([, one], [, other]) => other.count - one.count)
      .map(([why, { fields, count }]) => {
        const names = [...fields].map((field) => `\`${field}\``).join(' ');
        return `| ${why} | ${names} | ${count} |`;
      }),
    '',
  ];
}

function eventTable(event: string, rows: readonly Row[]): string[] {
  return [
    `## ${event}`,
    '',
    '| log | field | theirs | ours | truth | why theirs differs |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows
      .filter((row) => row.event === event)
      .map((row) => {
        const { log, field, truth, why = '' } = row;
        const theirs = marked(row.theirs, row.theirsIsTrue);
        const ours = marked(row.ours, row.oursIsTrue);
        return `| ${log} | \`${field}\` | ${theirs} | ${ours} | ${truthText(truth)} | ${why} |`;
      }),
    '',
  ];
}

function marked(value: Said, isTrue: boolean): string {
  return isTrue ? said(value) : `**${said(value)}**`;
}

function said(value: Said): string {
  return value === undefined ? ABSENT : String(value);
}

function truthText(truth: Truth): string {
  if (truth === 'absent') return ABSENT;
  return 'exactly' in truth
    ? String(truth.exactly)
    : `${Math.max(0, truth.fromMs)} to ${truth.toMs} ms`;
}
