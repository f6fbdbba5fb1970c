import { renameSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import type { Connection } from 'mysql2/promise';
import { describe, expect, it } from 'vitest';
import { rowsOf, until } from '../support/statements.js';
import { type RunningWeir, startWeir, startWeirAgain, type WeirOptions } from '../support/weir.js';

/** No server is needed to be controlled. */
const QUIET: WeirOptions = { mysqlVariables: { monitor_enabled: false, threads: 2 } };

async function withWeir(options: WeirOptions, work: (weir: RunningWeir, admin: Connection) => Promise<void>): Promise<void> {
  const weir = await startWeir(options);
  try {
    await work(weir, await weir.connectAdmin());
  } finally {
    await weir.kill();
  }
}

async function waitTimeout(admin: Connection): Promise<unknown> {
  return (await rowsOf(admin, 'SELECT @@mysql-wait_timeout AS v'))[0]?.['v'];
}

/** How a client that connects to the traffic port fares. */
function greeting(weir: RunningWeir): Promise<'greeted' | 'told to go' | 'cut off' | 'refused'> {
  return new Promise((resolve) => {
    const socket = net.connect(weir.port, '127.0.0.1');
    socket.once('data', (bytes) => {
      const isShutdown = bytes[4] === 0xff && bytes.readUInt16LE(5) === 1053;
      resolve(isShutdown ? 'told to go' : 'greeted');
      socket.destroy();
    });
    socket.once('close', () => resolve('cut off'));
    socket.once('error', () => resolve('refused'));
  });
}

describe('PROXYSQL STOP and START', () => {
  it('end and begin the traffic side while the admin port stays', async () => {
    await withWeir(QUIET, async (weir, admin) => {
      expect(await greeting(weir)).toBe('greeted');
      await admin.query('PROXYSQL STOP');
      expect(await greeting(weir)).toBe('refused');
      await expect(admin.query('PROXYSQL PAUSE')).rejects.toThrow('not running');
      await admin.query('SET mysql-wait_timeout = 77000');
      await admin.query('LOAD MYSQL VARIABLES TO RUNTIME');
      await admin.query('WEIR START');
      expect(await greeting(weir)).toBe('greeted');
      await expect(admin.query('PROXYSQL START')).rejects.toThrow('ProxySQL already started');
      expect(weir.logs.filter('worker started')).toHaveLength(4);
      await weir.stop();
    });
  });
});

describe('PROXYSQL STOP', () => {
  it('waits for nobody who has not logged in', async () => {
    await withWeir(QUIET, async (weir, admin) => {
      const silent = net.connect(weir.port, '127.0.0.1').on('error', () => undefined);
      await new Promise((resolve) => silent.once('data', resolve));
      const begun = performance.now();
      await admin.query('PROXYSQL STOP');
      expect(performance.now() - begun).toBeLessThan(3_000);
      silent.destroy();
    });
  });
});

describe('PROXYSQL PAUSE and RESUME', () => {
  it('keep new clients out for a time', async () => {
    await withWeir(QUIET, async (weir, admin) => {
      await admin.query('PROXYSQL PAUSE');
      await until('new clients being refused', async () => (await greeting(weir)) === 'told to go');
      await admin.query('PROXYSQL RESUME');
      await until('new clients being greeted', async () => (await greeting(weir)) === 'greeted');
    });
  });
});

describe('PROXYSQL RESTART', () => {
  it('starts everything again in the same process, from disk', async () => {
    await withWeir(QUIET, async (weir, admin) => {
      await admin.query('SET mysql-wait_timeout = 77000');
      await admin.query('SAVE MYSQL VARIABLES TO DISK');
      await admin.query('SET mysql-wait_timeout = 88000');
      await admin.query('SET mysql-threads = 1');
      await admin.query('SAVE MYSQL VARIABLES TO DISK');
      await admin.query('SET mysql-wait_timeout = 99000');
      await admin.query('PROXYSQL RESTART');
      await until('a second ready line', async () => weir.logs.filter('ready').length === 2);
      const again = await weir.connectAdmin();
      const [variables] = await again.query(
        "SELECT variable_value FROM runtime_global_variables WHERE variable_name IN ('mysql-threads', 'mysql-wait_timeout') ORDER BY variable_name",
      );
      expect(variables).toEqual([{ variable_value: '1' }, { variable_value: '88000' }]);
      expect(await greeting(weir)).toBe('greeted');
      const pids = weir.logs.filter('ready').map((line) => line['pid']);
      expect(pids).toEqual([pids[0], pids[0]]);
      expect(weir.logs.filter('ready').map((line) => line['workers'])).toEqual([2, 1]);
      await weir.stop();
    });
  });

  it('is refused while the configuration file has an error', async () => {
    await withWeir(QUIET, async (weir, admin) => {
      writeFileSync(weir.configFile, 'mysql_variables = { threads = many }');
      await expect(admin.query('PROXYSQL RESTART')).rejects.toThrow(/proxysql\.cnf:1: /);
      expect(await greeting(weir)).toBe('greeted');
    });
  });

  it('does not read the file again although the process was started with --initial', async () => {
    await withWeir({ ...QUIET, args: ['--initial'] }, async (weir, admin) => {
      await admin.query('SET mysql-wait_timeout = 77000');
      await admin.query('SAVE MYSQL VARIABLES TO DISK');
      await admin.query('PROXYSQL RESTART');
      await until('a second ready line', async () => weir.logs.filter('ready').length === 2);
      const again = await weir.connectAdmin();
      expect(await waitTimeout(again)).toBe('77000');
    });
  });
});

describe('PROXYSQL KILL and SHUTDOWN', () => {
  it.each(['KILL', 'SHUTDOWN', 'SHUTDOWN SLOW'])('%s ends the process with 0 after its answer', async (how) => {
    await withWeir(QUIET, async (weir, admin) => {
      await admin.query(`PROXYSQL ${how}`);
      expect(await weir.exited).toEqual({ code: 0, signal: null });
    });
  });
});

describe('LOGENTRY', () => {
  it('writes a line', async () => {
    await withWeir(QUIET, async (weir, admin) => {
      await admin.query('LOGENTRY release 7');
      expect(await weir.waitForLog('entry of the operator')).toMatchObject({ entry: 'release 7' });
    });
  });
});

describe('SAVE … TO DISK', () => {
  it('loses no answered row when the process is killed at any moment', async () => {
    let weir = await startWeir(QUIET);
    const file = path.join(weir.datadir, 'weir.db');
    let answered = 0;
    try {
      for (let round = 0; round < 6; round++) {
        if (round > 0) weir = await startWeirAgain(weir);
        const admin = await weir.connectAdmin();
        // The connection ends with the process, in the middle of a statement.
        admin.on('error', () => undefined);
        const [rows] = await admin.query("SELECT comment FROM mysql_users WHERE username = 'app'");
        const found = Number((rows as { comment: string }[])[0]!.comment || 0);
        // One more than the last answer may have been written without an answer.
        expect([answered, answered + 1]).toContain(found);
        answered = found;
        const loop = (async () => {
          for (;;) {
            await admin.query(`UPDATE mysql_users SET comment = '${answered + 1}' WHERE username = 'app'`);
            await admin.query('SAVE MYSQL USERS TO DISK');
            answered++;
          }
        })().catch(() => undefined);
        await new Promise((resolve) => setTimeout(resolve, 300 + round * 37));
        // The workers too: a power loss leaves nobody.
        process.kill(-weir.pid, 'SIGKILL');
        await Promise.all([loop, weir.exited]);
      }
      const disk = new SqliteDatabase(file);
      expect(disk.pragma('integrity_check', { simple: true })).toBe('ok');
      disk.close();
      expect(answered).toBeGreaterThan(6);
    } finally {
      await weir.kill();
    }
  });
});

describe('weir.db and the file', () => {
  it('weir.db wins, --initial takes the file again, and a file that is gone ends the start by name', async () => {
    let weir = await startWeir(QUIET);
    try {
      let admin = await weir.connectAdmin();
      await admin.query('SET mysql-wait_timeout = 77000');
      await admin.query('SAVE MYSQL VARIABLES TO DISK');
      const again = async (...args: string[]): Promise<unknown> => {
        weir.signal('SIGTERM');
        await weir.exited;
        weir = await startWeirAgain(weir, { args });
        admin = await weir.connectAdmin();
        return waitTimeout(admin);
      };
      expect(await again()).toBe('77000');
      await admin.query(`SAVE CONFIG TO FILE ${weir.configFile}.written`);
      expect(await again('--initial')).toBe('28800000');
      const copy = new SqliteDatabase(path.join(weir.datadir, 'weir.db.bak'), { readonly: true });
      const value = copy.prepare("SELECT variable_value FROM global_variables WHERE variable_name = 'mysql-wait_timeout'").pluck().get();
      copy.close();
      expect(value).toBe('77000');
      // What was written to a file starts an equal weir.
      renameSync(`${weir.configFile}.written`, weir.configFile);
      expect(await again('--initial')).toBe('77000');
      rmSync(weir.configFile);
      weir.signal('SIGTERM');
      await weir.exited;
      weir = await startWeirAgain(weir, { withoutReady: true });
      expect(await weir.exited).toEqual({ code: 2, signal: null });
      expect(weir.logs.tail()).toContain(`${weir.configFile}: the configuration file can not be read`);
    } finally {
      await weir.kill();
    }
  });
});
