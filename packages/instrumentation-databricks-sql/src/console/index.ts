export { ConsoleWaterfallExporter } from './exporter';
export type { ConsoleWaterfallExporterOptions, WaterfallStream } from './exporter';
export { toText } from './text-waterfall';
export type { TextWaterfallOptions } from './text-waterfall';
export type { FinishedSpan } from './trace-tree';
