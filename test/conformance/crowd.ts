import { setTimeout as wait } from 'node:timers/promises';
import { Command } from '../../src/protocol/constants.js';
import { APP } from '../support/servers/accounts.js';
import { bare, WireClient } from '../support/wire-client.js';
import { SeededChoice } from './seeded-choice.js';

const SCHEMA = 'crowd';
/** How long a step waits for a statement of the crowd; two sessions of a script may keep all connections to themselves. */
const PATIENCE_MS = { withOneSession: 10_000, withMore: 400 };

/** What the other sessions do: change state, write, fail and read, without anything that would keep their connection. */
const STATEMENTS = [
  'SET NAMES latin1',
  'SET NAMES utf8mb4 COLLATE utf8mb4_bin',
  'SET character_set_results = NULL',
  "SET sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'",
  "SET sql_mode = ''",
  "SET time_zone = '+11:00', group_concat_max_len = 5",
  'SET sql_select_limit = 1, div_precision_increment = 1',
  'SET foreign_key_checks = 0, sql_safe_updates = 1',
  "SET lc_time_names = 'de_DE', max_sort_length = 8",
  'SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE',
  'SET auto_increment_increment = 7, auto_increment_offset = 3',
  'USE app',
  `USE ${SCHEMA}`,
  'SELECT 1 UNION SELECT 2',
  "SELECT CAST('crowd' AS SIGNED)",
  'SELECT SQL_CALC_FOUND_ROWS id FROM crowd.seats LIMIT 1',
  'SELECT * FROM crowd.missing',
  'SELEC crowd',
  'INSERT INTO crowd.seats (taken) VALUES (1), (2), (3)',
  'UPDATE crowd.seats SET taken = taken + 1 WHERE id < 4',
  'DELETE FROM crowd.seats WHERE id > 40',
  'INSERT INTO crowd.seats (id) VALUES (1)',
  'DO 1',
];

/** What the crowd writes to. */
export const CROWD_SCHEMA: readonly string[] = [
  `CREATE DATABASE ${SCHEMA}`,
  `CREATE TABLE ${SCHEMA}.seats (id INT AUTO_INCREMENT PRIMARY KEY, taken INT)`,
  `GRANT ALL ON ${SCHEMA}.* TO ${APP.username}@'%'`,
];

/** Sessions that share the pool with a script. What they do, and when, follows from the seed. */
export class Crowd {
  readonly #clients: readonly WireClient[];
  readonly #busy = new Set<WireClient>();
  #choice = new SeededChoice('');
  /** As many as the script leaves of the sessions. */
  #present = 0;
  #patienceMs = PATIENCE_MS.withOneSession;
  #answered = 0;

  private constructor(clients: readonly WireClient[]) {
    this.#clients = clients;
  }

  /** Logs the crowd in at `port`; what it writes to is there already. */
  static async start(port: number, sessions: number): Promise<Crowd> {
    const login = { ...APP, schema: SCHEMA, timeoutMs: 60_000 };
    return new Crowd(await Promise.all(Array.from({ length: sessions }, () => WireClient.login(port, login))));
  }

  /** From here on those sessions that a script of so many leaves do what `seed` says. */
  async begin(seed: string, scriptSessions: number): Promise<void> {
    const free = this.#clients.filter((client) => !this.#busy.has(client));
    await Promise.all(free.map((client) => client.command(bare(Command.resetConnection), 'single')));
    this.#choice = new SeededChoice(seed);
    this.#present = this.#clients.length + 1 - scriptSessions;
    this.#patienceMs = scriptSessions === 1 ? PATIENCE_MS.withOneSession : PATIENCE_MS.withMore;
  }

  /** Up to three sessions execute a statement each, one after the other: what the script meets next depends on no race. */
  readonly stir = async (): Promise<void> => {
    for (let turn = this.#choice.below(4); turn > 0; turn--) {
      const client = this.#clients[this.#choice.below(this.#present)]!;
      const statement = STATEMENTS[this.#choice.below(STATEMENTS.length)]!;
      if (this.#busy.size > 0) continue;
      this.#busy.add(client);
      // A session that has ended stays busy; `lost` tells.
      const answered = client.query(statement).then(
        () => {
          this.#busy.delete(client);
          this.#answered += 1;
        },
        () => {},
      );
      await Promise.race([answered, wait(this.#patienceMs)]);
    }
  };

  /** How many statements were answered. */
  get answered(): number {
    return this.#answered;
  }

  /** How many sessions have ended. */
  get lost(): number {
    return this.#clients.filter(({ closed }) => closed).length;
  }

  stop(): void {
    for (const client of this.#clients) client.destroy();
  }
}
