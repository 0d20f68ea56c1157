// node-postgres: named prepared statements, errors, transactions; each client has one connection.
import assert from 'node:assert/strict';
import pg from 'pg';
import { note, runAll, sqlState, table } from './ledger.mjs';

class Ledger {
    constructor(connection, named) {
        this.connection = connection;
        this.named = named;
    }

    /** Prepared on the server under the same name by all clients, or unnamed, by the parity of the client. */
    query(name, text, values) {
        return this.connection.query(this.named ? { name, text, values } : { text, values });
    }

    async insert(client, n) {
        const result = await this.query('insert', `INSERT INTO ${table} VALUES ($1, $2, $3)`,
            [client, n, note(client, n)]);
        assert.equal(result.rowCount, 1);
    }

    async notes(client, n) {
        const result = await this.query('notes', `SELECT note FROM ${table} WHERE client = $1 AND n = $2`, [client, n]);
        return result.rows.map(row => row.note);
    }

    async commit(client, n) {
        await this.connection.query('BEGIN');
        await this.insert(client, n);
        await this.insert(client, -n);
        await this.connection.query('COMMIT');
    }

    async rollBack(client, n) {
        await this.connection.query('BEGIN');
        await this.insert(client, n);
        assert.deepEqual(await this.notes(client, n), [note(client, n)]);
        await this.connection.query('ROLLBACK');
    }

    async failInTransaction(client, n) {
        await this.connection.query('BEGIN');
        await this.insert(client, n);
        // queued by the driver, both before the first answer
        const [again, refused] = await Promise.all([
            sqlState(this.insert(client, n)), sqlState(this.notes(client, n))]);
        assert.equal(again, '23505');
        assert.equal(refused, '25P02');
        await this.connection.query('ROLLBACK');
    }

    async fail(n) {
        assert.equal(await sqlState(this.quotient(n, 0)), '22012');
        assert.equal(await sqlState(this.connection.query('SELEC ' + n)), '42601');
        const several = await this.connection.query(`SELECT ${n} AS a; SELECT 'b' AS b`);
        assert.deepEqual(several.map(result => result.rows), [[{ a: n }], [{ b: 'b' }]]);
    }

    async quotient(n, by) {
        const result = await this.query('quotient', 'SELECT $1::int / $2::int AS q', [n, by]);
        return result.rows[0].q;
    }
}

await runAll(async client => {
    const connection = new pg.Client({ application_name: `client ${client}` });
    await connection.connect();
    const shown = await connection.query('SHOW application_name');
    assert.equal(shown.rows[0].application_name, `client ${client}`);
    return new Ledger(connection, client % 2 === 0);
}, ledger => ledger.connection.end());
