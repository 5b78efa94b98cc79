/** What the benchmark and its processes say to each other. */

/** What a client process has beside the driver. */
export type Setup = 'bare' | 'built-in telemetry' | 'ours';

/** From the warehouse once it listens. */
export interface WarehouseReady {
  readonly port: number;
  readonly httpPath: string;
  readonly token: string;
  /** PEM, for `NODE_EXTRA_CA_CERTS`. */
  readonly certificate: string;
}

/** To a client: do this many units of its work. */
export interface Go {
  readonly units: number;
}

/** From a client. */
export interface Done {
  readonly wallMs: number;
  /** Processor time of the client. */
  readonly cpuMs: number;
}
