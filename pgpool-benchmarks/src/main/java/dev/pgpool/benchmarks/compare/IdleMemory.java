package dev.pgpool.benchmarks.compare;

import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Resident memory of a contender without clients and with many idle ones. The process is a fresh one that has served a
 * few hundred logins, so that its code is loaded. A JVM collects its garbage before both readings: then what lives has
 * moved into a part of the heap that was not resident before, and clients can't hide in room that garbage left.
 */
final class IdleMemory {
    private static final int WARM_UP_LOGINS = 300;
    private static final long SETTLE_MILLIS = 2_000;

    private IdleMemory() {}

    /**
     * Resident memory of the whole process.
     *
     * @param beforeBytes without clients
     * @param afterBytes with them
     */
    record Reading(long beforeBytes, long afterBytes, int clients) {
        double bytesPerClient() {
            return (afterBytes - beforeBytes) / (double) clients;
        }
    }

    /** Each client logs in, runs one query and stays. */
    static Reading loggedIn(Contender contender, int clients, boolean byTls) throws IOException, InterruptedException {
        return measure(contender, clients, () -> {
            RawClient client = byTls ? RawClient.logInByTls(contender.port()) : RawClient.logIn(contender.port());
            client.query("SELECT 1");
            return client;
        });
    }

    /** Each client connects and says nothing: for the relay, which would need a server for each client that speaks. */
    static Reading connected(Contender contender, int clients) throws IOException, InterruptedException {
        return measure(contender, clients, () -> RawClient.connect(contender.port()));
    }

    private interface Opening {
        Closeable open() throws IOException;
    }

    private static Reading measure(Contender contender, int count, Opening opening)
            throws IOException, InterruptedException {
        for (int i = 0; i < WARM_UP_LOGINS; i++) {
            opening.open().close();
        }
        TimeUnit.MILLISECONDS.sleep(SETTLE_MILLIS);
        contender.collectGarbage();
        long before = contender.residentBytes();
        List<Closeable> clients = new ArrayList<>(count);
        try {
            for (int i = 0; i < count; i++) {
                clients.add(opening.open());
            }
            TimeUnit.MILLISECONDS.sleep(SETTLE_MILLIS);
            contender.collectGarbage();
            return new Reading(before, contender.residentBytes(), count);
        } finally {
            for (Closeable client : clients) {
                client.close();
            }
        }
    }
}
