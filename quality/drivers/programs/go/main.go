// Runs the workload with the Go driver: host, port, path, warehouse id, token, CA file, workload file.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"

	dbsql "github.com/databricks/databricks-sql-go"
)

func main() {
	certificate, _ := os.ReadFile(os.Args[6])
	authorities := x509.NewCertPool()
	authorities.AppendCertsFromPEM(certificate)
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{RootCAs: authorities}
	connector, err := dbsql.NewConnector(
		dbsql.WithServerHostname(os.Args[1]),
		dbsql.WithPort(443),
		dbsql.WithHTTPPath(os.Args[3]),
		dbsql.WithAccessToken(os.Args[5]),
		dbsql.WithTransport(transport),
		dbsql.WithCloudFetch(true),
	)
	if err != nil {
		panic(err)
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(1)
	steps, _ := os.ReadFile(os.Args[7])
	for _, line := range strings.Split(strings.TrimSuffix(string(steps), "\n"), "\n") {
		step := strings.Split(line, "\t")
		if step[1] == "metadata" {
			fmt.Printf("%s\tabsent\t\n", step[0])
			continue
		}
		answer, err := run(db, step[1], step[2])
		if err != nil {
			fmt.Printf("%s\terror\t%s\n", step[0], strings.Join(strings.Fields(err.Error()), " "))
		} else {
			fmt.Printf("%s\tok\t%s\n", step[0], answer)
		}
	}
}

func run(db *sql.DB, kind string, text string) (string, error) {
	switch kind {
	case "sum":
		return sum(db.Query(text))
	case "parameter":
		return sum(db.Query(text, 5))
	case "shape":
		return shape(db.Query(text))
	case "change":
		result, err := db.Exec(text)
		if err != nil {
			return "", err
		}
		count, err := result.RowsAffected()
		return strconv.FormatInt(count, 10), err
	}
	if text == "" {
		return "", db.Close()
	}
	_, err := db.Exec(text)
	return "", err
}

func sum(rows *sql.Rows, err error) (string, error) {
	if err != nil {
		return "", err
	}
	defer rows.Close()
	var total int64
	for rows.Next() {
		var value int64
		if err := rows.Scan(&value); err != nil {
			return "", err
		}
		total += value
	}
	return strconv.FormatInt(total, 10), rows.Err()
}

func shape(rows *sql.Rows, err error) (string, error) {
	if err != nil {
		return "", err
	}
	defer rows.Close()
	count, columns := 0, 0
	for rows.Next() {
		names, err := rows.Columns()
		if err != nil {
			return "", err
		}
		columns = len(names)
		values := make([]any, columns)
		targets := make([]any, columns)
		for index := range values {
			targets[index] = &values[index]
		}
		if err := rows.Scan(targets...); err != nil {
			return "", err
		}
		count++
	}
	return fmt.Sprintf("%d x %d", count, columns), rows.Err()
}
