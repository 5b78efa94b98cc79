/** What `DBSQLClient.connect` takes. */
export interface WarehouseConnectionOptions {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly token: string;
  readonly checkServerCertificate?: false;
  readonly customCaCert?: string;
  readonly clientCert?: string;
  readonly clientKey?: string;
}

/** What `DBSQLClient.connect` takes for its native kernel. */
export interface KernelConnectionOptions {
  readonly host: string;
  readonly path: string;
  readonly token: string;
  readonly useKernel: true;
  readonly checkServerCertificate: false;
  readonly clientCert?: string;
  readonly clientKey?: string;
}

/** The warehouse's own proxy. */
export interface ProxyOptions {
  readonly protocol: 'http';
  readonly host: string;
  readonly port: number;
  readonly auth?: { readonly username: string; readonly password: string };
}

/** What `DBSQLClient.connect` takes behind the warehouse's proxy. */
export interface ProxiedConnectionOptions {
  readonly host: string;
  readonly path: string;
  readonly token: string;
  readonly proxy: ProxyOptions;
}

/** What `DBSQLClient.connect` takes to authenticate as a service principal, behind the warehouse's proxy. */
export interface OAuthConnectionOptions {
  readonly host: string;
  readonly path: string;
  readonly authType: 'databricks-oauth';
  readonly oauthClientId: string;
  readonly oauthClientSecret: string;
  readonly proxy: ProxyOptions;
}
