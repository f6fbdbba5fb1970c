import { afterAll, beforeAll, expect, it } from 'vitest';
import { audit } from '../support/faults/audit.js';
import { FaultBed } from '../support/faults/bed.js';
import { FAULTS } from '../support/faults/kinds/index.js';
import { type MemoryLevel, memoryLevel } from '../support/faults/levels.js';
import { describeRecovery, type Recovery } from '../support/faults/recovery.js';
import { runFault } from '../support/faults/run-fault.js';
import { runSwitchover } from '../support/faults/run-switchover.js';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';

describeEachFlavour('faults under load with checked answers', (flavour) => {
  let bed: FaultBed;
  let memory: MemoryLevel;
  const recoveries: Recovery[] = [];

  beforeAll(async () => {
    bed = await FaultBed.start({ flavour, sysbench: true });
    memory = await memoryLevel(bed);
  });
  afterAll(async () => {
    for (const recovery of recoveries) process.stdout.write(`${flavour} ${describeRecovery(recovery)}\n`);
    await bed?.stop();
  });

  for (const role of ['replica', 'primary'] as const) {
    for (const fault of FAULTS.filter(({ befalls }) => befalls.includes(role))) {
      it(`${role}: ${fault.name}`, async () => {
        const node = role === 'primary' ? bed.primary : bed.replicas[0]!;
        recoveries.push(await runFault(bed, fault, node, memory));
      });
    }
  }

  // There and back: the servers stand as before afterwards.
  for (const direction of ['to a replica', 'back'] as const) {
    it(`primary: switchover ${direction}`, async () => {
      recoveries.push(await runSwitchover(bed, bed.nodes[direction === 'back' ? 0 : 1]!, memory));
    });
  }

  it('leaves every acknowledged write exactly once on every server, and the programs of sysbench without a reconnect', async () => {
    expect(bed.sysbench?.wrong ?? []).toEqual([]);
    const { ledger } = await bed.load.stop();
    const { wrong, acknowledged } = await audit(bed, ledger);
    expect(wrong).toEqual([]);
    expect(acknowledged).toBeGreaterThan(100);
  });
});
