import { Capability, MariadbCapability } from '../../src/protocol/constants.js';
import { SeededRandom } from '../soak/random.js';
import type { Flavour } from '../support/servers/index.js';
import { SESSIONS, schemaOf } from './schemas.js';
import { SessionScript } from './session-script.js';
import type { SessionKind } from './side.js';
import type { History, Round, Step } from './step.js';

/** As many as there are connections to the primary: when all are held, only their sessions go on. */
const MOST_HOLDERS = 2;
const MOST_AT_ONCE = 4;
/** Of logins: latin1, gbk, sjis and big5. */
const COLLATIONS = [8, 28, 13, 1];

export interface Scenario {
  readonly seed: number;
  readonly history: History;
  /** What each session negotiates. */
  readonly sessions: readonly SessionKind[];
}

/** What the sessions of a seed say, in the order in which they say it: the same for the same seed and grammar. */
export function scenarioOf(seed: number, statements: number, flavour: Flavour): Scenario {
  const random = new SeededRandom(seed);
  const sessions = kindsOf(random, flavour);
  const scripts = sessions.map((kind, session) => new SessionScript(session, flavour, random, kind));
  const history: Round[] = [];
  for (let steps = 0; steps < statements; steps += history.at(-1)!.length) history.push(nextRound(scripts, random));
  return { seed, history, sessions };
}

function kindsOf(random: SeededRandom, flavour: Flavour): SessionKind[] {
  const { deprecateEof, sessionTrack, foundRows, multiStatements } = Capability;
  const kinds = [multiStatements, multiStatements | deprecateEof, multiStatements | sessionTrack | deprecateEof, foundRows, sessionTrack];
  // Sessions of one kind share connections; each further kind makes weir close and open some.
  const some = [random.pick(kinds), random.pick(kinds)] as const;
  const isMixed = random.next() < 0.3;
  const collation = random.next() < 0.25 ? { collation: random.pick(COLLATIONS) } : {};
  const own = flavour === 'mariadb' && random.next() < 0.4 ? { mariadbCapabilities: MariadbCapability.stmtBulkOperations } : {};
  return Array.from({ length: SESSIONS }, (_, session) => {
    const isOther = isMixed && session >= SESSIONS - 2;
    return { capabilities: isOther ? some[1] : some[0], schema: schemaOf(session), ...(isOther ? {} : collation), ...own };
  });
}

/** One session kills another, or what it does, which is nothing; null: nobody may be killed now. */
function killRound(scripts: readonly SessionScript[], random: SeededRandom): Round | null {
  // Both may have to log in.
  if (scripts.filter(({ holds }) => holds).length >= MOST_HOLDERS) return null;
  const [session, victim] = [random.between(0, scripts.length - 1), random.between(0, scripts.length - 1)];
  if (session === victim || !scripts[victim]!.mayBeKilledBy(scripts[session]!)) return null;
  const queryOnly = random.next() < 0.5;
  if (!queryOnly) scripts[victim]!.wasKilledBy(scripts[session]!);
  return [{ session, action: { do: 'kill', victim, queryOnly } }];
}

function nextRound(scripts: readonly SessionScript[], random: SeededRandom): Round {
  if (random.next() < 0.005) {
    const kill = killRound(scripts, random);
    if (kill !== null) return kill;
  }
  const holders = scripts.filter(({ holds }) => holds);
  const mayTalk = holders.length < MOST_HOLDERS ? scripts : holders;
  const size = random.next() < 0.5 ? 1 : random.between(2, MOST_AT_ONCE);
  const talking = new Set(Array.from({ length: size }, () => random.pick(mayTalk)));
  let free = holders.length >= MOST_HOLDERS ? 0 : MOST_HOLDERS - holders.length;
  // A connection has to be left for the others of the round.
  if (talking.size > 1) free = Math.max(free - 1, 0);
  const round: Step[] = [];
  for (const script of talking) {
    const had = script.holds;
    round.push(script.next(had || free > 0));
    if (!had && script.holds) free -= 1;
  }
  return round;
}
