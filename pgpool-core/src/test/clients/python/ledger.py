"""What the tests of psycopg 2 and 3 share: the work that dev.pgpool.core.clients.Ledger describes."""

import os
from concurrent.futures import ThreadPoolExecutor

TABLE = os.environ["LEDGER"]
CLIENTS = int(os.environ["CLIENTS"])
EACH = int(os.environ["EACH"])


def note(client, n):
    return f"note {n} of client {client}"


def expect(actual, expected):
    if actual != expected:
        raise AssertionError(f"{actual!r} (expected: {expected!r})")


def work(client, ledger):
    """The part of one client; `ledger` knows how to do each step with its driver."""
    for n in range(EACH):
        step = n % 5
        if step == 0:
            ledger.insert(client, n)
            expect(ledger.notes(client, n), [note(client, n)])
        elif step == 1:
            ledger.commit(client, n)
            expect(ledger.notes(client, -n), [note(client, -n)])
        elif step == 2:
            ledger.roll_back(client, n)
            expect(ledger.notes(client, n), [])
        elif step == 3:
            ledger.fail_in_transaction(client, n)
            expect(ledger.notes(client, n), [])
        else:
            ledger.fail(n)
            expect(ledger.quotient(n, 1), n)
    return EACH


def run_all(open_ledger):
    """Runs all clients side by side, each with a ledger that `open_ledger(client)` makes."""

    def run(client):
        ledger = open_ledger(client)
        try:
            return work(client, ledger)
        finally:
            ledger.close()

    with ThreadPoolExecutor(CLIENTS) as threads:
        print(f"{sum(threads.map(run, range(CLIENTS)))} transactions")
