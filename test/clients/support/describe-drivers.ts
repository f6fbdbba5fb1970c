import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeEachFlavour } from '../../support/servers/describe-each-flavour.js';
import { APP, type Cluster, type Flavour, startCluster } from '../../support/servers/index.js';
import { type RunningWeir, startWeir } from '../../support/weir.js';
import { buildProgram, type Driver, isInstalled, withOut } from './driver.js';
import { knownOf, READS_ON_REPLICAS } from './known-differences.js';
import { type ProgramLine, runProgram, type Target } from './run-program.js';

/** Two runs and a build, beside those of the other drivers. */
const TIMEOUT_MS = 120_000;
const PRIMARY = 1;
const REPLICAS = [2, 3];
/** Below it a program proves little of where statements run. */
const FEWEST_OF_A_KIND = 3;

/**
 * One test a driver: its program runs straight at the primary, then through weir with two replicas, and has to print the same.
 * The programs of a group run side by side, so that their sessions share connections to servers.
 */
export function describeDrivers(group: string, drivers: readonly Driver[]): void {
  describeEachFlavour(group, (flavour) => {
    let cluster: Cluster;
    let weir: RunningWeir;
    let out: string;

    beforeAll(async () => {
      out = mkdtempSync(path.join(os.tmpdir(), 'weir-clients-'));
      cluster = await startCluster({ flavour, replicas: 2, extraArgs: ['--local-infile=1'] });
      await cluster.execute(...drivers.map((driver) => `CREATE DATABASE ${schemaOf(driver)}`));
      weir = await startWeir({ cluster });
    });
    afterAll(async () => {
      await weir?.kill();
      await cluster?.stop();
      if (out !== undefined) rmSync(out, { recursive: true, force: true });
    });

    const targetOf = (driver: Driver, port: number): Target => ({
      port,
      schema: schemaOf(driver),
      environment: { ...environmentOf(flavour), ...driver.environment },
      waitInSync: () => cluster.waitInSync(),
    });

    describe.concurrent('programs', () => {
      for (const driver of drivers) {
        it(
          driver.name,
          async ({ skip, expect }) => {
            if (!(await isInstalled(driver))) skip(`${driver.name} is not on this machine: ${driver.needs}`);
            const known = knownOf(driver.name, flavour).map(({ check }) => check);
            await buildProgram(driver, out);
            const command = withOut(driver.command, out);
            const straight = await runProgram(command, targetOf(driver, cluster.primary.port));
            const through = await runProgram(command, targetOf(driver, weir.port));
            expect(comparable(through, known)).toEqual(comparable(straight, known));
            expect(misplaced(straight, [PRIMARY])).toEqual([]);
            const readers = known.includes(READS_ON_REPLICAS) ? [PRIMARY, ...REPLICAS] : REPLICAS;
            expect(misplaced(through, readers)).toEqual([]);
            expect(through.filter((line) => line.reader !== undefined).length).toBeGreaterThanOrEqual(FEWEST_OF_A_KIND);
            expect(through.filter((line) => line.writer !== undefined).length).toBeGreaterThanOrEqual(FEWEST_OF_A_KIND);
          },
          TIMEOUT_MS,
        );
      }
    });

    for (const { driver, check, reason } of drivers.flatMap(({ name }) => knownOf(name, flavour))) {
      it.skip(`${driver}: ${check} (${reason})`, () => expect.unreachable());
    }
  });
}

function schemaOf(driver: Driver): string {
  return `app_${driver.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_')}`;
}

function environmentOf(flavour: Flavour): Record<string, string> {
  return { DB_USER: APP.username, DB_PASSWORD: APP.password, DB_FLAVOUR: flavour };
}

/** The results without where they come from and without what is known to differ. */
function comparable(lines: readonly ProgramLine[], known: readonly string[]): object[] {
  return lines.filter((line) => !known.includes(line.check)).map(({ check, value }) => ({ check, value }));
}

/** Reads that did not run on one of `readers` and writes that did not run on the primary. */
function misplaced(lines: readonly ProgramLine[], readers: readonly number[]): ProgramLine[] {
  const isMisplaced = ({ reader, writer }: ProgramLine): boolean =>
    (reader !== undefined && !readers.includes(reader)) || (writer !== undefined && writer !== PRIMARY);
  return lines.filter(isMisplaced);
}
