/** Rows of `known`: what a client reads can be computed from the id. */
export const KNOWN_ROWS = 500;

export const knownValue = (id: number): number => (id * 7919) % 100_003;
export const knownText = (id: number): string => `row ${id} `.repeat(1 + (id % 20));

/**
 * No unique key over client, sequence and part: a statement that was executed twice must leave its trace.
 * Binary logs in row format carry the value of `server`, not the expression.
 */
export const LEDGER_TABLE = `CREATE TABLE app.ledger (id BIGINT AUTO_INCREMENT PRIMARY KEY, client INT NOT NULL, sequence BIGINT NOT NULL,
  part TINYINT NOT NULL, server INT NOT NULL, KEY by_client (client, sequence))`;

/** The statements that make the tables of the load, to be run on the primary. */
export function loadSchema(): string[] {
  const rows = Array.from({ length: KNOWN_ROWS }, (_, index) => `(${index + 1}, ${knownValue(index + 1)}, '${knownText(index + 1)}')`);
  return [
    'CREATE TABLE app.known (id INT PRIMARY KEY, value INT NOT NULL, text VARCHAR(400) NOT NULL)',
    `INSERT INTO app.known VALUES ${rows.join(', ')}`,
    LEDGER_TABLE,
  ];
}
