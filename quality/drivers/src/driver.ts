/** Where a program finds the warehouse. */
export interface Target {
  /** A public-looking name that the warehouse's proxy knows: some drivers send no telemetry to loopback addresses. */
  readonly host: string;
  /** Port of 127.0.0.1 for the warehouse and its proxy. */
  readonly port: number;
  readonly path: string;
  readonly warehouseId: string;
  readonly token: string;
  /** File with the certificate of the warehouse's authority. */
  readonly caFile: string;
  /** File with the steps, one per line: name, kind and text, separated by tabs. */
  readonly workloadFile: string;
}

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
}

/** A driver and the program that runs the workload with it. */
export interface Driver {
  readonly name: string;
  /** The tool without which it is skipped. */
  readonly needs: string;
  /** Of an inline result it reads the first chunk only. */
  readonly readsOneInlineChunk?: true;
  /** Fills the cache folder; called once per content of the folder. */
  install(folder: string): Promise<void>;
  /** Starts the program; steps are reported on its standard output. */
  command(folder: string, target: Target): Command;
}
