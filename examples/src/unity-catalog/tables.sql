-- The columns that cost-per-route.sql reads, with the types of the documented tables: five statements of an hour, two routes.
CREATE TABLE otel_spans AS SELECT * FROM VALUES
  ('t1', 'a', CAST(NULL AS STRING), 'GET /orders', map('http.route', '/orders')),
  ('t1', 'b', 'a', 'SELECT orders', map('databricks.operation', 'execute_statement', 'databricks.statement.id', 's1', 'db.query.summary', 'SELECT orders')),
  ('t1', 'c', 'b', 'close', map('databricks.operation', 'close_statement', 'databricks.statement.id', 's1')),
  ('t2', 'd', CAST(NULL AS STRING), 'GET /report', map('http.route', '/report')),
  ('t2', 'e', 'd', 'SELECT sales', map('databricks.operation', 'execute_statement', 'databricks.statement.id', 's2')),
  ('t3', 'f', CAST(NULL AS STRING), 'SELECT jobs', map('databricks.operation', 'execute_statement', 'databricks.statement.id', 's3'))
  AS t(trace_id, span_id, parent_span_id, name, attributes);
CREATE TABLE query_history AS SELECT * FROM VALUES
  ('s1', named_struct('type', 'WAREHOUSE', 'warehouse_id', 'w1'), current_date() + INTERVAL 10 MINUTES, 1000),
  ('s2', named_struct('type', 'WAREHOUSE', 'warehouse_id', 'w1'), current_date() + INTERVAL 20 MINUTES, 2000),
  ('s3', named_struct('type', 'WAREHOUSE', 'warehouse_id', 'w1'), current_date() + INTERVAL 30 MINUTES, 1000),
  ('s4', named_struct('type', 'WAREHOUSE', 'warehouse_id', 'w1'), current_date() + INTERVAL 40 MINUTES, 4000),
  ('s5', named_struct('type', 'SERVERLESS', 'warehouse_id', CAST(NULL AS STRING)), current_date() + INTERVAL 50 MINUTES, 9000)
  AS t(statement_id, compute, start_time, total_task_duration_ms);
CREATE TABLE billing_usage AS SELECT * FROM VALUES
  ('PREMIUM_SERVERLESS_SQL', current_date(), current_date() + INTERVAL 0 HOURS, 8.0, named_struct('warehouse_id', 'w1')),
  ('PREMIUM_SERVERLESS_SQL', current_date(), current_date() + INTERVAL 1 HOURS, 2.0, named_struct('warehouse_id', 'w1')),
  ('PREMIUM_JOBS', current_date(), current_date() + INTERVAL 0 HOURS, 5.0, named_struct('warehouse_id', CAST(NULL AS STRING)))
  AS t(sku_name, usage_date, usage_start_time, usage_quantity, usage_metadata);
CREATE TABLE list_prices AS SELECT * FROM VALUES
  ('PREMIUM_SERVERLESS_SQL', TIMESTAMP '2020-01-01 00:00:00', TIMESTAMP '2021-01-01 00:00:00', named_struct('default', 9.0)),
  ('PREMIUM_SERVERLESS_SQL', TIMESTAMP '2021-01-01 00:00:00', CAST(NULL AS TIMESTAMP), named_struct('default', 0.7))
  AS t(sku_name, price_start_time, price_end_time, pricing)
