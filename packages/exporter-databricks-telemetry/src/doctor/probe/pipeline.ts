import { ok, note, problem } from '../finding';
import type { Finding } from '../finding';
import { API_KEY } from './observer';
import type { OtlpTarget } from './report';

const MAX_DEPTH = 10;
const MAX_OBJECTS = 5_000;

/** The span processors and exporters of the tracer provider that the setup registered. */
export interface Pipeline {
  readonly hasProvider: boolean;
  /** What the list of span processors holds, as given. */
  readonly processors: readonly unknown[];
  readonly targets: readonly OtlpTarget[];
}

function get(object: unknown, key: string): unknown {
  if (typeof object !== 'object' || object === null) return undefined;
  try {
    return Reflect.get(object, key);
  } catch {
    return undefined;
  }
}

function isMethod(object: unknown, key: string): boolean {
  return typeof get(object, key) === 'function';
}

/** The provider behind the proxy that the API hands out. */
function registeredProvider(): object | undefined {
  const api = (globalThis as Readonly<Record<symbol, unknown>>)[API_KEY];
  const proxy = get(api, 'trace');
  if (typeof proxy !== 'object' || proxy === null) return undefined;
  const getDelegate = get(proxy, 'getDelegate');
  const delegate: unknown =
    typeof getDelegate === 'function' ? Reflect.apply(getDelegate, proxy, []) : proxy;
  return typeof delegate === 'object' && delegate !== null ? delegate : undefined;
}

/** Every object that is reachable from `root`, nearest first, within bounds. */
function* reachable(root: unknown): Generator<object> {
  const seen = new Set<unknown>([root]);
  let level: unknown[] = [root];
  for (let depth = 0; depth < MAX_DEPTH && level.length > 0; depth += 1) {
    const next: unknown[] = [];
    for (const value of level) {
      if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) continue;
      yield value;
      for (const key of Object.keys(value)) {
        const inner = get(value, key);
        if (seen.has(inner) || seen.size > MAX_OBJECTS) continue;
        seen.add(inner);
        next.push(inner);
      }
    }
    level = next;
  }
}

async function headersOf(parameters: object): Promise<Record<string, string>> {
  const headers = get(parameters, 'headers');
  try {
    const given: unknown =
      typeof headers === 'function' ? await Reflect.apply(headers, parameters, []) : headers;
    return Object.fromEntries(
      Object.entries(given ?? {}).filter(([, value]) => typeof value === 'string'),
    );
  } catch {
    return {};
  }
}

/** Whether the parameters of a gRPC transport ask for TLS. */
function isSecure(parameters: object): boolean {
  try {
    const make = get(parameters, 'credentials');
    const credentials: unknown = typeof make === 'function' ? make.call(parameters) : undefined;
    const answer = get(credentials, '_isSecure');
    return typeof answer === 'function' && answer.call(credentials) === true;
  } catch {
    return false;
  }
}

/** The endpoints of the OTLP exporters below a span processor: the parameters of their transports. */
async function targetsOf(processors: readonly unknown[]): Promise<OtlpTarget[]> {
  const targets = new Map<string, OtlpTarget>();
  for (const value of reachable(processors)) {
    const url = get(value, 'url');
    const address = get(value, 'address');
    if (typeof url === 'string' && isMethod(value, 'headers')) {
      const headers = await headersOf(value);
      const isJson = Object.values(headers).some((text) => text.includes('application/json'));
      targets.set(url, { protocol: isJson ? 'http/json' : 'http/protobuf', url, headers });
    } else if (typeof address === 'string' && isMethod(value, 'metadata')) {
      const grpcUrl = `${isSecure(value) ? 'https' : 'http'}://${address.replace(/^\w+:\/\//, '')}`;
      targets.set(grpcUrl, { protocol: 'grpc', url: grpcUrl, headers: {} });
    }
  }
  return [...targets.values()];
}

export async function registeredPipeline(): Promise<Pipeline> {
  const provider = registeredProvider();
  if (provider === undefined) return { hasProvider: false, processors: [], targets: [] };
  const active = get(provider, '_activeSpanProcessor');
  const list = get(active, '_spanProcessors') ?? get(active, 'spanProcessors');
  const processors = Array.isArray(list)
    ? (list as unknown[])
    : [active, ...asList(get(provider, '_registeredSpanProcessors'))].filter(Boolean);
  return { hasProvider: true, processors, targets: await targetsOf(processors) };
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

const BOTH_FORMS =
  '@opentelemetry/sdk-trace-base 2.x takes new BatchSpanProcessor(exporter), @opentelemetry/sdk-trace and SDK 3 take new BatchSpanProcessor({ exporter })';

function nameOf(value: unknown): string {
  const constructor = get(value, 'constructor');
  return typeof constructor === 'function' ? constructor.name : typeof value;
}

/** What cannot work in the list of span processors: an exporter in place of a processor, a processor without exporter. */
export function checkProcessors({ processors }: Pipeline): Finding[] {
  return processors.flatMap((processor) => {
    const name = nameOf(processor);
    if (!isMethod(processor, 'onEnd') || !isMethod(processor, 'onStart')) {
      return [
        problem(
          `${name} in spanProcessors is not a span processor`,
          isMethod(processor, 'export')
            ? 'put the exporter into a BatchSpanProcessor'
            : 'list span processors only',
        ),
      ];
    }
    const holdsExporter =
      typeof processor === 'object' && processor !== null && '_exporter' in processor;
    if (holdsExporter && !isMethod(get(processor, '_exporter'), 'export')) {
      return [problem(`the ${name} of the setup has no exporter`, BOTH_FORMS)];
    }
    return [];
  });
}

/** What the processors of the setup export to, in one line. */
export function describePipeline({ hasProvider, processors }: Pipeline): Finding[] {
  if (!hasProvider) return [];
  return processors.length === 0
    ? [note('the tracer provider has no span processor that is known', 'traces go nowhere then')]
    : [ok('a tracer provider is registered')];
}
