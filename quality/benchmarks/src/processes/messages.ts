/** What the benchmark and its processes say to each other. */

/** What a client process has beside the driver. */
export type Setup = 'bare' | 'built-in telemetry' | 'least' | 'ours';

/**
 * `direct` keeps its connections. The built-in telemetry refuses loopback hosts, so it needs the `proxied` one: a
 * public-looking name behind the warehouse's proxy, with a connection per request.
 */
export type Path = 'direct' | 'proxied';

/** What a client process is started with. */
export interface ClientOrder {
  readonly work: 'query' | 'connect';
  readonly setup: Setup;
  readonly path: Path;
  readonly warehouse: WarehouseReady;
}

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
}
