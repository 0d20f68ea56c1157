"""psycopg 3: statements prepared from the first use, pipelines, nested transactions, COPY, cursors of the server."""

import logging

import psycopg
from ledger import CLIENTS, EACH, TABLE, expect, note, run_all


class Ledger:
    def __init__(self, client):
        self.connection = psycopg.connect("", autocommit=True, prepare_threshold=0 if client % 2 == 0 else 5)
        self.in_pipelines = client % 4 < 2

    def close(self):
        self.connection.close()

    def insert(self, client, n):
        cursor = self.connection.execute(f"INSERT INTO {TABLE} VALUES (%s, %s, %s)", (client, n, note(client, n)))
        if not self.in_pipelines or self.connection.info.pipeline_status == psycopg.pq.PipelineStatus.OFF:
            expect(cursor.rowcount, 1)

    def notes(self, client, n):
        rows = self.connection.execute(f"SELECT note FROM {TABLE} WHERE client = %s AND n = %s", (client, n))
        return [row[0] for row in rows]

    def commit(self, client, n):
        if self.in_pipelines:
            with self.connection.pipeline(), self.connection.transaction():
                self.insert(client, n)
                self.insert(client, -n)
        else:
            with self.connection.transaction():
                self.insert(client, n)
                with self.connection.transaction(force_rollback=True):
                    self.insert(client, n + 1_000_000)
                with self.connection.cursor() as cursor:
                    with cursor.copy(f"COPY {TABLE} FROM STDIN") as copy:
                        copy.write_row((client, -n, note(client, -n)))

    def roll_back(self, client, n):
        with self.connection.transaction(force_rollback=True):
            self.insert(client, n)
            with self.connection.cursor(name="of the server") as cursor:
                cursor.execute(f"SELECT note FROM {TABLE} WHERE client = %s AND n = %s", (client, n))
                expect(cursor.fetchall(), [(note(client, n),)])

    def fail_in_transaction(self, client, n):
        try:
            if self.in_pipelines:
                with self.connection.pipeline(), self.connection.transaction():
                    self.insert(client, n)
                    self.insert(client, n)
                    self.insert(client, n + 1_000_000)
            else:
                with self.connection.transaction():
                    self.insert(client, n)
                    self.insert(client, n)
            raise AssertionError("no error")
        except psycopg.errors.UniqueViolation:
            pass

    def fail(self, n):
        try:
            self.quotient(n, 0)
            raise AssertionError("no error")
        except psycopg.errors.DivisionByZero:
            pass
        if self.in_pipelines:
            self.fail_in_pipeline(n)

    def fail_in_pipeline(self, n):
        """The first fails, the second is skipped by the server, the third is behind the next Sync."""
        errors = []

        def attempt(step, *arguments, **options):
            # psycopg tells of an error whenever it happens to read it
            try:
                step(*arguments, **options)
            except psycopg.errors.PipelineAborted:
                pass
            except psycopg.errors.DivisionByZero as error:
                errors.append(error)

        with self.connection.pipeline() as pipeline:
            attempt(self.connection.execute, "SELECT 1 / %s::int", (0,))
            attempt(self.connection.execute, "SELECT 'skipped'", prepare=False)
            attempt(pipeline.sync)
            while not errors:
                attempt(lambda: self.connection.execute("SELECT 1", prepare=False).fetchone())
            third = self.connection.execute("SELECT %s::int", (n,))
            pipeline.sync()
            expect(third.fetchone(), (n,))
        expect(len(errors), 1)

    def quotient(self, n, by):
        return self.connection.execute("SELECT %s::int / %s::int", (n, by)).fetchone()[0]


# that a pipeline ended with the error that it told of before is a warning
logging.getLogger("psycopg").setLevel(logging.ERROR)
run_all(Ledger)
with psycopg.connect("") as connection:
    cursor = connection.cursor()
    with cursor.copy(f"COPY (SELECT * FROM {TABLE}) TO STDOUT") as copy:
        expect(sum(1 for _ in copy.rows()), CLIENTS * EACH // 5 * 3)
