/** Where a running warehouse is, and how to control it. */
export interface Running {
  readonly port: number;
  readonly httpPath: string;
  readonly warehouseId: string;
  readonly token: string;
  readonly caFile: string;
  readonly controlUrl: string;
}

/** What to write in each language to connect. */
export function instructions(running: Running): string {
  const { port, httpPath, warehouseId, token, caFile, controlUrl } = running;
  return `Warehouse   https://127.0.0.1:${port}${httpPath}
Token       ${token}
Authority   ${caFile}
Control     ${controlUrl}

Environment
  export DATABRICKS_SERVER_HOSTNAME=127.0.0.1 DATABRICKS_PORT=${port} DATABRICKS_HTTP_PATH='${httpPath}' DATABRICKS_TOKEN='${token}' NODE_EXTRA_CA_CERTS='${caFile}'

Node.js
  await client.connect({ host: '127.0.0.1', port: ${port}, path: '${httpPath}', token: '${token}', checkServerCertificate: false });

Python
  sql.connect(server_hostname='127.0.0.1', _port=${port}, http_path='${httpPath}', access_token='${token}', _tls_trusted_ca_file='${caFile}')

JDBC
  jdbc:databricks://127.0.0.1:${port}/default;ssl=1;AllowSelfSignedCerts=1;AuthMech=3;UID=token;PWD=${token};httpPath=/sql/1.0/warehouses/${warehouseId}

Go
  dbsql.NewConnector(dbsql.WithServerHostname("127.0.0.1"), dbsql.WithPort(${port}), dbsql.WithHTTPPath("${httpPath}"), dbsql.WithAccessToken("${token}"), dbsql.WithSkipTLSHostVerify())

Stop with Ctrl-C.
`;
}
