"""psycopg 2: simple queries, transactions that begin by themselves, named cursors, COPY, large objects, cancel."""

import io
import threading

import psycopg2
import psycopg2.errorcodes
import psycopg2.errors
import psycopg2.extras
from ledger import CLIENTS, EACH, TABLE, expect, note, run_all


class Ledger:
    def __init__(self, client):
        self.connection = psycopg2.connect("")
        self.connection.set_client_encoding("UTF8" if client % 2 == 0 else "LATIN1")

    def close(self):
        self.connection.close()

    def execute(self, sql, values=()):
        cursor = self.connection.cursor()
        cursor.execute(sql, values)
        return cursor

    def insert_only(self, client, n):
        expect(self.execute(f"INSERT INTO {TABLE} VALUES (%s, %s, %s)", (client, n, note(client, n))).rowcount, 1)

    def insert(self, client, n):
        self.insert_only(client, n)
        self.connection.commit()

    def notes(self, client, n):
        rows = self.execute(f"SELECT note FROM {TABLE} WHERE client = %s AND n = %s", (client, n)).fetchall()
        self.connection.commit()
        return [row[0] for row in rows]

    def commit(self, client, n):
        cursor = self.connection.cursor()
        cursor.copy_expert(f"COPY {TABLE} FROM STDIN", io.StringIO(f"{client}\t{n}\t{note(client, n)}\n"))
        psycopg2.extras.execute_values(
            cursor, f"INSERT INTO {TABLE} VALUES %s", [(client, -n, note(client, -n))]
        )
        self.connection.commit()

    def roll_back(self, client, n):
        self.insert_only(client, n)
        with self.connection.cursor(name="of the server") as cursor:
            cursor.itersize = 1
            cursor.execute(f"SELECT note FROM {TABLE} WHERE client = %s AND n = %s", (client, n))
            expect(list(cursor), [(note(client, n),)])
        large = self.connection.lobject(0, "wb")
        large.write(b"lost with its transaction")
        self.connection.rollback()

    def fail_in_transaction(self, client, n):
        self.insert_only(client, n)
        for error in psycopg2.errors.UniqueViolation, psycopg2.errors.InFailedSqlTransaction:
            try:
                self.insert_only(client, n)
                raise AssertionError("no error")
            except error:
                pass
        self.connection.rollback()

    def fail(self, n):
        try:
            self.quotient(n, 0)
            raise AssertionError("no error")
        except psycopg2.errors.DivisionByZero:
            self.connection.rollback()
        if n == 4:
            # a request that comes between BEGIN and the query is for nobody: so it is asked for until it has its effect
            cancelled = threading.Event()
            canceller = threading.Thread(target=self.cancel_until, args=(cancelled,))
            canceller.start()
            try:
                self.execute("SELECT pg_sleep(60)")
                raise AssertionError("no error")
            except psycopg2.errors.QueryCanceled:
                pass
            finally:
                cancelled.set()
                canceller.join()
            self.connection.rollback()

    def cancel_until(self, cancelled):
        while not cancelled.wait(0.5):
            self.connection.cancel()

    def quotient(self, n, by):
        quotient = self.execute("SELECT %s / %s", (n, by)).fetchone()[0]
        self.connection.commit()
        return quotient


run_all(Ledger)
with psycopg2.connect("") as connection:
    out = io.StringIO()
    connection.cursor().copy_expert(f"COPY {TABLE} TO STDOUT", out)
    expect(len(out.getvalue().splitlines()), CLIENTS * EACH // 5 * 3)
