// What the tests of node-postgres and Drizzle share: the work that dev.pgpool.core.clients.Ledger describes.
import assert from 'node:assert/strict';

export const table = process.env.LEDGER;
export const clients = Number(process.env.CLIENTS);
export const each = Number(process.env.EACH);
export const note = (client, n) => `note ${n} of client ${client}`;

/** Runs the part of one client; `ledger` knows how to do each step with its driver. */
export async function work(client, ledger) {
    let transactions = 0;
    for (let n = 0; n < each; n++) {
        switch (n % 5) {
            case 0:
                await ledger.insert(client, n);
                assert.deepEqual(await ledger.notes(client, n), [note(client, n)]);
                break;
            case 1:
                await ledger.commit(client, n);
                assert.deepEqual(await ledger.notes(client, -n), [note(client, -n)]);
                break;
            case 2:
                await ledger.rollBack(client, n);
                assert.deepEqual(await ledger.notes(client, n), []);
                break;
            case 3:
                await ledger.failInTransaction(client, n);
                assert.deepEqual(await ledger.notes(client, n), []);
                break;
            default:
                await ledger.fail(n);
                assert.equal(await ledger.quotient(n, 1), n);
        }
        transactions++;
    }
    return transactions;
}

/** Runs all clients side by side, each with what `open` makes and `close` ends. */
export async function runAll(open, close) {
    const counts = await Promise.all(Array.from({ length: clients }, async (_, client) => {
        const ledger = await open(client);
        try {
            return await work(client, ledger);
        } finally {
            await close(ledger);
        }
    }));
    console.log(`${counts.reduce((a, b) => a + b, 0)} transactions`);
}

export async function sqlState(promise) {
    try {
        await promise;
    } catch (e) {
        return e.code ?? e.cause?.code ?? String(e);
    }
    return 'no error';
}
