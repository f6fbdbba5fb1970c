// Go's driver under database/sql. Prints one result a line, as JSON; described in test/clients/support/run-program.ts.
package main

import (
	"bufio"
	"context"
	"crypto/md5"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/ioutil"
	"os"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/go-sql-driver/mysql"
)

const columns = "id, big, huge, exact, approximate, day, moment, clock, made, name, story, bytes, choice, document"

var (
	input      = bufio.NewReader(os.Stdin)
	background = context.Background()
	tables     = []string{
		"DROP TABLE IF EXISTS items",
		"CREATE TABLE items (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(50) NOT NULL UNIQUE, server INT NOT NULL DEFAULT 0) CHARACTER SET utf8mb4",
		"DROP TABLE IF EXISTS kinds",
		`CREATE TABLE kinds (id INT PRIMARY KEY, big BIGINT, huge BIGINT UNSIGNED, exact DECIMAL(30,10), approximate DOUBLE, day DATE,
		   moment DATETIME(6), clock TIME(3), made YEAR, name VARCHAR(200), story LONGTEXT, bytes LONGBLOB, choice ENUM('red','green'), document JSON)
		   CHARACTER SET utf8mb4`,
		"DROP TABLE IF EXISTS digits",
		"CREATE TABLE digits (d INT PRIMARY KEY)",
		"INSERT INTO digits VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9)",
		"DROP TABLE IF EXISTS loaded",
		"CREATE TABLE loaded (id INT PRIMARY KEY, name VARCHAR(50) CHARACTER SET utf8mb4, server INT)",
	}
)

type line struct {
	Check  string      `json:"check"`
	Value  interface{} `json:"value"`
	Reader int         `json:"reader,omitempty"`
	Writer int         `json:"writer,omitempty"`
}

func printLine(value interface{}) {
	text, err := json.Marshal(value)
	must(err)
	fmt.Println(string(text))
}

func report(check string, value interface{}) { printLine(line{Check: check, Value: plain(value)}) }
func reportRead(check string, value interface{}, server int) {
	printLine(line{check, plain(value), server, 0})
}
func reportWrite(check string, value interface{}, server int) {
	printLine(line{check, plain(value), 0, server})
}

func reportFailure(check string, err error) {
	var failure *mysql.MySQLError
	switch {
	case err == nil:
		report(check, "no error")
	case errors.As(err, &failure):
		report(check, []interface{}{failure.Number, failure.Message})
	default:
		report(check, err.Error())
	}
}

func inSync() {
	printLine(map[string]bool{"sync": true})
	_, _ = input.ReadString('\n')
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func plain(value interface{}) interface{} {
	switch each := value.(type) {
	case []byte:
		return plain(string(each))
	case string:
		if len(each) > 200 {
			return fmt.Sprintf("text %d %x", len(each), md5.Sum([]byte(each)))
		}
		return fmt.Sprintf("%q", each)
	case int64, uint64:
		return fmt.Sprintf("%T %d", each, each)
	case time.Time:
		return each.UTC().Format(time.RFC3339Nano)
	case []interface{}:
		all := make([]interface{}, len(each))
		for index := range each {
			all[index] = plain(each[index])
		}
		return all
	}
	return value
}

func source(change func(*mysql.Config)) string {
	config := mysql.NewConfig()
	config.Net, config.Addr = "tcp", os.Getenv("DB_HOST")+":"+os.Getenv("DB_PORT")
	config.User, config.Passwd, config.DBName = os.Getenv("DB_USER"), os.Getenv("DB_PASSWORD"), os.Getenv("DB_NAME")
	config.Params = map[string]string{}
	if change != nil {
		change(config)
	}
	return config.FormatDSN()
}

func open(change func(*mysql.Config)) *sql.DB {
	db, err := sql.Open("mysql", source(change))
	must(err)
	return db
}

type queryer interface {
	QueryContext(context.Context, string, ...interface{}) (*sql.Rows, error)
}

// rows gives all rows of a statement as values of the driver.
func rows(db queryer, statement string, values ...interface{}) [][]interface{} {
	found, err := db.QueryContext(background, statement, values...)
	must(err)
	return drain(found)
}

func drain(found *sql.Rows) [][]interface{} {
	names, err := found.Columns()
	must(err)
	all := [][]interface{}{}
	for found.Next() {
		row, places := make([]interface{}, len(names)), make([]interface{}, len(names))
		for index := range row {
			places[index] = &row[index]
		}
		must(found.Scan(places...))
		all = append(all, row)
	}
	must(found.Err())
	return all
}

func asList(all [][]interface{}) []interface{} {
	list := make([]interface{}, len(all))
	for index := range all {
		list[index] = all[index]
	}
	return list
}

// server takes the last column of a row, which is its @@server_id.
func server(row []interface{}) ([]interface{}, int) {
	last := len(row) - 1
	var number int
	_, err := fmt.Sscan(strings.Trim(fmt.Sprintf("%s", fmt.Sprint(text(row[last]))), `"`), &number)
	must(err)
	return row[:last], number
}

func text(value interface{}) interface{} {
	if bytes, isBytes := value.([]byte); isBytes {
		return string(bytes)
	}
	return value
}

func connectionOptions() {
	db := open(func(config *mysql.Config) {
		config.Params["time_zone"] = "'+05:30'"
		config.Params["sql_mode"] = "'ANSI_QUOTES'"
		config.Params["transaction_isolation"] = "'READ-COMMITTED'"
		if os.Getenv("DB_FLAVOUR") == "mariadb" {
			delete(config.Params, "transaction_isolation")
			config.Params["tx_isolation"] = "'READ-COMMITTED'"
		}
		config.Collation, config.ClientFoundRows, config.ParseTime = "latin1_swedish_ci", true, true
	})
	defer db.Close()
	must(db.Ping())
	report("connection options", asList(rows(db, "SELECT @@time_zone, @@sql_mode, @@character_set_client, @@collation_connection, DATABASE()")))
	report("time", asList(rows(db, "SELECT FROM_UNIXTIME(86400), CAST(? AS DATETIME(6))", time.Unix(0, 123456000).UTC())))
	done, err := db.Exec("UPDATE digits SET d = d")
	must(err)
	affected, _ := done.RowsAffected()
	report("found rows", affected)
}

func transactions(db *sql.DB) {
	count := func(on queryer) (interface{}, int) {
		return server(rows(on, "SELECT COUNT(*), @@server_id FROM items")[0])
	}
	exec := func(tx *sql.Tx, statement string) error {
		_, err := tx.Exec(statement)
		return err
	}
	tx, err := db.Begin()
	must(err)
	must(exec(tx, "INSERT INTO items (name, server) VALUES ('rolled back', @@server_id)"))
	value, here := count(tx)
	reportWrite("inside", value, here)
	must(tx.Rollback())
	tx, err = db.BeginTx(background, &sql.TxOptions{Isolation: sql.LevelSerializable})
	must(err)
	must(exec(tx, "INSERT INTO items (name, server) VALUES ('kept', @@server_id)"))
	reportFailure("error inside", exec(tx, "INSERT INTO items (name) VALUES ('kept')"))
	must(exec(tx, "SAVEPOINT s"))
	must(exec(tx, "INSERT INTO items (name) VALUES ('not kept')"))
	must(exec(tx, "ROLLBACK TO s"))
	must(tx.Commit())
	reportFailure("after commit", tx.Commit())
	inSync()
	value, here = server(rows(db, "SELECT GROUP_CONCAT(name), MAX(server) FROM items")[0])
	reportWrite("written", value, here)
	value, here = count(db)
	reportRead("committed", value, here)
	tx, err = db.BeginTx(background, &sql.TxOptions{ReadOnly: true})
	must(err)
	value, _ = count(tx)
	report("read only", value)
	reportFailure("write in a read only transaction", exec(tx, "DELETE FROM items"))
	must(tx.Rollback())
}

func preparedStatements(db *sql.DB) {
	story := strings.Repeat("wöird 🌊 ", 20000)
	bytes := make([]byte, 70000)
	for index := range bytes {
		bytes[index] = byte(index * 7)
	}
	moment := time.Date(2024, 2, 29, 23, 59, 59, 123456000, time.UTC)
	insert, err := db.Prepare("INSERT INTO kinds (" + columns + ") VALUES (?" + strings.Repeat(", ?", 13) + ")")
	must(err)
	done, err := insert.Exec(1, int64(-1<<63), uint64(1<<64-1), "12345678901234567890.0123456789", 1.5e-300, moment, moment, "-100:00:05.000", 2024,
		"naïve – 漢字 – 🐬 – \"quotes\" 'single' \\ back", story, bytes, "green", `{"key": ["välue", 1, null]}`)
	must(err)
	affected, _ := done.RowsAffected()
	report("insert", affected)
	_, err = insert.Exec(append([]interface{}{2}, make([]interface{}, 13)...)...)
	must(err)
	must(insert.Close())
	inSync()
	query, err := db.Prepare("SELECT " + columns + ", @@server_id FROM kinds WHERE id = ?")
	must(err)
	for turn, id := range []int{1, 2, 1, 3} {
		found, err := query.Query(id)
		must(err)
		for _, row := range drain(found) {
			values, here := server(row)
			reportRead(fmt.Sprintf("select %d", turn), values, here)
		}
	}
	must(query.Close())
	found, err := db.Query("SELECT " + columns + " FROM kinds ORDER BY id")
	must(err)
	types, err := found.ColumnTypes()
	must(err)
	described := []interface{}{}
	for _, each := range types {
		precision, scale, hasScale := each.DecimalSize()
		nullable, _ := each.Nullable()
		described = append(described, []interface{}{each.Name(), each.DatabaseTypeName(), precision, scale, hasScale, nullable, each.ScanType().String()})
	}
	report("columns", described)
	report("the same as text", asList(drain(found)))
	_, err = db.Prepare("SELECT FROM")
	reportFailure("wrong statement", err)
	_, err = db.Exec("INSERT INTO items (name) VALUES (?)", "kept")
	reportFailure("duplicate", err)
	done, err = db.Exec("INSERT INTO items (name, server) VALUES (?, @@server_id), (?, @@server_id)", "id 1", "id 2")
	must(err)
	id, _ := done.LastInsertId()
	report("last insert id", asList(rows(db, "SELECT COUNT(*) FROM items WHERE id = ? AND name = 'id 1' FOR UPDATE", id)))
	interpolated := open(func(config *mysql.Config) { config.InterpolateParams = true })
	defer interpolated.Close()
	report("interpolated", asList(rows(interpolated, "SELECT ?, ?, ?, ?", 5, "it's \\", nil, []byte{0, 1, 255})))
}

func results(db *sql.DB) {
	numbers := "SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d AS n FROM digits a, digits b, digits c, digits e WHERE e.d < 3 ORDER BY n"
	found, err := db.Query(numbers)
	must(err)
	sum, n := 0, 0
	for found.Next() {
		must(found.Scan(&n))
		sum += n
	}
	report("streamed", sum)
	found, err = db.Query(numbers)
	must(err)
	found.Next()
	must(found.Scan(&n))
	report("beginning", n)
	must(found.Close())
	several := open(func(config *mysql.Config) { config.MultiStatements = true })
	defer several.Close()
	found, err = several.Query("SELECT 1; SELECT 2, 3; SELECT d FROM digits WHERE d > 7")
	must(err)
	all := []interface{}{asList(drain(found))}
	for found.NextResultSet() {
		all = append(all, asList(drain(found)))
	}
	report("several statements", all)
	must(found.Close())
	// The driver ends a statement whose time is over by closing its connection.
	short, cancel := context.WithTimeout(background, 200*time.Millisecond)
	defer cancel()
	_, err = db.ExecContext(short, "DO SLEEP(2)")
	reportFailure("cancelled", err)
	report("after it", asList(rows(db, "SELECT 1")))
}

func failures(db *sql.DB) {
	for _, statement := range []string{"SELEKT 1", "SELECT * FROM nowhere", "SELECT nothing FROM items", "INSERT INTO items (name) VALUES (NULL)"} {
		_, err := db.Exec(statement)
		reportFailure("error of "+statement, err)
	}
	wrong := open(func(config *mysql.Config) { config.Passwd = "wrong" })
	reportFailure("wrong password", wrong.Ping())
	missing := open(func(config *mysql.Config) { config.DBName = "missing_schema_1" })
	reportFailure("unknown database", missing.Ping())
}

// Connections of the pool are reset before they are used again only by what the driver asks for.
func pool() {
	db := open(nil)
	defer db.Close()
	db.SetMaxOpenConns(3)
	var group sync.WaitGroup
	var mutex sync.Mutex
	servers := []string{}
	for turn := 0; turn < 20; turn++ {
		group.Add(1)
		go func(turn int) {
			defer group.Done()
			_, here := server(rows(db, "SELECT ?, @@server_id", turn)[0])
			mutex.Lock()
			servers = append(servers, fmt.Sprint(here))
			mutex.Unlock()
		}(turn)
	}
	group.Wait()
	sort.Strings(servers)
	for index, each := range servers {
		var here int
		_, _ = fmt.Sscan(each, &here)
		reportRead(fmt.Sprintf("one of many %d", index), nil, here)
	}
	connection, err := db.Conn(background)
	must(err)
	_, err = connection.ExecContext(background, "SET @kept = 5")
	must(err)
	report("one connection", asList(rows(connection, "SELECT @kept")))
	_, err = connection.ExecContext(background, "CREATE TEMPORARY TABLE passing SELECT d FROM digits")
	must(err)
	report("temporary table", asList(rows(connection, "SELECT SUM(d) FROM passing")))
	report("lock", asList(rows(connection, "SELECT GET_LOCK('go', 1), RELEASE_LOCK('go')")))
	must(connection.Close())
}

func loadData(db *sql.DB) {
	file, err := ioutil.TempFile("", "weir-infile-")
	must(err)
	defer os.Remove(file.Name())
	for n := 0; n < 2000; n++ {
		fmt.Fprintf(file, "%d\tname %d ñ\n", n, n)
	}
	must(file.Close())
	mysql.RegisterLocalFile(file.Name())
	done, err := db.Exec("LOAD DATA LOCAL INFILE '" + file.Name() + "' INTO TABLE loaded CHARACTER SET utf8mb4 (id, name) SET server = @@server_id")
	must(err)
	affected, _ := done.RowsAffected()
	report("LOAD DATA LOCAL", affected)
	value, here := server(rows(db, "SELECT COUNT(*), MAX(name), MAX(server) FROM loaded FOR UPDATE")[0])
	reportWrite("loaded", value, here)
	_, err = db.Exec("LOAD DATA LOCAL INFILE '/missing/file' INTO TABLE loaded")
	reportFailure("file that is not allowed", err)
	report("after it", asList(rows(db, "SELECT 1")))
}

func main() {
	db := open(nil)
	for _, statement := range tables {
		_, err := db.Exec(statement)
		must(err)
	}
	inSync()
	connectionOptions()
	transactions(db)
	preparedStatements(db)
	results(db)
	failures(db)
	pool()
	loadData(db)
	must(db.Close())
	report("end", true)
}
