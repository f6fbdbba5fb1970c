import { type Account, createAccount } from '../support/servers/accounts.js';
import type { Flavour } from '../support/servers/index.js';

export const SESSIONS = 8;
/** What everybody reads and nobody changes. */
const CONSTANT_SCHEMA = 'constants';

/** The schema of a session, the same at both servers; nobody else names it. */
export const schemaOf = (session: number): string => `app_p${session}`;

/** Once for a world. */
export function worldStatements(flavour: Flavour, other: Account): string[] {
  return [
    createAccount(flavour, other),
    "GRANT ALL PRIVILEGES ON `app\\_%`.* TO 'other'@'%'",
    `CREATE ROLE reading`,
    `GRANT SELECT ON sbtest.* TO reading`,
    `GRANT reading TO 'app'@'%'`,
    `GRANT reading TO 'other'@'%'`,
    `CREATE DATABASE ${CONSTANT_SCHEMA}`,
    // LOCK TABLES is what MySQL wants of locking reads.
    ...['app', 'other'].map((username) => `GRANT SELECT, LOCK TABLES ON ${CONSTANT_SCHEMA}.* TO '${username}'@'%'`),
    `CREATE TABLE ${CONSTANT_SCHEMA}.numbers (n INT PRIMARY KEY, word VARCHAR(20), amount DECIMAL(10,2), made DATETIME)`,
    `INSERT INTO ${CONSTANT_SCHEMA}.numbers VALUES (1, 'one', 1.5, '2024-01-02 03:04:05'), (2, 'two', NULL, NULL), (3, 'drei', -3, '1999-12-31'),
      (4, 'größe', 4.25, '2024-02-29 12:00:00'), (5, NULL, 0, '2038-01-19 03:14:07')`,
  ];
}

/** Before each history, for each of its sessions. */
export function setUpStatements(schema: string): string[] {
  return [
    ...[schema, `${schema}_two`].flatMap((name) => [`DROP DATABASE IF EXISTS ${name}`, `CREATE DATABASE ${name}`]),
    `CREATE TABLE ${schema}.t1 (id INT AUTO_INCREMENT PRIMARY KEY, a INT, b VARCHAR(40), UNIQUE KEY (a))`,
    `CREATE TABLE ${schema}.t2 (id BIGINT AUTO_INCREMENT PRIMARY KEY, a INT, b VARCHAR(40))`,
    `INSERT INTO ${schema}.t2 (a, b) VALUES (1, 'x'), (2, 'y'), (3, NULL)`,
    `CREATE TABLE ${schema}_two.t2 (id INT AUTO_INCREMENT PRIMARY KEY, a INT, b VARCHAR(40))`,
    `CREATE PROCEDURE ${schema}.setting() SET @p = 7, time_zone = '+03:00'`,
    `CREATE PROCEDURE ${schema}.results(n INT) BEGIN SELECT n; SELECT n + 1, 'x'; END`,
    `CREATE PROCEDURE ${schema}.inserting(n INT) INSERT INTO t2 (a) VALUES (n), (n + 1)`,
    `CREATE PROCEDURE ${schema}.failing() BEGIN SELECT 1; SELECT * FROM missing; END`,
    `CREATE FUNCTION ${schema}.twice(n INT) RETURNS INT DETERMINISTIC RETURN n * 2`,
  ];
}
