/** What a reader has to see in the end. */
export type Sight = 'screen' | 'backend' | 'telemetry';

/** Sections of a document that a reader follows to the letter, in an empty folder. */
export interface Walk {
  readonly document: string;
  /** Sections of which only the files are saved. */
  readonly files: readonly string[];
  readonly headings: readonly string[];
  readonly packageManager: 'npm' | 'pnpm';
  /** Release line of Node.js. */
  readonly node: string;
  readonly sights: readonly Sight[];
}

const INSTRUMENTATION = 'packages/instrumentation-databricks-sql/README.md';
const EXPORTER = 'packages/exporter-databricks-telemetry/README.md';

const SDK_3 = '### OpenTelemetry SDK 3.x';

type Chapter = Omit<Walk, 'packageManager' | 'node'> & { readonly nodes: readonly string[] };

const CHAPTERS: readonly Chapter[] = [
  {
    document: 'README.md',
    files: [],
    headings: ['## A first trace in your own application'],
    nodes: ['20', '22'],
    sights: ['screen'],
  },
  {
    document: 'README.md',
    files: [],
    headings: ['## To a backend, and to the workspace'],
    nodes: ['20', '22'],
    sights: ['backend', 'telemetry'],
  },
  {
    document: 'README.md',
    files: [],
    headings: [SDK_3],
    nodes: ['24', '26'],
    sights: ['backend', 'telemetry'],
  },
  {
    document: INSTRUMENTATION,
    files: [],
    headings: ['## Installation', '## Usage'],
    nodes: ['20', '22'],
    sights: ['backend'],
  },
  {
    document: INSTRUMENTATION,
    files: ['## Usage'],
    headings: [SDK_3],
    nodes: ['24', '26'],
    sights: ['backend'],
  },
  {
    document: INSTRUMENTATION,
    files: [],
    headings: ['## Installation', '## A waterfall in the terminal'],
    nodes: ['20', '22'],
    sights: ['screen'],
  },
  {
    document: EXPORTER,
    files: [],
    headings: ['## Installation', '## Usage'],
    nodes: ['20', '22'],
    sights: ['telemetry'],
  },
  {
    document: EXPORTER,
    files: [],
    headings: [SDK_3],
    nodes: ['24', '26'],
    sights: ['backend', 'telemetry'],
  },
];

/** Each chapter on its older Node.js with npm, and on its newer one with pnpm. */
export const WALKS: readonly Walk[] = CHAPTERS.flatMap(({ nodes, ...chapter }) =>
  nodes.map((node, index) => ({
    ...chapter,
    node,
    packageManager: index === 0 ? ('npm' as const) : ('pnpm' as const),
  })),
);
