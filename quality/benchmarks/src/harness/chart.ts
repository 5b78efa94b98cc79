import type { Figure } from './benchmark';

const ROW_HEIGHT_PX = 34;
const LEFT_PX = 300;
const PLOT_PX = 420;
const RIGHT_PX = 110;
const TOP_PX = 48;

const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #1f2328 }
  .title { font-size: 14px; font-weight: 600 }
  .quiet { fill: #59636e; font-size: 11px }
  .ok { fill: #1a7f37 } .missed { fill: #bf8700 } .beyond { fill: #cf222e }
  .target { stroke: #1f2328; stroke-width: 2 } .gate { stroke: #cf222e; stroke-width: 1.5; stroke-dasharray: 3 3 }
  .quartiles { stroke: #1f2328; stroke-width: 1.5 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .quiet { fill: #9198a1 } .target, .quartiles { stroke: #e6edf3 }
    .ok { fill: #3fb950 } .missed { fill: #d29922 } .beyond { fill: #f85149 } .gate { stroke: #f85149 }
  }`;

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Two or three significant digits. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size >= 100) return Math.round(value).toLocaleString('en');
  return size >= 10 ? value.toFixed(1) : size >= 0.995 ? value.toFixed(2) : value.toPrecision(2);
}

function verdict(beyond: boolean, met: boolean): string {
  return beyond ? 'beyond' : met ? 'ok' : 'missed';
}

/**
 * One bar per figure with its quartiles; a solid line marks the target, a dashed one the gate. Each bar has a scale of
 * its own, from nothing to somewhat beyond the larger of value, target and gate: ratios of 0.005 and 1.1 share a chart.
 */
export function barChart(
  title: string,
  figures: readonly Figure[],
  judge: (figure: Figure) => { met: boolean; beyond: boolean },
): string {
  const width = LEFT_PX + PLOT_PX + RIGHT_PX;
  const height = TOP_PX + figures.length * ROW_HEIGHT_PX + 26;
  const rows = figures.map((figure, index) => {
    const y = TOP_PX + index * ROW_HEIGHT_PX;
    const end =
      Math.max(figure.upper, figure.median, figure.target ?? 0, figure.gate ?? 0) * 1.08 || 1;
    const x = (value: number): string => (LEFT_PX + (value / end) * PLOT_PX).toFixed(1);
    const { met, beyond } = judge(figure);
    const mark = (kind: string, value: number | undefined): string =>
      value === undefined
        ? ''
        : `<line class="${kind}" x1="${x(value)}" x2="${x(value)}" y1="${y - 3}" y2="${y + 21}"/>`;
    const unit = figure.unit === '×' ? ' ×' : ` ${figure.unit}`;
    return [
      `<text x="${LEFT_PX - 10}" y="${y + 13}" text-anchor="end">${escape(figure.label)}</text>`,
      `<rect class="${verdict(beyond, met)}" x="${LEFT_PX}" y="${y}" width="${(
        (Math.max(figure.median, 0) / end) *
        PLOT_PX
      ).toFixed(1)}" height="18" rx="2"/>`,
      `<line class="quartiles" x1="${x(Math.max(figure.lower, 0))}" x2="${x(figure.upper)}" y1="${y + 9}" y2="${y + 9}"/>`,
      mark('target', figure.target),
      mark('gate', figure.gate),
      `<text x="${LEFT_PX + PLOT_PX + 8}" y="${y + 13}">${short(figure.median)}${unit}${figure.tooNoisy ? ' ~' : ''}</text>`,
    ].join('');
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escape(title)}">`,
    `<style>${STYLE}</style>`,
    `<text class="title" x="16" y="24">${escape(title)}</text>`,
    ...rows,
    `<text class="quiet" x="16" y="${height - 8}">bar: median · thin line: quartiles · solid mark: target · dashed mark: gate · each bar has its own scale</text>`,
    '</svg>',
    '',
  ].join('\n');
}
