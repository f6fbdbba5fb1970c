// What every program of Node works on.
import { createReadStream, mkdtempSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export const TABLES = [
  'DROP TABLE IF EXISTS items',
  `CREATE TABLE items (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(50) NOT NULL UNIQUE, amount DECIMAL(10,2) NOT NULL DEFAULT 0,
    server INT NOT NULL DEFAULT 0) CHARACTER SET utf8mb4`,
  'DROP TABLE IF EXISTS kinds',
  `CREATE TABLE kinds (id INT PRIMARY KEY, small TINYINT, big BIGINT, huge BIGINT UNSIGNED, exact DECIMAL(30,10), approximate DOUBLE,
    day DATE, moment DATETIME(6), clock TIME(3), stamp TIMESTAMP NULL, made YEAR, name VARCHAR(200), story LONGTEXT, bytes LONGBLOB,
    bits BIT(10), choice ENUM('red','green'), many SET('a','b','c'), document JSON) CHARACTER SET utf8mb4`,
  'DROP TABLE IF EXISTS numbers',
  'CREATE TABLE numbers (n INT PRIMARY KEY, text VARCHAR(100) NOT NULL)',
  'DROP TABLE IF EXISTS digits',
  'CREATE TABLE digits (d INT PRIMARY KEY)',
  'INSERT INTO digits VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9)',
  `INSERT INTO numbers SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d, REPEAT(CHAR(65 + a.d), 20 + b.d)
    FROM digits a, digits b, digits c, digits e WHERE e.d < 5`,
  'DROP TABLE IF EXISTS loaded',
  'CREATE TABLE loaded (id INT PRIMARY KEY, name VARCHAR(50) CHARACTER SET utf8mb4, server INT)',
];

export const UTF8 = 'naïve – 漢字 – 🐬 – "quotes" \'single\' \\ back';
export const LONG = 'wöird 🌊 '.repeat(20_000);
export const BYTES = Buffer.from(Array.from({ length: 70_000 }, (_, index) => (index * 7) % 256));

/** A file of rows for LOAD DATA LOCAL INFILE: tab separated, `count` rows. */
export function infile(count) {
  const file = path.join(mkdtempSync(path.join(os.tmpdir(), 'weir-infile-')), 'rows.tsv');
  writeFileSync(file, Array.from({ length: count }, (_, id) => `${id}\tname ${id} ñ\n`).join(''));
  return { file, open: () => createReadStream(file) };
}
