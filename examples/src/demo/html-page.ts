import { toText } from '@dbsql-otel/instrumentation-databricks-sql/console';
import type { FinishedSpan } from '@dbsql-otel/instrumentation-databricks-sql/console';

const WIDTH = 140;
const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** The waterfall of each trace as a page that opens in a browser: no script, no outside reference. */
export function htmlPage(spans: readonly FinishedSpan[]): string {
  const traces = new Map<string, FinishedSpan[]>();
  for (const span of spans) {
    const { traceId } = span.spanContext();
    traces.set(traceId, [...(traces.get(traceId) ?? []), span]);
  }
  const waterfalls = [...traces.values()].map((trace) => {
    const text = toText(trace, { width: WIDTH });
    return `<pre>${text.replace(/[&<>]/g, (character) => ENTITIES[character] ?? '')}</pre>`;
  });
  return [
    '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Traces of the demo</title>',
    '<style>:root{color-scheme:light dark}pre{font:12px/1.3 ui-monospace,monospace}</style>',
    `</head><body>\n${waterfalls.join('\n')}</body></html>\n`,
  ].join('');
}
