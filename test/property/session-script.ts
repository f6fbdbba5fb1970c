import type { SeededRandom } from '../soak/random.js';
import type { Parameter } from '../support/execute-packets.js';
import { APP, type Flavour } from '../support/servers/index.js';
import { expand } from './expand.js';
import { THEMES, words } from './grammar/index.js';
import { type Hold, type Production, type Theme, VALUES } from './grammar/theme.js';
import { forgetsPrepared, isLeftOut } from './known-differences.js';
import { schemaOf } from './schemas.js';
import { cursorReads, longDataExecution, xaTransaction } from './sequences.js';
import type { SessionKind } from './side.js';
import { type Action, changesNothing, type Step } from './step.js';

const SLOTS = 4;
const LATIN1_COLLATION = 8;
const ASCII = /^[\0-\x7f]*$/;
const CHARSET = /\b(?:NAMES|CHARACTER SET|character_set_client\s*:?=)\s*'?(\w+)/i;
const PLAIN = /^(?:utf8\w*|latin1|default)$/i;
/** How many statements a session that holds a connection says until it gives it back. */
const HELD_STATEMENTS = 12;

interface Prepared {
  readonly sql: string;
  readonly production: Production;
  /** Types of the last execution, as far as they can be left out the next time. */
  values: readonly Parameter[] | null;
  /** It has not been executed. */
  isFresh: boolean;
}

/** One session's share of a history: what it says next, and whether it may keep a server connection for itself. */
export class SessionScript {
  readonly #reasons = new Set<Hold>();
  readonly #prepared = new Map<number, Prepared>();
  /** What it says next, whatever happens. */
  #queue: Step[] = [];
  #username: string = APP.username;
  /** Whether the texts that are not ASCII are characters of the session's character set; others may mean anything. */
  #speaksPlainly: boolean;

  constructor(
    private readonly session: number,
    private readonly flavour: Flavour,
    private readonly random: SeededRandom,
    private readonly kind: SessionKind,
  ) {
    this.#speaksPlainly = this.#beginsPlainly;
  }

  get #beginsPlainly(): boolean {
    return this.kind.collation === undefined || this.kind.collation === LATIN1_COLLATION;
  }

  get holds(): boolean {
    return this.#reasons.size > 0;
  }

  /** It may be killed by another now; with its transaction only where that is certain to be allowed. */
  mayBeKilledBy(other: SessionScript): boolean {
    if (this.#queue.length > 0) return false;
    return !this.holds || (this.#reasons.size === 1 && this.#reasons.has('transaction') && this.#username === other.#username);
  }

  /** It has said nothing yet; what another account's session has tried is refused. */
  wasKilledBy(other: SessionScript): void {
    this.#prepared.clear();
    if (this.#username !== other.#username) return;
    this.#reasons.clear();
    this.#username = APP.username;
  }

  next(mayHold: boolean): Step {
    const queued = this.#queue.shift();
    if (queued !== undefined) return queued;
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
    if (chance > 0.96 && chance < 0.99) return this.#pipeline(mayHold);
    if (chance > 0.995 && mayHold && !this.holds) return this.#xaTransaction();
    return this.#statement(mayHold);
  }

  #statement(mayHold: boolean): Step | null {
    if (this.random.next() < 0.08 && this.#prepared.size > 0) return this.#executeAgain(mayHold);
    const [theme, production] = this.#choose();
    const sql = expand(production.sql, { ...words, ...theme.words }, this.session, this.random);
    const holds = production.holds ?? theme.holds ?? (this.#speaksPlainly || ASCII.test(sql) ? undefined : 'session');
    if (holds !== undefined && !mayHold) return null;
    if (production.values !== undefined) return this.#prepare(sql, production, theme);
    this.#follow(production, holds);
    const charset = CHARSET.exec(sql)?.[1];
    if (charset !== undefined) this.#speaksPlainly = PLAIN.test(charset);
    return this.#step({ do: 'query', sql, ...inLatin1(theme) }, sql);
  }

  /** Several commands at once; what can not be among them comes behind. A read of what they change might not see it yet. */
  #pipeline(mayHold: boolean): Step | null {
    const actions: Action[] = [];
    let needsSync = false;
    for (let left = this.random.between(2, 4); left > 0; left--) {
      const step = this.random.next() < 0.1 ? this.#step({ do: 'ping' }, '') : this.#statement(mayHold);
      if (step === null || isLeftOut(step, this.flavour)) continue;
      if (!mayBeAmongOthers(step.action) || (step.needsSync === true && !actions.every(changesNothing))) {
        this.#queue.unshift(step);
        break;
      }
      needsSync ||= step.needsSync === true;
      actions.push(step.action);
    }
    if (actions.length < 2) {
      for (const action of actions) this.#queue.unshift({ session: this.session, action, ...(needsSync ? { needsSync } : {}) });
      return this.#queue.shift() ?? null;
    }
    return { session: this.session, action: { do: 'pipeline', actions }, ...(needsSync ? { needsSync } : {}) };
  }

  #xaTransaction(): Step {
    // Its last statement is a COMMIT or ROLLBACK, behind which nothing is held; the next reset will say so.
    this.#reasons.add('transaction');
    return this.#first(xaTransaction(this.session, this.random).map((sql) => this.#step({ do: 'query', sql }, sql)));
  }

  /** The others follow. */
  #first(steps: readonly Step[]): Step {
    const [first, ...others] = steps;
    this.#queue = others;
    return first!;
  }

  #choose(): [Theme, Production] {
    const theme = weighted(THEMES, ({ weight }) => weight, this.random);
    const possible = theme.statements
      .map((statement): Production => (typeof statement === 'string' ? { sql: statement } : statement))
      .filter(({ only }) => only === undefined || only === this.flavour);
    return [theme, weighted(possible, ({ weight }) => weight ?? 1, this.random)];
  }

  #follow({ ends }: Production, begins: Hold | undefined): void {
    if (begins !== undefined) this.#reasons.add(begins);
    if (ends !== undefined && !this.#reasons.has('session')) {
      // Switching autocommit on commits, and leaves what was READ ONLY so; where it is on already it does nothing.
      if (ends === 'autocommit' && this.#reasons.has('autocommit') && this.#reasons.delete('transaction')) this.#reasons.add('session');
      this.#reasons.delete(ends);
    }
  }

  #step(action: Action, sql: string): Step {
    const step = { session: this.session, action };
    return seesOwn(sql) ? { ...step, needsSync: true } : step;
  }

  // ---------------------------------------------------------------- prepared statements

  #prepare(sql: string, production: Production, theme: Theme): Step {
    if (production.holdsPrepared === true) this.#follow(production, production.holds);
    const slot = this.random.between(1, SLOTS);
    const step = this.#step({ do: 'prepare', slot, sql, ...inLatin1(theme) }, sql);
    if (!isLeftOut(step, this.flavour)) this.#prepared.set(slot, { sql, production, values: null, isFresh: true });
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
    this.#follow(production, production.holds);
    const values = production.values!.map((kind) => this.random.pick(VALUES[kind]));
    const { isFresh } = prepared;
    prepared.isFresh = false;
    if (chance < 0.3) {
      const special = this.#specialExecution({ do: 'execute', slot, values }, prepared, mayHold && (isFresh || this.flavour === 'mariadb'));
      if (special !== null) return this.#first(special.map((action) => this.#step(action, sql)));
    }
    const withoutTypes = prepared.values !== null && haveSameTypes(values, prepared.values) && this.random.next() < 0.7;
    prepared.values = values;
    return this.#step({ do: 'execute', slot, values, ...(withoutTypes ? { withoutTypes } : {}) }, sql);
  }

  /** With a cursor, long data, or many rows of parameters; null: not this one. */
  #specialExecution(execution: Extract<Action, { do: 'execute' }>, prepared: Prepared, mayOpen: boolean): Action[] | null {
    const { sql, production } = prepared;
    const kinds = production.values!;
    const text = kinds.indexOf('text');
    const mayBulk = this.kind.mariadbCapabilities !== undefined && /^(INSERT|UPDATE)/.test(sql);
    if (mayBulk) {
      const rows = Array.from({ length: this.random.between(1, 4) }, () => kinds.map((kind) => this.random.pick(VALUES[kind])));
      prepared.values = null;
      return [{ do: 'bulk', slot: execution.slot, rows }];
    }
    if (text !== -1 && this.random.next() < 0.5) {
      prepared.values = null;
      return longDataExecution(execution, text, this.random);
    }
    if (!mayOpen) return null;
    this.#reasons.add('session');
    prepared.values = execution.values;
    const reads = cursorReads(execution, this.random);
    if (this.flavour === 'mariadb') return reads;
    // MySQL 9.7 answers with broken packets when it prepares anew what it has executed with a cursor.
    this.#prepared.delete(execution.slot);
    return [...reads, { do: 'closeStatement', slot: execution.slot }];
  }

  // ---------------------------------------------------------------- commands

  #command(): Step {
    const schema = this.random.pick([schemaOf(this.session), `${schemaOf(this.session)}_two`, 'constants', 'nowhere']);
    const chance = this.random.next();
    if (chance < 0.3) return this.#step({ do: 'ping' }, '');
    if (chance < 0.55) return this.#step({ do: 'initDb', schema }, '');
    if (chance < 0.65) return this.#step({ do: 'setOption', isMulti: this.random.next() < 0.7 }, '');
    if (chance < 0.75) return this.#fieldList();
    return this.#end();
  }

  #fieldList(): Step {
    const table = this.random.pick(['t1', 't2', 'numbers', 'missing', '']);
    return this.#step({ do: 'fieldList', table, wildcard: this.random.pick(['', '%', 'a%']) }, table);
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
    this.#speaksPlainly = this.#beginsPlainly;
    const schema = this.random.pick([own, own, 'constants', '']);
    const changeUser: Action = { do: 'changeUser', username: this.random.pick(['app', 'other']), schema };
    const ends: readonly Action[] = [{ do: 'resetConnection' }, { do: 'resetConnection' }, { do: 'reconnect' }, changeUser];
    const steps = ends.map((action) => this.#step(action, '')).filter((step) => !isLeftOut(step, this.flavour));
    const step = this.random.pick(steps);
    if (step.action.do === 'changeUser') this.#username = step.action.username;
    else if (step.action.do === 'reconnect') this.#username = APP.username;
    return step;
  }
}

/** With an answer, in one packet each, and not the end of the connection, which may lose answers on their way. */
function mayBeAmongOthers(action: Action): boolean {
  if (action.do === 'query') return !/\bKILL\b/i.test(action.sql);
  if (action.do === 'execute') return action.hasCursor !== true;
  return action.do === 'ping';
}

const inLatin1 = ({ isLatin1 }: Theme): { readonly isLatin1?: true } => (isLatin1 === true ? { isLatin1 } : {});

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
