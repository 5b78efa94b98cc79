import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** Runs the workload with JDBC: host, port, path, warehouse id, token, CA file, workload file, 1 for Thrift or 0. */
public class Workload {
  public static void main(String[] args) throws Exception {
    String url =
        "jdbc:databricks://" + args[0] + ":443/default;transportMode=http;ssl=1;AllowSelfSignedCerts=1;AuthMech=3"
            + ";UseProxy=1;ProxyHost=127.0.0.1;ProxyPort=" + args[1]
            + ";UID=token;PWD=" + args[4] + ";httpPath=/sql/1.0/warehouses/" + args[3]
            + ";UseThriftClient=" + args[7] + ";ForceEnableTelemetry=1;TelemetryBatchSize=1";
    Connection connection = DriverManager.getConnection(url);
    Statement statement = connection.createStatement();
    for (String line : Files.readAllLines(Path.of(args[6]))) {
      String[] step = line.split("\t", -1);
      try {
        System.out.println(step[0] + "\tok\t" + run(connection, statement, step[1], step[2]));
      } catch (Exception error) {
        System.out.println(step[0] + "\terror\t" + String.valueOf(error.getMessage()).replaceAll("\\s+", " "));
      }
    }
    // The driver's own threads do not end by themselves.
    System.exit(0);
  }

  private static String run(Connection connection, Statement statement, String kind, String text) throws SQLException {
    switch (kind) {
      case "sum":
        return sum(statement.executeQuery(text));
      case "parameter":
        try (PreparedStatement prepared = connection.prepareStatement(text)) {
          prepared.setInt(1, 5);
          return sum(prepared.executeQuery());
        }
      case "change":
        return String.valueOf(statement.executeUpdate(text));
      case "metadata":
        return shape(metadata(connection.getMetaData(), text));
      case "execute":
        if (text.isEmpty()) {
          statement.close();
          connection.close();
        } else {
          statement.execute(text);
        }
        return "";
      default:
        return shape(statement.executeQuery(text));
    }
  }

  private static ResultSet metadata(DatabaseMetaData metadata, String call) throws SQLException {
    switch (call) {
      case "catalogs":
        return metadata.getCatalogs();
      case "schemas":
        return metadata.getSchemas("main", null);
      case "tables":
        return metadata.getTables("main", "sales", null, null);
      default:
        return metadata.getColumns("main", "sales", "orders", null);
    }
  }

  private static String sum(ResultSet rows) throws SQLException {
    long sum = 0;
    while (rows.next()) {
      sum += rows.getLong(1);
    }
    return String.valueOf(sum);
  }

  private static String shape(ResultSet rows) throws SQLException {
    int columns = rows.getMetaData().getColumnCount();
    int count = 0;
    while (rows.next()) {
      for (int index = 1; index <= columns; index++) {
        rows.getObject(index);
      }
      count++;
    }
    return count + " x " + columns;
  }
}
