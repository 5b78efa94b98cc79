import { fit, printable } from './printable';
import { formatDuration } from './span-facts';
import { traceTree } from './trace-tree';
import type { FinishedSpan } from './trace-tree';
import { waterfallRows } from './waterfall-rows';
import type { WaterfallRow } from './waterfall-rows';

const ROW_HEIGHT = 24;
const HEADER_HEIGHT = 34;
const NAME_LEFT = 12;
const INDENT = 14;
const BAR_LEFT = 270;
const BAR_WIDTH = 380;
const BAR_HEIGHT = 12;
const DURATION_RIGHT = BAR_LEFT + BAR_WIDTH + 70;
const FACTS_LEFT = DURATION_RIGHT + 14;
const WIDTH = 1120;
const NAME_CHARACTERS = 34;
const FACTS_CHARACTERS = 52;

const STYLE = [
  '.wf{--paper:#fff;--ink:#1f2328;--faint:#656d76;--line:#eaeef2;--bar:#1b7f9e;--failed:#cf222e;',
  'font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}',
  '@media (prefers-color-scheme:dark){.wf{--paper:#0d1117;--ink:#e6edf3;--faint:#8d96a0;--line:#21262d;',
  '--bar:#39a9c8;--failed:#f85149}}',
  '.wf .paper{fill:var(--paper)}.wf text{fill:var(--ink)}.wf .faint{fill:var(--faint)}',
  '.wf .stripe{fill:var(--line)}.wf .bar{fill:var(--bar)}.wf .failed{fill:var(--failed)}',
].join('');

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return printable(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

function rowElements(row: WaterfallRow, index: number, pixelsPerMs: number): string {
  const top = HEADER_HEIGHT + index * ROW_HEIGHT;
  const baseline = top + 16;
  const depth = row.lastAt.length - 1;
  const name = `${row.name}${row.count > 1 ? ` ×${row.count}` : ''}`;
  const facts = row.facts.join(' · ');
  const duration = formatDuration(row.endMs - row.startMs);
  const barWidth = Math.max(2, (row.endMs - row.startMs) * pixelsPerMs);
  const barLeft = Math.min(BAR_LEFT + row.startMs * pixelsPerMs, BAR_LEFT + BAR_WIDTH - barWidth);
  return [
    `<g><title>${escaped([name, duration, facts].filter(Boolean).join(' — '))}</title>`,
    index % 2 === 0
      ? ''
      : `<rect class="stripe" x="0" y="${top}" width="${WIDTH}" height="${ROW_HEIGHT}" opacity=".5"/>`,
    `<text x="${NAME_LEFT + depth * INDENT}" y="${baseline}">`,
    `${escaped(fit(name, Math.max(8, NAME_CHARACTERS - depth * 2)))}</text>`,
    `<rect class="${row.failed ? 'failed' : 'bar'}" x="${barLeft.toFixed(1)}" y="${top + 6}"`,
    ` width="${barWidth.toFixed(1)}" height="${BAR_HEIGHT}" rx="2"/>`,
    `<text x="${DURATION_RIGHT}" y="${baseline}" text-anchor="end">${escaped(duration)}</text>`,
    `<text class="${row.failed ? 'failed' : 'faint'}" x="${FACTS_LEFT}" y="${baseline}">`,
    `${escaped(fit(facts, FACTS_CHARACTERS))}</text></g>`,
  ].join('');
}

/** The finished spans of one trace as a self-contained SVG document: no script, no outside reference. */
export function toSvg(spans: readonly FinishedSpan[]): string {
  const tree = traceTree(spans);
  const rows = waterfallRows(tree);
  const height = HEADER_HEIGHT + rows.length * ROW_HEIGHT + 10;
  const pixelsPerMs = tree.durationMs > 0 ? BAR_WIDTH / tree.durationMs : 0;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="wf" viewBox="0 0 ${WIDTH} ${height}"`,
    ` width="${WIDTH}" height="${height}" role="img">`,
    `<title>Trace ${escaped(tree.traceId)}</title><style>${STYLE}</style>`,
    `<rect class="paper" width="${WIDTH}" height="${height}"/>`,
    `<text class="faint" x="${NAME_LEFT}" y="22">trace ${escaped(tree.traceId)} · `,
    `${escaped(formatDuration(tree.durationMs))}</text>`,
    ...rows.map((row, index) => rowElements(row, index, pixelsPerMs)),
    '</svg>\n',
  ].join('');
}

/** The same drawing as a page that opens in a browser, the whole of each line in its tooltip. */
export function toHtml(spans: readonly FinishedSpan[]): string {
  return [
    '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width,initial-scale=1">',
    '<title>Trace waterfall</title>',
    '<style>:root{color-scheme:light dark}body{margin:16px}svg{max-width:100%;height:auto}</style>',
    `</head><body>${toSvg(spans)}</body></html>\n`,
  ].join('');
}
