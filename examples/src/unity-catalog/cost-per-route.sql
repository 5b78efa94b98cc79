-- Cost of the last seven days by route of the service, in DBU and at list price.
-- The usage of a warehouse in an hour is shared among the statements that started in it, by their task time.
WITH spans AS (
  SELECT trace_id, parent_span_id, name, attributes
  FROM main.observability.otel_spans
),
statements AS (
  SELECT
    attributes['databricks.statement.id'] AS statement_id,
    max(trace_id) AS trace_id,
    max(attributes['db.query.summary']) AS query_summary
  FROM spans
  WHERE attributes['databricks.operation'] = 'execute_statement'
  GROUP BY attributes['databricks.statement.id']
),
routes AS (
  SELECT trace_id, max(attributes['http.route']) AS route
  FROM spans
  WHERE attributes['http.route'] IS NOT NULL
  GROUP BY trace_id
),
history AS (
  SELECT
    statement_id,
    compute.warehouse_id AS warehouse_id,
    date_trunc('HOUR', start_time) AS usage_hour,
    total_task_duration_ms AS task_ms
  FROM system.query.history
  WHERE start_time >= current_date() - INTERVAL 7 DAYS
    AND compute.warehouse_id IS NOT NULL
),
usage AS (
  SELECT
    u.usage_metadata.warehouse_id AS warehouse_id,
    date_trunc('HOUR', u.usage_start_time) AS usage_hour,
    sum(u.usage_quantity) AS dbu,
    sum(u.usage_quantity * p.pricing.default) AS list_cost
  FROM system.billing.usage u
  JOIN system.billing.list_prices p
    ON p.sku_name = u.sku_name
    AND u.usage_start_time >= p.price_start_time
    AND (p.price_end_time IS NULL OR u.usage_start_time < p.price_end_time)
  WHERE u.usage_date >= current_date() - INTERVAL 7 DAYS
    AND u.usage_metadata.warehouse_id IS NOT NULL
  GROUP BY u.usage_metadata.warehouse_id, date_trunc('HOUR', u.usage_start_time)
),
totals AS (
  SELECT warehouse_id, usage_hour, sum(task_ms) AS task_ms
  FROM history
  GROUP BY warehouse_id, usage_hour
)
SELECT
  CASE
    WHEN h.statement_id IS NULL THEN '(idle)'
    WHEN s.statement_id IS NULL THEN '(not traced)'
    ELSE coalesce(r.route, '(no route)')
  END AS route,
  count(h.statement_id) AS statements,
  sum(u.dbu * coalesce(h.task_ms / t.task_ms, 1)) AS dbu,
  sum(u.list_cost * coalesce(h.task_ms / t.task_ms, 1)) AS list_cost
FROM usage u
LEFT JOIN totals t ON t.warehouse_id = u.warehouse_id AND t.usage_hour = u.usage_hour AND t.task_ms > 0
LEFT JOIN history h ON h.warehouse_id = t.warehouse_id AND h.usage_hour = t.usage_hour
LEFT JOIN statements s ON s.statement_id = h.statement_id
LEFT JOIN routes r ON r.trace_id = s.trace_id
GROUP BY 1
ORDER BY list_cost DESC, route
