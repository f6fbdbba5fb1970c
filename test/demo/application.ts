import type { Connection, ResultSetHeader, RowDataPacket } from 'mysql2/promise';

/** What the demo's application does; `expects` is where a statement of that kind has to run. */
export const KINDS = {
  read: { title: 'reads', expects: 'replica' },
  lockingRead: { title: 'for update', expects: 'primary' },
  transactionRead: { title: 'in trx', expects: 'primary' },
  write: { title: 'writes', expects: 'primary' },
} as const;

export type Kind = keyof typeof KINDS;

/** Told of every statement that a server has executed. */
export type Witness = (kind: Kind, serverId: number) => void;

export const PRODUCTS = 500;

/** A small shop. `changed_on` and `sold_on` hold the server that executed the write. */
export const SCHEMA: readonly string[] = [
  'DROP TABLE IF EXISTS product, sale',
  'CREATE TABLE product (id INT PRIMARY KEY, name VARCHAR(40) NOT NULL, stock INT NOT NULL, changed_on INT NOT NULL DEFAULT 0)',
  'CREATE TABLE sale (client INT NOT NULL, number INT NOT NULL, product INT NOT NULL, sold_on INT NOT NULL, PRIMARY KEY (client, number))',
  `INSERT INTO product (id, name, stock) VALUES ${Array.from({ length: PRODUCTS }, (_, index) => `(${index + 1}, 'product ${index + 1}', 1000)`).join(', ')}`,
];

/**
 * One client of the shop. Each statement proves itself where it ran: reads select @@server_id beside their data; writes store it
 * by LAST_INSERT_ID(expression), whose value comes back in the statement's own OK packet.
 */
export class Shopper {
  private sales = 0;
  private connection!: Connection;

  constructor(
    private readonly client: number,
    private readonly witness: Witness,
  ) {}

  /** Does one thing, mostly looking around. */
  async act(connection: Connection): Promise<void> {
    this.connection = connection;
    const dice = Math.random();
    if (dice < 0.35) await this.look();
    else if (dice < 0.55) await this.lookPrepared();
    else if (dice < 0.7) await this.countRange();
    else if (dice < 0.8) await this.restock();
    else if (dice < 0.88) await this.reserve();
    else await this.buy();
  }

  private async look(): Promise<void> {
    await this.read('read', 'SELECT name, stock, @@server_id AS server FROM product WHERE id = ?', [anyProduct()]);
  }

  private async lookPrepared(): Promise<void> {
    const sql = 'SELECT name, stock, @@server_id AS server FROM product WHERE id = ?';
    const [rows] = await this.connection.execute<RowDataPacket[]>(sql, [anyProduct()]);
    this.witness('read', serverOf(rows));
  }

  private async countRange(): Promise<void> {
    const from = anyProduct();
    const sql = 'SELECT SUM(p.stock) AS stock, @@server_id AS server FROM (SELECT stock FROM product WHERE id BETWEEN ? AND ?) AS p';
    await this.read('read', sql, [from, from + 20]);
  }

  private async restock(): Promise<void> {
    await this.write('UPDATE product SET stock = stock + 10, changed_on = LAST_INSERT_ID(@@server_id) WHERE id = ?', [anyProduct()]);
  }

  private async reserve(): Promise<void> {
    await this.read('lockingRead', 'SELECT stock, @@server_id AS server FROM product WHERE id = ? FOR UPDATE', [anyProduct()]);
  }

  /** A transaction: everything in it, reads too, belongs on the primary. */
  private async buy(): Promise<void> {
    const product = anyProduct();
    await this.connection.query('START TRANSACTION');
    try {
      await this.read('lockingRead', 'SELECT stock, @@server_id AS server FROM product WHERE id = ? FOR UPDATE', [product]);
      await this.write('UPDATE product SET stock = stock - 1, changed_on = LAST_INSERT_ID(@@server_id) WHERE id = ?', [product]);
      this.sales += 1;
      await this.write('INSERT INTO sale (client, number, product, sold_on) VALUES (?, ?, ?, LAST_INSERT_ID(@@server_id))', [
        this.client,
        this.sales,
        product,
      ]);
      await this.read('transactionRead', 'SELECT stock, @@server_id AS server FROM product WHERE id = ?', [product]);
      await this.connection.query('COMMIT');
    } catch (error) {
      await this.connection.query('ROLLBACK').catch(() => {});
      throw error;
    }
  }

  private async read(kind: Kind, sql: string, values: readonly number[]): Promise<void> {
    const [rows] = await this.connection.query<RowDataPacket[]>(sql, [...values]);
    this.witness(kind, serverOf(rows));
  }

  private async write(sql: string, values: readonly number[]): Promise<void> {
    const [header] = await this.connection.query<ResultSetHeader>(sql, [...values]);
    if (header.affectedRows !== 1) throw new Error(`${header.affectedRows} rows changed instead of 1 by: ${sql}`);
    this.witness('write', header.insertId);
  }
}

function serverOf(rows: readonly RowDataPacket[]): number {
  if (rows.length !== 1) throw new Error(`${rows.length} rows came back where 1 was expected`);
  return Number(rows[0]?.['server']);
}

function anyProduct(): number {
  return 1 + Math.floor(Math.random() * PRODUCTS);
}
