import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { readCases } from './cases.js';
import { scenarioOf } from './generator.js';
import { isKnownDifference } from './known-differences.js';
import { reportOf } from './report.js';
import { shrink } from './shrink.js';
import { Twins } from './twins.js';
import { World } from './world.js';

/** Of one seed; a run has as many seeds as it needs. */
const STATEMENTS_PER_SEED = 500;
const STATEMENTS = Number(process.env['WEIR_PROPERTY_STATEMENTS'] ?? 5000);
const FIRST_SEED = Number(process.env['WEIR_PROPERTY_SEED'] ?? 1);
const SHRINK_LIMIT_MS = 30_000;
const seeds = Array.from({ length: Math.ceil(STATEMENTS / STATEMENTS_PER_SEED) }, (_, index) => FIRST_SEED + index);

/** Sessions that say random things through weir, each beside a twin that says the same to a plain server. */
describeEachFlavour('sessions beside their twins', (flavour) => {
  let world: World;
  let twins: Twins;

  beforeAll(async () => {
    world = await World.start(flavour);
    twins = new Twins(world, (step, twin, weir, saidBefore) => isKnownDifference(step, flavour, twin, weir, saidBefore));
  });
  afterAll(() => world?.stop());

  it.each(readCases(flavour).map((each) => [each.about, each] as const))('are still the same: %s', async (_, { history, sessions }) => {
    const difference = await twins.play(history, sessions);
    expect(difference === null ? '' : reportOf({ history, difference })).toBe('');
  });

  it(`get the same answers (${STATEMENTS} statements from seed ${FIRST_SEED})`, { timeout: 120_000 + STATEMENTS * 20 }, async () => {
    for (const seed of seeds) {
      const { history, sessions } = scenarioOf(seed, STATEMENTS_PER_SEED, flavour);
      const difference = await twins.play(history, sessions);
      if (difference === null) continue;
      const failed = history.slice(0, difference.round + 1);
      const shrunk = await shrink(twins, sessions, failed, difference, SHRINK_LIMIT_MS);
      expect.unreachable(
        `WEIR_PROPERTY_SEED=${seed} WEIR_PROPERTY_STATEMENTS=${STATEMENTS_PER_SEED}\n${reportOf(shrunk ?? { history: failed, difference })}`,
      );
    }
  });
});
