import { isAnswered, isUnanswered, repliesOf, type SessionKind, Side } from './side.js';
import { changesNothing, describeStep, type History, type Round, type Step } from './step.js';
import { ACCOUNTS, type World } from './world.js';

/** One answer that was not the same. */
export interface Difference {
  readonly round: number;
  readonly step: Step;
  readonly twin: readonly string[];
  readonly weir: readonly string[];
  /** The sessions of weir that keep a server connection, at the time of the difference. */
  readonly holders: readonly string[];
}

/** The plain server did not answer in time: nothing is known of weir then. */
export class PlainUnanswered extends Error {}

/** Plays histories at both servers and compares every packet. */
export class Twins {
  #isDirty = false;
  /** By each session in the history that is played. */
  readonly #said = new Map<number, string[]>();

  constructor(
    private readonly world: World,
    private readonly isKnown: (step: Step, twin: readonly string[], weir: readonly string[], saidBefore: readonly string[]) => boolean,
  ) {}

  /** @returns the first difference; null: all answers were the same */
  async play(history: History, sessions: readonly SessionKind[]): Promise<Difference | null> {
    const { world } = this;
    await world.refresh([...new Set(history.flat().map(({ session }) => session))]);
    const { flavour } = world;
    this.#said.clear();
    const twin = new Side({ port: world.twin.port, sessions, accounts: ACCOUNTS, flavour });
    const weir = new Side({ port: world.weir.port, sessions, accounts: ACCOUNTS, flavour });
    try {
      for (const [index, round] of history.entries()) {
        const found = await this.#playRound(round, twin, weir);
        if (found === 'over') return null;
        if (found !== null) return { round: index, ...found, holders: await world.holders() };
      }
      return null;
    } finally {
      twin.close();
      weir.close();
    }
  }

  async #playRound(round: Round, twin: Side, weir: Side): Promise<Omit<Difference, 'round' | 'holders'> | 'over' | null> {
    if (this.#isDirty && round.some(({ needsSync }) => needsSync === true)) {
      await this.world.sync();
      this.#isDirty = false;
    }
    this.#isDirty ||= !round.every(({ action }) => changesNothing(action));
    const answers = await Promise.all(
      round.map(async (step) => {
        const [expected, got] = await Promise.all([twin.play(step), weir.play(step)]);
        return partsOf(step, expected, got);
      }),
    );
    for (const { step, twin: expected, weir: got } of answers.flat()) {
      if (isUnanswered(expected) && this.world.flavour === 'mysql' && opensCursor(step)) return 'over';
      if (isUnanswered(expected)) throw new PlainUnanswered(`the plain server does not answer ${describeStep(step)}: ${expected.join()}`);
      if ('sql' in step.action) this.#said.set(step.session, [...(this.#said.get(step.session) ?? []), step.action.sql]);
      if (expected.join('\n') === got.join('\n')) continue;
      if (!isAnswered(got) || !this.isKnown(step, expected, got, this.#said.get(step.session) ?? []))
        return { step, twin: expected, weir: got };
    }
    return null;
  }
}

/** MySQL 9.7 does not answer some of these to their end. */
const opensCursor = ({ action }: Step): boolean => action.do === 'execute' && action.hasCursor === true;

/** Each command of a pipeline with its own answers, where both sides have given them. */
function partsOf(step: Step, twin: readonly string[], weir: readonly string[]): Omit<Difference, 'round' | 'holders'>[] {
  const { action } = step;
  if (action.do !== 'pipeline' || !isAnswered(twin) || !isAnswered(weir)) return [{ step, twin, weir }];
  const [expected, got] = [repliesOf(twin), repliesOf(weir)];
  return action.actions.map((each, index) => ({ step: { ...step, action: each }, twin: expected[index] ?? [], weir: got[index] ?? [] }));
}
