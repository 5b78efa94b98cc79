module workload

go 1.23

require github.com/databricks/databricks-sql-go v1.14.0
