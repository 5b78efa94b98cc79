"""Runs the workload with the Python connector: host, port, path, warehouse id, token, CA file, workload file, mode."""

import sys

from databricks import sql

host, port, path, _, token, ca_file, workload_file, mode = sys.argv[1:]
METADATA = {
    "catalogs": lambda cursor: cursor.catalogs(),
    "schemas": lambda cursor: cursor.schemas("main"),
    "tables": lambda cursor: cursor.tables("main", "sales"),
    "columns": lambda cursor: cursor.columns("main", "sales", "orders"),
}


def run(connection, cursor, kind, text):
    if kind == "metadata":
        METADATA[text](cursor)
    elif kind == "execute" and text == "":
        cursor.close()
        connection.close()
        return ""
    elif kind == "parameter":
        cursor.execute(text, [5])
    else:
        cursor.execute(text)
    rows = cursor.fetchall()
    if kind in ("sum", "parameter"):
        return str(sum(row[0] for row in rows))
    if kind == "change":
        return str(rows[0][0])
    return "" if kind == "execute" else f"{len(rows)} x {len(cursor.description)}"


def main():
    connection = sql.connect(
        # The kernel goes to the loopback address, the connector through the proxy of the environment.
        server_hostname=f"127.0.0.1:{port}" if mode == "kernel" else host,
        http_path=path,
        access_token=token,
        _tls_trusted_ca_file=ca_file,
        # The telemetry of the kernel is switched by its feature flag alone.
        **({"use_kernel": True} if mode == "kernel" else {"force_enable_telemetry": True}),
    )
    cursor = connection.cursor()
    with open(workload_file, encoding="utf-8") as steps:
        for line in steps:
            name, kind, text = line.rstrip("\n").split("\t")
            try:
                print(name, "ok", run(connection, cursor, kind, text), sep="\t", flush=True)
            except Exception as error:  # Every failure of a step is an answer.
                message = " ".join(str(error).split())
                print(name, "error", message, sep="\t", flush=True)


main()
