import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import mariadb from 'mariadb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { APP, type Cluster, locateBinary, startCluster } from '../support/servers/index.js';
import { findProgram } from '../support/servers/locate.js';
import { WITNESS_TABLE } from '../support/statements.js';
import { type RunningWeir, startWeir } from '../support/weir.js';

const runFile = promisify(execFile);
/** Where the environment names flavours, everything that tests need is expected to be there. */
const IS_DEMANDED = (process.env['WEIR_TEST_FLAVOURS'] ?? '') !== '';

describeEachFlavour('clients', (flavour) => {
  let cluster: Cluster;
  let weir: RunningWeir;

  beforeAll(async () => {
    cluster = await startCluster({ flavour, replicas: 1 });
    await cluster.execute(WITNESS_TABLE, 'CREATE TABLE app.batch (id INT PRIMARY KEY, name VARCHAR(40), server INT)');
    weir = await startWeir({ cluster });
  });
  afterAll(async () => {
    await weir?.kill();
    await cluster?.stop();
  });

  const login = () => ['--no-defaults', '-h127.0.0.1', `-P${weir.port}`, `-u${APP.username}`, `-p${APP.password}`];

  /** A program that this machine may lack: skipped then, unless the environment demands it. */
  function programOr(skip: () => void, name: string, found: string | null): string {
    if (found === null && IS_DEMANDED) throw new Error(`${name} is not on this machine; WEIR_TEST_FLAVOURS demands it`);
    if (found === null) skip();
    return found ?? name;
  }

  function mysqlClient(): string | null {
    const server = locateBinary('mysql');
    return server === null ? null : findProgram(['mysql'], path.join(path.dirname(server.path), 'mysql'));
  }

  const serverOf = async (program: string, ...args: readonly string[]): Promise<string> =>
    (await runFile(program, [...login(), '-N', '-B', ...args, 'app'])).stdout.trim();

  it('mysql2: text and prepared statements', async () => {
    const connection = await weir.connect();
    const [inserted] = await connection.execute('INSERT INTO witness (note, server) VALUES (?, @@server_id)', ['mysql2']);
    expect(inserted).toMatchObject({ affectedRows: 1 });
    await cluster.waitInSync();
    const [text] = await connection.query("SELECT note, server, @@server_id AS here FROM witness WHERE note = 'mysql2'");
    const [prepared] = await connection.execute('SELECT note, server, @@server_id AS here FROM witness WHERE note = ?', ['mysql2']);
    expect(text).toEqual([{ note: 'mysql2', server: 1, here: 2 }]);
    expect(prepared).toEqual(text);
    await connection.end();
  });

  it('MariaDB connector: text, prepared statements and batches', async () => {
    const { username: user, password } = APP;
    const connection = await mariadb.createConnection({
      host: weir.host,
      port: weir.port,
      user,
      password,
      database: 'app',
      allowPublicKeyRetrieval: true,
    });
    const names = Array.from({ length: 50 }, (_, id) => [id, `name ${id}`]);
    const done = await connection.batch('INSERT INTO batch VALUES (?, ?, @@server_id)', names);
    // One result for all from a MariaDB server, which knows bulk execution, and one a row from MySQL.
    expect([done].flat().reduce((sum, result) => sum + result.affectedRows, 0)).toBe(50);
    await cluster.waitInSync();
    const sql = 'SELECT name, server, @@server_id AS here FROM batch WHERE id = ?';
    for (const rows of [await connection.query(sql, [7]), await connection.execute(sql, [7])]) {
      expect(Array.from(rows, (row: object) => ({ ...row }))).toEqual([{ name: 'name 7', server: 1, here: expect.anything() }]);
      expect(Number(rows[0].here)).toBe(2);
    }
    await connection.end();
  });

  it('mysql: caching_sha2_password over TLS, and without TLS by RSA', async ({ skip }) => {
    const program = programOr(() => skip(), 'mysql', mysqlClient());
    for (const args of [['--ssl-mode=REQUIRED'], ['--ssl-mode=DISABLED', '--get-server-public-key']]) {
      expect(await serverOf(program, ...args, '-e', 'SELECT @@server_id')).toBe('2');
      expect(await serverOf(program, ...args, '-e', 'BEGIN; SELECT @@server_id; COMMIT')).toBe('1');
    }
    await expect(serverOf(program, '--ssl-mode=REQUIRED', '-pwrong', '-e', 'SELECT 1')).rejects.toThrow(/ERROR 1045 \(28000\)/);
  });

  it('mariadb', async ({ skip }) => {
    const program = programOr(() => skip(), 'mariadb', findProgram(['mariadb']));
    expect(await serverOf(program, '-e', 'SELECT @@server_id')).toBe('2');
    expect(await serverOf(program, '-e', 'SELECT @@server_id FROM dual FOR UPDATE')).toBe('1');
  });

  it('mariadb-dump', async ({ skip }) => {
    const program = programOr(() => skip(), 'mariadb-dump', findProgram(['mariadb-dump']));
    const { stdout } = await runFile(program, [...login(), '--single-transaction', '--skip-extended-insert', 'app', 'batch']);
    expect(stdout.match(/^INSERT INTO `batch`/gm)).toHaveLength(50);
    expect(stdout).toContain('-- Dump completed');
  });

  for (const mode of ['disable', 'auto']) {
    it(`sysbench oltp_read_write (prepared statements: ${mode})`, async ({ skip }) => {
      const program = programOr(() => skip(), 'sysbench', findProgram(['sysbench']));
      const common = ['oltp_read_write', '--db-driver=mysql', `--mysql-host=${weir.host}`, `--mysql-port=${weir.port}`];
      const account = [`--mysql-user=${APP.username}`, `--mysql-password=${APP.password}`, '--mysql-db=sbtest'];
      const args = [...common, ...account, '--tables=2', '--table-size=1000', '--rand-type=uniform', `--db-ps-mode=${mode}`];
      await runFile(program, [...args, 'prepare']);
      await cluster.waitInSync();
      const { stdout } = await runFile(program, [...args, '--threads=4', '--time=3', '--mysql-ignore-errors=1205,1213', 'run']);
      expect(Number(/^ +transactions: +(\d+)/m.exec(stdout)?.[1])).toBeGreaterThan(20);
      expect(Number(/^ +reconnects: +(\d+)/m.exec(stdout)?.[1])).toBe(0);
      await runFile(program, [...args, 'cleanup']);
    });
  }
});
