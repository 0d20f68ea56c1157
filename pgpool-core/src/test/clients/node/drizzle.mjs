// Drizzle ORM over a pool of node-postgres: its query builder, prepared statements, nested transactions, rollbacks.
import assert from 'node:assert/strict';
import { and, eq, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import pg from 'pg';
import { clients, note, runAll, sqlState, table } from './ledger.mjs';

const rows = pgTable(table, {
    client: integer('client'),
    n: integer('n'),
    note: text('note').notNull(),
}, columns => [primaryKey({ columns: [columns.client, columns.n] })]);

const pool = new pg.Pool({ max: clients });
const db = drizzle(pool);

const prepared = db.select({ note: rows.note }).from(rows)
    .where(and(eq(rows.client, sql.placeholder('client')), eq(rows.n, sql.placeholder('n'))))
    .prepare('notes');

const ledger = {
    async insert(client, n, on = db) {
        const inserted = await on.insert(rows).values({ client, n, note: note(client, n) }).returning();
        assert.deepEqual(inserted, [{ client, n, note: note(client, n) }]);
    },

    async notes(client, n) {
        return (await prepared.execute({ client, n })).map(row => row.note);
    },

    async commit(client, n) {
        await db.transaction(async tx => {
            await this.insert(client, n, tx);
            // a savepoint that is rolled back, and one that is kept
            await assert.rejects(tx.transaction(async inner => {
                await this.insert(client, n + 1_000_000, inner);
                inner.rollback();
            }));
            await tx.transaction(async inner => this.insert(client, -n, inner));
        }, { isolationLevel: 'repeatable read' });
    },

    async rollBack(client, n) {
        await assert.rejects(db.transaction(async tx => {
            await this.insert(client, n, tx);
            const there = await tx.select().from(rows).where(and(eq(rows.client, client), eq(rows.n, n)));
            assert.equal(there.length, 1);
            tx.rollback();
        }));
    },

    async failInTransaction(client, n) {
        assert.equal(await sqlState(db.transaction(async tx => {
            await this.insert(client, n, tx);
            await this.insert(client, n, tx);
        })), '23505');
    },

    async fail(n) {
        assert.equal(await sqlState(this.quotient(n, 0)), '22012');
        assert.equal(await sqlState(db.execute(sql`SELECT ${n} FROM not_there`)), '42P01');
    },

    async quotient(n, by) {
        const result = await db.execute(sql`SELECT ${n}::int / ${by}::int AS q`);
        return result.rows[0].q;
    },
};

await runAll(async () => ledger, async () => {});
await pool.end();
