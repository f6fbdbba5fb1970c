import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.StringReader;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.BatchUpdateException;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.sql.Types;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** MariaDB Connector/J. Prints one result a line, as JSON; described in test/clients/support/run-program.ts. */
public final class Main {
    private static final String COLUMNS = "id, big, huge, exact, approximate, day, moment, clock, made, name, story, bytes, choice, document";
    private static final String[] TABLES = {
        "DROP TABLE IF EXISTS items",
        "CREATE TABLE items (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(50) NOT NULL UNIQUE, server INT NOT NULL DEFAULT 0) CHARACTER SET utf8mb4",
        "DROP TABLE IF EXISTS kinds",
        "CREATE TABLE kinds (id INT PRIMARY KEY, big BIGINT, huge BIGINT UNSIGNED, exact DECIMAL(30,10), approximate DOUBLE, day DATE,"
            + " moment DATETIME(6), clock TIME(3), made YEAR, name VARCHAR(200), story LONGTEXT, bytes LONGBLOB, choice ENUM('red','green'),"
            + " document JSON) CHARACTER SET utf8mb4",
        "DROP TABLE IF EXISTS digits",
        "CREATE TABLE digits (d INT PRIMARY KEY)",
        "INSERT INTO digits VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9)",
        "DROP TABLE IF EXISTS loaded",
        "CREATE TABLE loaded (id INT PRIMARY KEY, name VARCHAR(50) CHARACTER SET utf8mb4, server INT)",
    };
    private static final String NUMBERS =
        "SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d AS n FROM digits a, digits b, digits c, digits e WHERE e.d < 3 ORDER BY n";
    private static final BufferedReader INPUT = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    private static final PrintStream OUTPUT = new PrintStream(System.out, true, StandardCharsets.UTF_8);

    private interface Work {
        void run() throws Exception;
    }

    public static void main(String[] arguments) throws Exception {
        try (Connection c = connect("")) {
            for (String statement : TABLES) {
                execute(c, statement);
            }
            inSync();
            connectionOptions();
            transactions(c);
            statements(c, "client");
            try (Connection server = connect("&useServerPrepStmts=true")) {
                statements(server, "server");
                results(server);
            }
            batches("&rewriteBatchedStatements=true");
            batches("&useBatchMultiSend=true&useBulkStmts=true");
            batches("&useBatchMultiSend=false");
            errors();
            pool();
            loadData();
            metaData(c);
            procedures();
            sessionState(c);
        }
        report("end", true);
    }

    private static Connection connect(String options) throws SQLException {
        String url = "jdbc:mariadb://" + System.getenv("DB_HOST") + ":" + System.getenv("DB_PORT") + "/" + System.getenv("DB_NAME");
        String account = "?user=" + System.getenv("DB_USER") + "&password=" + System.getenv("DB_PASSWORD") + "&allowPublicKeyRetrieval=true";
        return DriverManager.getConnection(url + account + options);
    }

    private static void connectionOptions() throws Exception {
        String variables = "sql_mode='ANSI_QUOTES',group_concat_max_len=9,time_zone='%2B05:30'";
        try (Connection c = connect("&sessionVariables=" + variables.replace("%2B", "+") + "&useAffectedRows=true&connectTimeout=10000")) {
            report("connection options", rows(c, "SELECT @@sql_mode, @@group_concat_max_len, @@time_zone, DATABASE(), @@character_set_client"));
            report("affected", update(c, "UPDATE digits SET d = d"));
            c.setCatalog("app");
            report("catalog", rows(c, "SELECT DATABASE()"));
            c.setCatalog(System.getenv("DB_NAME"));
            report("valid", c.isValid(5));
            report("version", c.getMetaData().getDatabaseProductVersion().equals(rows(c, "SELECT VERSION()").get(0).get(0)));
        }
    }

    private static void transactions(Connection c) throws Exception {
        c.setAutoCommit(false);
        execute(c, "INSERT INTO items (name, server) VALUES ('rolled back', @@server_id)");
        reportWrite("inside", rows(c, "SELECT COUNT(*), @@server_id FROM items"));
        c.rollback();
        execute(c, "INSERT INTO items (name, server) VALUES ('kept', @@server_id)");
        reportFailure("error inside", () -> execute(c, "INSERT INTO items (name) VALUES ('kept')"));
        Savepoint savepoint = c.setSavepoint("s");
        execute(c, "INSERT INTO items (name) VALUES ('not kept')");
        c.rollback(savepoint);
        c.releaseSavepoint(savepoint);
        c.commit();
        c.setAutoCommit(true);
        inSync();
        reportWrite("written", rows(c, "SELECT GROUP_CONCAT(name), MAX(server) FROM items"));
        reportRead("after commit", rows(c, "SELECT COUNT(*), @@server_id FROM items"));
        for (int level : new int[] {Connection.TRANSACTION_SERIALIZABLE, Connection.TRANSACTION_READ_COMMITTED, Connection.TRANSACTION_REPEATABLE_READ}) {
            c.setTransactionIsolation(level);
            report("isolation " + level, c.getTransactionIsolation());
        }
        try (Connection readOnly = connect("&assureReadOnly=true")) {
            readOnly.setReadOnly(true);
            reportFailure("read only", () -> execute(readOnly, "INSERT INTO items (name) VALUES ('no')"));
            readOnly.setReadOnly(false);
            readOnly.setAutoCommit(false);
            execute(readOnly, "INSERT INTO items (name) VALUES ('never')");
        }
        report("rolled back by close", rows(c, "SELECT COUNT(*) FROM items WHERE name = 'never' FOR UPDATE"));
    }

    private static void statements(Connection c, String kind) throws Exception {
        execute(c, "DELETE FROM kinds");
        String story = "wöird 🌊 ".repeat(20_000);
        byte[] bytes = new byte[70_000];
        for (int index = 0; index < bytes.length; index++) {
            bytes[index] = (byte) (index * 7);
        }
        String marks = "?" + ", ?".repeat(13);
        try (PreparedStatement insert = c.prepareStatement("INSERT INTO kinds (" + COLUMNS + ") VALUES (" + marks + ")")) {
            insert.setInt(1, 1);
            insert.setLong(2, Long.MIN_VALUE);
            insert.setBigDecimal(3, new BigDecimal("18446744073709551615"));
            insert.setBigDecimal(4, new BigDecimal("12345678901234567890.0123456789"));
            insert.setDouble(5, 1.5e-300);
            insert.setString(6, "2024-02-29");
            insert.setTimestamp(7, java.sql.Timestamp.valueOf("2024-02-29 23:59:59.123456"));
            insert.setString(8, "-100:00:05.000");
            insert.setShort(9, (short) 2024);
            insert.setString(10, "naïve – 漢字 – 🐬 – \"quotes\" 'single' \\ back");
            insert.setCharacterStream(11, new StringReader(story));
            insert.setBinaryStream(12, new ByteArrayInputStream(bytes));
            insert.setString(13, "green");
            insert.setString(14, "{\"key\": [\"välue\", 1, null]}");
            report(kind + " insert", insert.executeUpdate());
            insert.setInt(1, 2);
            for (int index = 2; index <= 14; index++) {
                insert.setNull(index, Types.NULL);
            }
            report(kind + " nulls", insert.executeUpdate());
        }
        inSync();
        try (PreparedStatement select = c.prepareStatement("SELECT " + COLUMNS + ", @@server_id FROM kinds WHERE id = ?")) {
            for (int id : new int[] {1, 2, 1, 3}) {
                select.setInt(1, id);
                for (List<Object> row : drain(select.executeQuery())) {
                    reportRead(kind + " select " + id, List.of(row));
                }
            }
            report(kind + " columns", described(select.executeQuery().getMetaData()));
        }
        report(kind + " same as text", rows(c, "SELECT " + COLUMNS + " FROM kinds ORDER BY id"));
        reportFailure(kind + " wrong statement", () -> c.prepareStatement("SELECT FROM").executeQuery());
        execute(c, "DELETE FROM items WHERE name LIKE 'id %'");
        try (PreparedStatement insert = c.prepareStatement("INSERT INTO items (name) VALUES (?), (?)", Statement.RETURN_GENERATED_KEYS)) {
            insert.setString(1, "id 1");
            insert.setString(2, "id 2");
            insert.executeUpdate();
            ResultSet keys = insert.getGeneratedKeys();
            keys.next();
            report(kind + " generated key", rows(c, "SELECT name FROM items WHERE id = " + keys.getLong(1) + " FOR UPDATE"));
            reportFailure(kind + " duplicate", insert::executeUpdate);
        }
    }

    private static void results(Connection c) throws Exception {
        try (Statement statement = c.createStatement(ResultSet.TYPE_FORWARD_ONLY, ResultSet.CONCUR_READ_ONLY)) {
            statement.setFetchSize(7);
            ResultSet found = statement.executeQuery(NUMBERS);
            long sum = 0;
            while (found.next()) {
                sum += found.getLong("n");
            }
            report("streamed", sum);
            found = statement.executeQuery(NUMBERS);
            found.next();
            report("beginning", found.getInt(1));
            report("in between", rows(c, "SELECT COUNT(*) FROM digits"));
            found.next();
            report("going on", found.getInt(1));
            found.close();
            statement.setMaxRows(3);
            report("at most", drain(statement.executeQuery("SELECT d FROM digits ORDER BY d")));
        }
        try (Connection several = connect("&allowMultiQueries=true"); Statement statement = several.createStatement()) {
            List<Object> all = new ArrayList<>();
            boolean isResult = statement.execute("SELECT 1; INSERT INTO items (name) VALUES ('multi'); SELECT 2, 3");
            while (isResult || statement.getUpdateCount() != -1) {
                all.add(isResult ? drain(statement.getResultSet()) : (Object) statement.getUpdateCount());
                isResult = statement.getMoreResults();
            }
            report("several statements", all);
            reportFailure("the second fails", () -> several.createStatement().execute("SELECT 1; SELECT * FROM nowhere; SELECT 2"));
            report("after it", rows(several, "SELECT 1"));
        }
        // The driver ends a statement whose time is over with KILL QUERY from a connection of its own.
        try (Statement statement = c.createStatement()) {
            statement.setQueryTimeout(1);
            reportFailure("timeout", () -> statement.executeQuery("SELECT SLEEP(20) FROM digits"));
        }
        report("after the timeout", rows(c, "SELECT COUNT(*) FROM digits"));
    }

    private static void batches(String options) throws Exception {
        try (Connection c = connect(options)) {
            execute(c, "DELETE FROM items WHERE name LIKE 'batch%'");
            try (PreparedStatement insert = c.prepareStatement("INSERT INTO items (name, server) VALUES (?, @@server_id)")) {
                for (int n = 0; n < 200; n++) {
                    insert.setString(1, "batch " + n);
                    insert.addBatch();
                }
                report("batch" + options, insert.executeBatch().length);
                for (String name : new String[] {"batch a", "batch 7", "batch b"}) {
                    insert.setString(1, name);
                    insert.addBatch();
                }
                reportFailure("failing batch" + options, insert::executeBatch);
            }
            try (Statement statement = c.createStatement()) {
                statement.addBatch("INSERT INTO items (name) VALUES ('batch x')");
                statement.addBatch("UPDATE items SET server = server WHERE name LIKE 'batch%'");
                statement.addBatch("DELETE FROM items WHERE name = 'batch x'");
                report("mixed batch" + options, Arrays.toString(statement.executeBatch()));
            }
            reportWrite("written" + options, rows(c, "SELECT COUNT(*), MAX(server) FROM items WHERE name LIKE 'batch%' FOR UPDATE"));
        }
    }

    private static void errors() throws Exception {
        String[] statements = {"SELEKT 1", "SELECT * FROM nowhere", "SELECT nothing FROM items", "INSERT INTO items (name) VALUES (NULL)", "SELECT 1; SELECT 2"};
        try (Connection c = connect("")) {
            for (String statement : statements) {
                reportFailure("error of " + statement, () -> execute(c, statement));
            }
        }
        reportFailure("wrong password", () -> connect("&password=wrong").close());
        reportFailure("unknown database", () -> {
            try (Connection c = connect("")) {
                c.setCatalog("missing_schema_1");
            }
        });
    }

    private static void pool() throws Exception {
        for (int turn = 0; turn < 6; turn++) {
            try (Connection c = connect("&pool=true&maxPoolSize=2&poolName=reading")) {
                reportRead("pool " + turn, rows(c, "SELECT COUNT(*), @@server_id FROM digits"));
            }
            // Whether the driver resets what comes back is up to the server.
            try (Connection c = connect("&pool=true&maxPoolSize=1&poolName=leaving&useResetConnection=true")) {
                report("left in the pool " + turn, rows(c, "SELECT @left, @@time_zone"));
                execute(c, "SET @left = 'over', time_zone = '+03:00'");
                c.setAutoCommit(false);
                execute(c, "UPDATE digits SET d = d");
            }
        }
    }

    private static void loadData() throws Exception {
        Path file = Files.createTempFile("weir-infile-", ".tsv");
        StringBuilder text = new StringBuilder();
        for (int n = 0; n < 2000; n++) {
            text.append(n).append("\tname ").append(n).append(" ñ\n");
        }
        Files.writeString(file, text);
        try (Connection c = connect("&allowLocalInfile=true")) {
            String place = file.toString();
            String sql = "LOAD DATA LOCAL INFILE '" + place + "' INTO TABLE loaded CHARACTER SET utf8mb4 (id, name) SET server = @@server_id";
            report("LOAD DATA LOCAL", update(c, sql));
            reportWrite("loaded", rows(c, "SELECT COUNT(*), MAX(name), MAX(server) FROM loaded FOR UPDATE"));
        } finally {
            Files.delete(file);
        }
    }

    private static void metaData(Connection c) throws Exception {
        List<Object> names = new ArrayList<>();
        for (List<Object> row : drain(c.getMetaData().getColumns(System.getenv("DB_NAME"), null, "items", "%"))) {
            names.add(List.of(row.get(3), row.get(5), row.get(6)));
        }
        report("meta data", names);
        List<Object> keys = new ArrayList<>();
        for (List<Object> row : drain(c.getMetaData().getPrimaryKeys(System.getenv("DB_NAME"), null, "items"))) {
            keys.add(row.get(3));
        }
        report("primary key", keys);
    }

    private static void procedures() throws Exception {
        try (Connection c = connect("")) {
            execute(c, "DROP PROCEDURE IF EXISTS twice");
            execute(c, "CREATE PROCEDURE twice(IN n INT, OUT m INT) BEGIN SELECT n; SET m = n * 2; END");
            try (CallableStatement call = c.prepareCall("{call twice(?, ?)}")) {
                call.setInt(1, 21);
                call.registerOutParameter(2, Types.INTEGER);
                report("procedure", call.execute());
                report("its parameter", call.getInt(2));
            }
        }
    }

    private static void sessionState(Connection c) throws Exception {
        execute(c, "INSERT IGNORE INTO items (name) VALUES ('kept'), ('fresh')");
        report("warnings", rows(c, "SHOW WARNINGS"));
        execute(c, "SET @a = 5");
        report("user variables", rows(c, "SELECT @a, @b"));
        execute(c, "CREATE TEMPORARY TABLE passing SELECT d FROM digits");
        report("temporary table", rows(c, "SELECT SUM(d) FROM passing"));
        report("lock", rows(c, "SELECT GET_LOCK('java', 1), RELEASE_LOCK('java')"));
    }

    private static void execute(Connection c, String sql) throws SQLException {
        try (Statement statement = c.createStatement()) {
            statement.execute(sql);
        }
    }

    private static int update(Connection c, String sql) throws SQLException {
        try (Statement statement = c.createStatement()) {
            return statement.executeUpdate(sql);
        }
    }

    private static List<List<Object>> rows(Connection c, String sql) throws SQLException {
        try (Statement statement = c.createStatement()) {
            return drain(statement.executeQuery(sql));
        }
    }

    private static List<List<Object>> drain(ResultSet found) throws SQLException {
        List<List<Object>> all = new ArrayList<>();
        int count = found.getMetaData().getColumnCount();
        while (found.next()) {
            List<Object> row = new ArrayList<>();
            for (int column = 1; column <= count; column++) {
                // A date or a time as the driver's text: its objects depend on the place of the machine.
                Object value = found.getObject(column);
                row.add(value instanceof java.util.Date ? found.getString(column) : value);
            }
            all.add(row);
        }
        return all;
    }

    private static List<Object> described(ResultSetMetaData data) throws SQLException {
        List<Object> all = new ArrayList<>();
        for (int column = 1; column <= data.getColumnCount(); column++) {
            all.add(List.of(data.getColumnName(column), data.getColumnTypeName(column), data.getPrecision(column), data.isNullable(column)));
        }
        return all;
    }

    private static void inSync() throws Exception {
        OUTPUT.println("{\"sync\":true}");
        INPUT.readLine();
    }

    private static void report(String check, Object value) {
        OUTPUT.println("{\"check\":" + json(check) + ",\"value\":" + json(value) + "}");
    }

    /** The last column of the one row is the @@server_id of what a replica may answer. */
    private static void reportRead(String check, List<List<Object>> rows) {
        reportPlaced(check, rows, "reader");
    }

    /** The last column of the one row is the @@server_id of what only the primary may answer. */
    private static void reportWrite(String check, List<List<Object>> rows) {
        reportPlaced(check, rows, "writer");
    }

    private static void reportPlaced(String check, List<List<Object>> rows, String place) {
        List<Object> row = rows.get(0);
        int last = row.size() - 1;
        OUTPUT.println("{\"check\":" + json(check) + ",\"value\":" + json(row.subList(0, last)) + ",\"" + place + "\":" + row.get(last) + "}");
    }

    private static void reportFailure(String check, Work work) throws Exception {
        try {
            work.run();
            report(check, "no error");
        } catch (BatchUpdateException error) {
            report(check, List.of(error.getErrorCode(), error.getSQLState(), Arrays.toString(error.getUpdateCounts()), told(error)));
        } catch (SQLException error) {
            report(check, Arrays.asList(error.getClass().getSimpleName(), error.getErrorCode(), error.getSQLState(), told(error)));
        }
    }

    /** Without the number of the connection. */
    private static String told(SQLException error) {
        return error.getMessage().replaceAll("conn=\\d+", "conn").replaceAll("port=\\d+", "port").replaceAll(":\\d{4,5}\\b", "");
    }

    private static String json(Object value) {
        if (value == null || value instanceof Boolean || value instanceof Integer) {
            return String.valueOf(value);
        }
        if (value instanceof List<?> list) {
            StringBuilder text = new StringBuilder("[");
            for (Object each : list) {
                text.append(text.length() == 1 ? "" : ",").append(json(each));
            }
            return text.append("]").toString();
        }
        if (value instanceof byte[] bytes) {
            return json("bytes " + bytes.length + " " + Arrays.hashCode(bytes));
        }
        String text = value instanceof String ? (String) value : value.getClass().getSimpleName() + " " + value;
        if (text.length() > 300) {
            text = "text " + text.length() + " " + text.hashCode();
        }
        return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t") + "\"";
    }
}
