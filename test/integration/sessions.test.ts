import type { Connection, ResultSetHeader } from 'mysql2/promise';
import { beforeEach, expect, it } from 'vitest';
import { Bed } from '../support/bed.js';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { withRoot } from '../support/servers/index.js';
import { numberOf, rowsOf, until } from '../support/statements.js';

describeEachFlavour('two sessions over few connections', (flavour) => {
  const bed = new Bed(flavour, {
    schema: ['CREATE TABLE app.numbers (id INT AUTO_INCREMENT PRIMARY KEY, n INT)'],
    maxConnections: 2,
    mysqlVariables: { connect_timeout_server_max: 3000 },
  });
  let first: Connection;
  let second: Connection;

  beforeEach(async () => {
    first = await bed.connect();
    second = await bed.connect();
  });

  it('have their own user variables', async () => {
    await first.query('SET @a = 1');
    await second.query('SET @a = 2');
    for (let turn = 0; turn < 5; turn++) {
      expect(await numberOf(first, 'SELECT @a')).toBe(1);
      expect(await numberOf(second, 'SELECT @a')).toBe(2);
    }
  });

  it('have their own temporary tables, gone with them', async () => {
    await first.query('CREATE TEMPORARY TABLE own (a INT)');
    await first.query('INSERT INTO own VALUES (7)');
    await expect(second.query('SELECT * FROM own FOR UPDATE')).rejects.toMatchObject({ errno: 1146 });
    expect(await numberOf(first, 'SELECT a FROM own')).toBe(7);
    await first.end();
    for (let turn = 0; turn < 4; turn++) await expect(second.query('SELECT * FROM own FOR UPDATE')).rejects.toMatchObject({ errno: 1146 });
  });

  it('do not take an id that an ended session has left for their own, when they give the same by hand', async () => {
    const onBoth = (text: string) => Promise.all([first, second].map((client) => client.query(`SELECT ${text}, SLEEP(0.1) FOR UPDATE`)));
    await onBoth('LAST_INSERT_ID(70)');
    await Promise.all([first.end(), second.end()]);
    const third = await bed.connect();
    const [{ insertId }] = await third.query<ResultSetHeader>('INSERT INTO app.numbers (id, n) VALUES (70, 1)');
    expect(insertId).toBe(70);
    [first, second] = [await bed.connect(), await bed.connect()];
    await onBoth('1');
    expect(await numberOf(third, 'SELECT LAST_INSERT_ID()')).toBe(0);
    // Nor when it is not known yet whether the one before was by hand.
    await onBoth('LAST_INSERT_ID(72)');
    await Promise.all([first.end(), second.end()]);
    for (const id of [71, 72]) await third.query('INSERT INTO app.numbers (id, n) VALUES (?, 1)', [id]);
    [first, second] = [await bed.connect(), await bed.connect()];
    await onBoth('1');
    expect(await numberOf(third, 'SELECT LAST_INSERT_ID()')).toBe(0);
  });

  it('have their own roles, gone with them', async () => {
    await withRoot(bed.cluster.primary, async (root) => {
      for (const statement of ['CREATE ROLE reading', 'GRANT SELECT ON mysql.* TO reading', "GRANT reading TO app@'%'"])
        await root.query(statement);
    });
    const none = { role: flavour === 'mysql' ? 'NONE' : null };
    const roleOf = async (client: Connection) => (await rowsOf(client, 'SELECT CURRENT_ROLE() AS role FOR UPDATE'))[0];
    await first.query('SET ROLE reading');
    expect((await roleOf(first))?.['role']).toContain('reading');
    expect(await roleOf(second)).toEqual(none);
    await first.query('CREATE PROCEDURE app.take_role() SQL SECURITY INVOKER SET ROLE reading');
    await first.end();
    for (let turn = 0; turn < 4; turn++) expect(await roleOf(second)).toEqual(none);
    const third = await bed.connect();
    await third.query('CALL app.take_role()');
    await third.end();
    const others = [await bed.connect(), await bed.connect()];
    for (let turn = 0; turn < 4; turn++) for (const other of others) expect(await roleOf(other)).toEqual(none);
    await expect(second.query('SELECT * FROM mysql.user FOR UPDATE')).rejects.toMatchObject({ errno: 1142 });
  });

  it('have roles that follow them, to readers too, and lose them with all others', async () => {
    const [primary, replica] = bed.cluster.servers;
    const read = 'SELECT CURRENT_ROLE() AS role, @@server_id AS server';
    const seen = async (client: Connection, text = read) => Object.values((await rowsOf(client, text))[0] ?? {}).map(String);
    const named = expect.stringContaining('lately');
    await withRoot(primary!, async (root) => {
      for (const statement of ['CREATE ROLE lately', 'GRANT SELECT ON mysql.* TO lately', "GRANT lately TO app@'%'"])
        await root.query(statement);
      await until('the replica knows the role', async () => {
        const grants = await withRoot(replica!, (of) => rowsOf(of, "SHOW GRANTS FOR app@'%'"));
        return grants.some((grant) => Object.values(grant).join().includes('lately'));
      });
      await first.query('SET ROLE lately');
      expect(await seen(first)).toEqual([named, String(replica!.serverId)]);
      // Nobody keeps a connection: both sessions take the same ones.
      for (const client of [second, first, second]) await Promise.all([client.query('SELECT SLEEP(0.01) FOR UPDATE'), seen(client)]);
      expect(await seen(first, `${read} FOR UPDATE`)).toEqual([named, String(primary!.serverId)]);
      await expect(second.query('SELECT * FROM mysql.user')).rejects.toMatchObject({ errno: 1142 });
      expect(await numberOf(first, 'SELECT COUNT(*) > 0 FROM mysql.user')).toBe(1);
      await root.query('SET sql_log_bin = 0');
      await root.query('CREATE ROLE unheard');
      await root.query("GRANT unheard TO app@'%'");
      await second.query('SET ROLE unheard');
      for (let turn = 0; turn < 3; turn++) {
        expect((await seen(second))[0]).toContain('unheard');
        expect((await seen(first))[0]).toEqual(named);
      }
      for (const role of ['lately', 'unheard']) await root.query(`DROP ROLE ${role}`);
    });
    for (const client of [second, first, second, first]) expect(await numberOf(client, 'SELECT 7 FOR UPDATE')).toBe(7);
    await expect(first.query('SELECT * FROM mysql.user FOR UPDATE')).rejects.toMatchObject({ errno: 1142 });
  });

  it.runIf(flavour === 'mysql')('leave no resource group behind', async () => {
    const idsOf = async (root: Connection) =>
      (await rowsOf(root, 'SHOW PROCESSLIST')).filter((row) => row['User'] === 'app').map((row) => row['Id']);
    await withRoot(bed.cluster.primary, async (root) => {
      await root.query('CREATE RESOURCE GROUP own_group TYPE = USER');
      await root.query("GRANT RESOURCE_GROUP_USER ON *.* TO app@'%'");
      await first.query('SET RESOURCE GROUP own_group');
      const before = await idsOf(root);
      await first.end();
      // No reset takes a connection out of it.
      await until('the connection is closed', async () => (await idsOf(root)).length === before.length - 1);
    });
  });

  it('have their own insert ids, row counts and warnings', async () => {
    for (let turn = 0; turn < 8; turn++) {
      const [one] = await first.query<ResultSetHeader>('INSERT INTO numbers (n) VALUES (1)');
      const [two] = await second.query<ResultSetHeader>('INSERT INTO numbers (n) VALUES (2), (3)');
      expect(two.insertId).toBeGreaterThan(one.insertId);
      expect(await numberOf(first, 'SELECT LAST_INSERT_ID()')).toBe(one.insertId);
      expect(await numberOf(second, 'SELECT LAST_INSERT_ID()')).toBe(two.insertId);
      await first.query(`UPDATE numbers SET n = n + 1 WHERE id IN (${one.insertId}, ${two.insertId}, 0)`);
      await second.query(`UPDATE numbers SET n = n + 1 WHERE id = ${one.insertId}`);
      expect(await numberOf(first, 'SELECT ROW_COUNT()')).toBe(2);
      expect(await numberOf(second, 'SELECT ROW_COUNT()')).toBe(1);
      await first.query("SELECT CAST('first' AS SIGNED)");
      await second.query("SELECT CAST('second' AS SIGNED)").catch(() => {});
      expect((await rowsOf(first, 'SHOW WARNINGS'))[0]?.['Message']).toContain('first');
    }
  });

  it('see no diagnostics of each other before they have any', async () => {
    const asked = 'SELECT ROW_COUNT() AS changed, FOUND_ROWS() AS found';
    for (let turn = 0; turn < 4; turn++) {
      const other = await bed.connect();
      await first.query('INSERT INTO numbers (n) VALUES (1), (2)');
      await first.query("SELECT CAST('no number' AS SIGNED) UNION SELECT 2 FOR UPDATE");
      if (turn % 2 === 0) expect(await rowsOf(other, 'SHOW WARNINGS')).toEqual([]);
      expect(await rowsOf(other, asked)).toMatchObject([turn % 2 === 0 ? {} : { changed: 0, found: 0 }]);
      await other.reset();
      expect(await rowsOf(other, 'SHOW WARNINGS')).toEqual([]);
      other.destroy();
    }
  });

  it('have their own character sets and collations, and share connections all the same', async () => {
    const asked =
      'SELECT @@server_id AS server, @@collation_connection AS connection, @@collation_server AS other, @@character_set_server AS set_';
    const [before] = await rowsOf(second, asked);
    // What Perl's DBD::MariaDB sends at each connect.
    await first.query("SET NAMES 'utf8mb4'");
    await first.query("SET character_set_server = 'latin1'");
    await first.query("SET collation_connection = 'utf8mb4_unicode_ci'");
    await first.query("SET collation_server = 'utf8mb4_bin'");
    const changed = { server: before!['server'], connection: 'utf8mb4_unicode_ci', other: 'utf8mb4_bin', set_: 'utf8mb4' };
    for (let turn = 0; turn < 4; turn++) {
      expect(await rowsOf(first, asked)).toEqual([changed]);
      expect(await rowsOf(second, asked)).toEqual([before]);
    }
    await first.query("SET character_set_server = 'latin1'");
    expect(await rowsOf(first, asked)).toEqual([{ ...changed, other: 'latin1_swedish_ci', set_: 'latin1' }]);
    expect(await rowsOf(second, asked)).toEqual([before]);
    expect(before!['server']).toBe(bed.cluster.replicas[0]!.serverId);
  });

  it('get other servers again when their temporary tables, handlers, locks and XA transactions have ended', async () => {
    // Names a variable, so it stays with what is kept.
    const reads = async (): Promise<number> => numberOf(first, 'SELECT @@server_id, @none');
    const [primary, replica] = [bed.cluster.primary.serverId, bed.cluster.replicas[0]!.serverId];
    const begin = ['CREATE TEMPORARY TABLE own (a INT)', 'HANDLER numbers OPEN', "SELECT GET_LOCK('l', 0)", "XA START 'x'"];
    const end = ['DROP TABLE own', 'HANDLER numbers CLOSE', "SELECT RELEASE_LOCK('l')", "XA END 'x'; XA COMMIT 'x' ONE PHASE"];
    begin.push("PREPARE p FROM 'SELECT 1'", "PREPARE p FROM 'CREATE TEMPORARY TABLE made (a INT)'; EXECUTE p; DEALLOCATE PREPARE p");
    end.push('EXECUTE p; DEALLOCATE PREPARE p', 'DROP TABLE made');
    for (const [index, statement] of begin.entries()) {
      for (const text of statement.split('; ')) await first.query(text);
      expect(await reads(), statement).toBe(primary);
      for (const text of end[index]!.split('; ')) await first.query(text);
      expect(await reads(), end[index]).toBe(replica);
    }
    await first.execute('SELECT GET_LOCK(?, ?)', ['l', 0]);
    expect(await reads()).toBe(primary);
    await first.execute('SELECT RELEASE_LOCK(?)', ['l']);
    expect(await reads()).toBe(replica);
    await first.query('CREATE TEMPORARY TABLE own (a INT)');
    await first.query('ALTER TABLE own RENAME TO other');
    await expect(first.query('DROP TABLE own')).rejects.toMatchObject({ errno: 1051 });
    expect(await reads()).toBe(primary);
    await first.execute('DROP TEMPORARY TABLE other');
    expect(await reads()).toBe(primary);
  });

  it('keep locks of tables behind the end of a lock for a backup, and the other way round, gone with them', async () => {
    const isMysql = flavour === 'mysql';
    if (isMysql) await withRoot(bed.cluster.primary, (root) => root.query("GRANT BACKUP_ADMIN ON *.* TO app@'%'"));
    const turns = [
      {
        lock: 'LOCK TABLES numbers WRITE',
        other: isMysql ? 'UNLOCK INSTANCE' : 'BACKUP UNLOCK',
        unlock: 'UNLOCK TABLES',
        waits: 'INSERT INTO numbers (n) VALUES (0)',
      },
      isMysql
        ? { lock: 'LOCK INSTANCE FOR BACKUP', other: 'UNLOCK TABLES', unlock: 'UNLOCK INSTANCE', waits: 'TRUNCATE numbers' }
        : { lock: 'BACKUP STAGE START', other: 'UNLOCK TABLES', unlock: 'BACKUP STAGE END', waits: 'BACKUP STAGE START' },
    ];
    for (const { lock, other, unlock, waits } of turns) {
      await first.query(lock);
      await first.query(other);
      // What was let go would be taken now.
      await second.query('SET lock_wait_timeout = 1');
      await expect(second.query(waits), lock).rejects.toMatchObject({ errno: 1205 });
      await first.query(unlock);
      await second.query(waits);
      await second.query(lock).catch(() => undefined);
      await second.end();
      second = await bed.connect();
      await second.query('SET lock_wait_timeout = 10');
      await second.query(waits);
    }
  });

  it('get nothing that a trigger has set before its statement failed', async () => {
    const guards = [
      { table: 'guarded', fails: "SIGNAL SQLSTATE '45000'", errno: 1644 },
      // What else says that a statement was refused before it began.
      { table: 'misspelt', fails: 'INSERT INTO app.numbers (nosuch) VALUES (1)', errno: 1054 },
    ];
    await withRoot(bed.cluster.primary, async (root) => {
      for (const { table, fails } of guards) {
        await root.query(`CREATE TABLE app.${table} (a INT PRIMARY KEY)`);
        await root.query(
          `CREATE TRIGGER app.guard_${table} BEFORE INSERT ON app.${table} FOR EACH ROW BEGIN ` +
            `SET @leak = 7; SET SESSION sort_buffer_size = 77777; ${fails}; END`,
        );
      }
    });
    const third = await bed.connect();
    const shows = '/* weir:writer */ SELECT @leak AS leak, @@sort_buffer_size AS size';
    const [before] = await rowsOf(second, shows);
    for (const { table, errno } of [...guards, ...guards]) {
      await expect(first.query(`INSERT INTO ${table} VALUES (1)`)).rejects.toMatchObject({ errno });
      // The one keeps one connection, and the other gets the other.
      await second.query('BEGIN');
      expect(await rowsOf(second, shows)).toEqual([before]);
      expect(await rowsOf(third, shows)).toEqual([before]);
      // Nor does the session itself, begun again: nothing that it keeps is cleaned by that.
      await expect(first.query(`INSERT INTO ${table} VALUES (1)`)).rejects.toMatchObject({ errno });
      await first.reset();
      expect(await rowsOf(first, shows)).toEqual([before]);
      await second.query('COMMIT');
    }
  });

  it('see each other only after COMMIT', async () => {
    await first.query('BEGIN');
    const [{ insertId }] = await first.query<ResultSetHeader>('INSERT INTO numbers (n) VALUES (100)');
    const count = `/* weir:writer */ SELECT COUNT(*) FROM numbers WHERE id = ${insertId}`;
    expect(await numberOf(second, count)).toBe(0);
    expect(await numberOf(first, count)).toBe(1);
    await first.query('COMMIT');
    expect(await numberOf(second, count)).toBe(1);
  });
});
