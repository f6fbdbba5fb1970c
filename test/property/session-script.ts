import type { SeededRandom } from '../soak/random.js';
import type { Parameter } from '../support/execute-packets.js';
import type { Flavour } from '../support/servers/index.js';
import { expand } from './expand.js';
import { THEMES, words } from './grammar/index.js';
import { type Hold, type Production, type Theme, VALUES } from './grammar/theme.js';
import { forgetsPrepared, isLeftOut } from './known-differences.js';
import { schemaOf } from './schemas.js';
import type { Action, Step } from './step.js';

const SLOTS = 4;
/** How many statements a session that holds a connection says until it gives it back. */
const HELD_STATEMENTS = 12;

interface Prepared {
  readonly sql: string;
  readonly production: Production;
  /** Types of the last execution, as far as they can be left out the next time. */
  values: readonly Parameter[] | null;
}

/** One session's share of a history: what it says next, and whether it may keep a server connection for itself. */
export class SessionScript {
  readonly #reasons = new Set<Hold>();
  readonly #prepared = new Map<number, Prepared>();

  constructor(
    private readonly session: number,
    private readonly flavour: Flavour,
    private readonly random: SeededRandom,
  ) {}

  get holds(): boolean {
    return this.#reasons.size > 0;
  }

  next(mayHold: boolean): Step {
    for (;;) {
      const step = this.#attempt(mayHold);
      if (step === null || isLeftOut(step, this.flavour)) continue;
      if (forgetsPrepared(step, this.flavour)) this.#prepared.clear();
      return step;
    }
  }

  /** null: what was chosen is not possible now. */
  #attempt(mayHold: boolean): Step | null {
    if (this.holds && this.random.between(1, HELD_STATEMENTS) === 1) return this.#end();
    const chance = this.random.next();
    if (chance < 0.02) return this.#command();
    if (chance < 0.1 && this.#prepared.size > 0) return this.#executeAgain(mayHold);
    const [theme, production] = this.#choose();
    const holds = production.holds ?? theme.holds;
    if (holds !== undefined && !mayHold) return null;
    const sql = expand(production.sql, { ...words, ...theme.words }, this.session, this.random);
    if (production.values !== undefined) return this.#prepare(sql, production);
    this.#follow(production, theme);
    return this.#step({ do: 'query', sql }, sql);
  }

  #choose(): [Theme, Production] {
    const theme = weighted(THEMES, ({ weight }) => weight, this.random);
    const possible = theme.statements
      .map((statement): Production => (typeof statement === 'string' ? { sql: statement } : statement))
      .filter(({ only }) => only === undefined || only === this.flavour);
    return [theme, weighted(possible, ({ weight }) => weight ?? 1, this.random)];
  }

  #follow({ holds, ends }: Production, theme: Theme | null): void {
    const begins = holds ?? theme?.holds;
    if (begins !== undefined) this.#reasons.add(begins);
    if (ends !== undefined && !this.#reasons.has('session')) {
      // Switching autocommit on commits; where it is on already it does nothing.
      if (ends === 'autocommit' && this.#reasons.has('autocommit')) this.#reasons.delete('transaction');
      this.#reasons.delete(ends);
    }
  }

  #step(action: Action, sql: string): Step {
    const step = { session: this.session, action };
    return seesOwn(sql) ? { ...step, needsSync: true } : step;
  }

  // ---------------------------------------------------------------- prepared statements

  #prepare(sql: string, production: Production): Step {
    const slot = this.random.between(1, SLOTS);
    const step = this.#step({ do: 'prepare', slot, sql }, sql);
    if (!isLeftOut(step, this.flavour)) this.#prepared.set(slot, { sql, production, values: null });
    return step;
  }

  #executeAgain(mayHold: boolean): Step | null {
    const slot = this.random.pick([...this.#prepared.keys()]);
    const prepared = this.#prepared.get(slot)!;
    const { production, sql } = prepared;
    if (production.holds !== undefined && !mayHold) return null;
    const chance = this.random.next();
    if (chance < 0.05) {
      this.#prepared.delete(slot);
      return this.#step({ do: 'closeStatement', slot }, '');
    }
    if (chance < 0.1) return this.#step({ do: 'resetStatement', slot }, '');
    this.#follow(production, null);
    const values = production.values!.map((kind) => this.random.pick(VALUES[kind]));
    const withoutTypes = prepared.values !== null && haveSameTypes(values, prepared.values) && this.random.next() < 0.7;
    prepared.values = values;
    return this.#step({ do: 'execute', slot, values, ...(withoutTypes ? { withoutTypes } : {}) }, sql);
  }

  // ---------------------------------------------------------------- commands

  #command(): Step {
    const schema = this.random.pick([schemaOf(this.session), `${schemaOf(this.session)}_two`, 'constants', 'nowhere']);
    const chance = this.random.next();
    if (chance < 0.3) return this.#step({ do: 'ping' }, '');
    if (chance < 0.6) return this.#step({ do: 'initDb', schema }, '');
    return this.#end();
  }

  /** Ends whatever may hold a connection. */
  #end(): Step {
    const own = schemaOf(this.session);
    const [transaction, autocommit, session] = (['transaction', 'autocommit', 'session'] as const).map((hold) => this.#reasons.has(hold));
    if (session !== true && autocommit !== true && transaction === true && this.random.next() < 0.7) {
      this.#reasons.clear();
      return this.#step({ do: 'query', sql: this.random.pick(['COMMIT', 'ROLLBACK']) }, '');
    }
    this.#reasons.clear();
    this.#prepared.clear();
    const schema = this.random.pick([own, own, 'constants', '']);
    const changeUser: Action = { do: 'changeUser', username: this.random.pick(['app', 'other']), schema };
    const ends: readonly Action[] = [{ do: 'resetConnection' }, { do: 'resetConnection' }, { do: 'reconnect' }, changeUser];
    const steps = ends.map((action) => this.#step(action, '')).filter((step) => !isLeftOut(step, this.flavour));
    return this.random.pick(steps);
  }
}

/** What replicas must have before it is asked there. */
function seesOwn(sql: string): boolean {
  return /\b(?:t[1-4]|v1)\b|\bSHOW\b|twice/i.test(sql) && !/^\s*(?:INSERT|REPLACE|UPDATE|DELETE|TRUNCATE)\b[^;]*$/i.test(sql);
}

function haveSameTypes(values: readonly Parameter[], others: readonly Parameter[]): boolean {
  return values.every((value, index) => value !== null && typeof value === typeof others[index] && others[index] !== null);
}

function weighted<Item>(items: readonly Item[], weightOf: (item: Item) => number, random: SeededRandom): Item {
  let left = random.next() * items.reduce((sum, item) => sum + weightOf(item), 0);
  for (const item of items) {
    left -= weightOf(item);
    if (left < 0) return item;
  }
  return items.at(-1)!;
}
