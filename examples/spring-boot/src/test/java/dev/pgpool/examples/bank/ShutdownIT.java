package dev.pgpool.examples.bank;

import static dev.pgpool.examples.fixture.RunningBank.transfer;
import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.examples.fixture.Eventually;
import dev.pgpool.examples.fixture.RunningBank;
import dev.pgpool.examples.fixture.TestDatabase;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The application ends while it is under load. */
class ShutdownIT {

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatIsInFlightCompletesAndNothingStaysBehind(boolean inProcess) throws Exception {
        TestDatabase database = TestDatabase.create();
        RunningBank bank = RunningBank.on(database, List.of(), "--pgpool.datasource.in-process=" + inProcess);
        long held = bank.open("held", 100);
        long payee = bank.open("bob", 0);
        Load load = new Load(bank);
        List<CompletableFuture<HttpResponse<String>>> inFlight;
        CompletableFuture<Void> end;
        try (Connection holder = database.inTransaction("SELECT FROM account WHERE id = " + held + " FOR UPDATE")) {
            inFlight = IntStream.range(0, 4)
                    .mapToObj(i -> bank.postLater("transfers", transfer(held, payee, 1)))
                    .toList();
            Eventually.equal(
                    "4",
                    () -> database.query("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                            + " AND wait_event_type = 'Lock'"));

            load.closing();
            end = CompletableFuture.runAsync(bank::close);
            load.awaitEnd();

            assertThat(inFlight).noneMatch(CompletableFuture::isDone);
            holder.rollback();
        }

        for (CompletableFuture<HttpResponse<String>> each : inFlight) {
            assertThat(each.get(30, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
        }
        end.get(60, TimeUnit.SECONDS);
        assertThat(load.failures).isEmpty();
        assertThat(load.opened.get()).isPositive();
        Eventually.equal(0, database::serverConnections);
        assertThat(database.query("SELECT balance FROM account WHERE owner = 'held'"))
                .isEqualTo("96");
        // What was answered was done, and of what was cut off some may have been done
        assertThat(Integer.parseInt(database.query("SELECT count(*) FROM account WHERE owner = 'load'")))
                .isBetween(load.opened.get(), load.opened.get() + load.cutOff.get());
    }

    /** Accounts that are opened, one after the other in each of a few threads. */
    private static final class Load {
        private final AtomicInteger opened = new AtomicInteger();
        private final AtomicInteger cutOff = new AtomicInteger();
        private final Queue<String> failures = new ConcurrentLinkedQueue<>();
        private final AtomicBoolean closing = new AtomicBoolean();
        private final List<Thread> threads = new ArrayList<>();

        Load(RunningBank bank) {
            for (int i = 0; i < 4; i++) {
                Thread thread = new Thread(() -> run(bank));
                thread.start();
                threads.add(thread);
            }
        }

        private void run(RunningBank bank) {
            while (true) {
                try {
                    HttpResponse<String> response = bank.post("accounts", "[{\"owner\":\"load\",\"balance\":1}]");
                    if (response.statusCode() == 200) {
                        opened.incrementAndGet();
                    } else if (closing.get() && isOfTomcat(response)) {
                        // its answer to what comes on an open connection when the end has begun: nothing was done
                        return;
                    } else {
                        failures.add(response.statusCode() + " " + response.body());
                    }
                } catch (IOException e) {
                    // No new connections are taken when the end has begun
                    cutOff.incrementAndGet();
                    if (!closing.get()) {
                        failures.add(e.toString());
                    }
                    return;
                } catch (InterruptedException e) {
                    return;
                }
            }
        }

        /** A 503, or a 400 if the end began while the request was being read: a page, where the application answers in JSON. */
        private static boolean isOfTomcat(HttpResponse<String> response) {
            return response.statusCode() == 503
                    || response.statusCode() == 400 && response.body().startsWith("<!doctype html>");
        }

        void closing() {
            closing.set(true);
        }

        void awaitEnd() throws InterruptedException {
            for (Thread thread : threads) {
                thread.join();
            }
        }
    }
}
