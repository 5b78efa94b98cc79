import type { DriverResult, StepResult } from './run-workload';
import { WORKLOAD } from './workload';

const SYMBOLS: Readonly<Record<StepResult['outcome'], string>> = {
  passed: '✓',
  failed: '✗',
  'not in the driver': '–',
};

/** A table of drivers × workload. */
export function matrix(results: ReadonlyMap<string, DriverResult>): string {
  const names = [...results.keys()];
  const lines = WORKLOAD.map(({ name }) => {
    const outcomes = names.map((driver) => {
      const found = results.get(driver)?.steps.find(({ step }) => step === name);
      return found ? SYMBOLS[found.outcome] : '';
    });
    return [name].concat(outcomes);
  });
  return markdownTable(['', ...names], lines);
}

/** Which fields of telemetry each driver's logs carried. */
export function telemetryFields(results: ReadonlyMap<string, DriverResult>): string {
  const posting = [...results].filter(([, { logs }]) => logs.length > 0);
  const fields = new Map(posting.map(([name, { logs }]) => [name, fieldsOf(logs)]));
  const all = new Set<string>();
  for (const found of fields.values()) for (const field of found) all.add(field);
  const lines = [...all].toSorted().map((field) => {
    const cells = posting.map(([name]) => (fields.get(name)?.has(field) === true ? '✓' : ''));
    return [`\`${field}\``].concat(cells);
  });
  return markdownTable(['Field'].concat(Array.from(fields.keys())), lines);
}

/** The paths of all values, without the envelope that every log of the statement's telemetry has. */
function fieldsOf(logs: readonly object[]): Set<string> {
  const found = new Set<string>();
  for (const log of logs) collect(log, '', found);
  return new Set([...found].map((path) => path.replace('entry.sql_driver_log.', '')));
}

function collect(value: unknown, path: string, found: Set<string>): void {
  if (value === null || value === undefined || value === '') return;
  if (Array.isArray(value)) {
    value.forEach((item) => collect(item, path, found));
  } else if (typeof value === 'object') {
    for (const [name, item] of Object.entries(value)) {
      collect(item, path === '' ? name : `${path}.${name}`, found);
    }
  } else found.add(path);
}

function markdownTable(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const rows = [head, head.map(() => '---'), ...lines];
  return rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
