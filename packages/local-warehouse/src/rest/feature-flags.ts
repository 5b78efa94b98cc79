import { delay } from '../clock';
import { errorAnswer, jsonAnswer } from '../endpoint';
import type { Endpoint, Exchange, IncomingRequest } from '../endpoint';

const PATH = /^\/api\/2\.0\/connector-service\/feature-flags\/([^/]+)\/[^/]+$/;
const FLAG_PREFIX = 'databricks.partnerplatform.clientConfigsFeatureFlags.';
/** The native kernel obeys a flag of its own, whatever driver it is in. */
const KERNEL_FLAG = `${FLAG_PREFIX}enableTelemetryForKernel`;
const FLAG_NAMES: ReadonlyMap<string, string> = new Map(
  Object.entries<string>({
    NODEJS: 'enableTelemetryForNodeJs',
    OSS_JDBC: 'enableTelemetryForJdbc',
    PYTHON: 'enableTelemetryForPythonDriver',
    GOLANG: 'enableTelemetryForGoDriver',
    ADBC: 'enableTelemetryForAdbc',
  }),
);

/** What the workspace says about client telemetry; tests change it at any time. */
export interface FeatureFlag {
  enabled: boolean;
  ttlSeconds: number;
  /** HTTP status of the answer; anything but 200 has an error body. */
  status: number;
  delayMs: number;
}

/** `GET /api/2.0/connector-service/feature-flags/{client}/{version}`. */
export class FeatureFlagEndpoint implements Endpoint {
  readonly name = 'feature-flags';
  readonly #flag: FeatureFlag;
  readonly #signal: AbortSignal;

  constructor(flag: FeatureFlag, signal: AbortSignal) {
    this.#flag = flag;
    this.#signal = signal;
  }

  serves(request: IncomingRequest): boolean {
    return request.method === 'GET' && PATH.test(request.path);
  }

  open(request: IncomingRequest): Exchange {
    const client = PATH.exec(request.path)?.[1] ?? '';
    return {
      needsToken: true,
      answer: async () => {
        const { enabled, ttlSeconds, status, delayMs } = this.#flag;
        await delay(delayMs, this.#signal);
        if (status !== 200) return errorAnswer(status, 'FEATURE_FLAGS_UNAVAILABLE', 'As scripted.');
        const name = `${FLAG_PREFIX}${FLAG_NAMES.get(client) ?? `enableTelemetryFor${client}`}`;
        return jsonAnswer(200, {
          flags: [name, KERNEL_FLAG].map((flag) => ({ name: flag, value: String(enabled) })),
          ttl_seconds: ttlSeconds,
        });
      },
    };
  }
}
