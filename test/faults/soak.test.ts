import { expect, it } from 'vitest';
import { soak } from '../soak/soak.js';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';

const DURATION_MS = 30_000;
/** Another one finds other things: `WEIR_SOAK_SEED=7 npm test -- test/faults/soak`. */
const SEED = Number(process.env['WEIR_SOAK_SEED'] ?? 4);

describeEachFlavour('a short soak', (flavour) => {
  it(`with seed ${SEED} ends with every acknowledged write exactly once on every server`, { timeout: 180_000 }, async () => {
    const told: string[] = [];
    const report = await soak({ flavour, seed: SEED, durationMs: DURATION_MS, say: (line) => told.push(line) });
    expect(
      report.wrong,
      `npm run soak -- --minutes ${DURATION_MS / 60_000} --seed ${SEED} --flavour ${flavour}\n${told.join('\n')}`,
    ).toEqual([]);
    expect(report.recoveries.length).toBeGreaterThan(2);
    expect(report.audit.acknowledged).toBeGreaterThan(500);
  });
});
