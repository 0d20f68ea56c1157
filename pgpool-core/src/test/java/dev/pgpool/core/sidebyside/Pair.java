package dev.pgpool.core.sidebyside;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.event.PgPoolListener;
import dev.pgpool.core.pgbouncer.PgBouncerIni;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** PgBouncer and the pooler with the same ini. */
final class Pair implements AutoCloseable {
    private final RealPgBouncer theirs;
    private final PgPool ours;

    Pair(World world, Setup setup, Path directory) throws IOException {
        world.writeFiles(directory);
        int port = RealPgBouncer.freePort();
        Path ini =
                Files.write(directory.resolve("pgbouncer.ini"), setup.ini(world.server(), directory.toString(), port));
        this.theirs = new RealPgBouncer(directory, ini, port);
        try {
            // the port is the one thing that two processes can't share
            Path same = Files.write(
                    directory.resolve("same.ini"),
                    setup.ini(world.server(), directory.toString(), RealPgBouncer.freePort()));
            this.ours = PgPool.of(PgBouncerIni.read(same), PgPoolListener.NONE).start();
        } catch (RuntimeException | Error e) {
            theirs.close();
            throw e;
        }
    }

    /** Plays a case at both at the same time, and says how what is seen differs from what is expected. */
    List<String> differences(Case row) throws Exception {
        CompletableFuture<List<Seen>> there =
                CompletableFuture.supplyAsync(() -> play(new Seat(theirs.address()), row));
        List<Seen> here = play(new Seat(ours.address()), row);
        return differences(row, there.get(), here);
    }

    private static List<Seen> play(Seat seat, Case row) {
        try (seat) {
            row.scenario().play(seat);
        } catch (Exception | AssertionError e) {
            seat.note(e.toString());
        }
        return seat.seen();
    }

    private static List<String> differences(Case row, List<Seen> there, List<Seen> here) {
        if (!row.readme().isEmpty()) {
            return texts(there).equals(row.theirs()) && texts(here).equals(row.ours())
                    ? List.of()
                    : List.of(
                            row.what(),
                            "  PgBouncer: " + texts(there),
                            "  expected : " + row.theirs(),
                            "  pooler   : " + texts(here),
                            "  expected : " + row.ours());
        }
        boolean same = there.size() == here.size();
        for (int i = 0; same && i < here.size(); i++) {
            same = here.get(i).isAs(there.get(i), row.sqlStates());
        }
        return same ? List.of() : List.of(row.what(), "  PgBouncer: " + texts(there), "  pooler   : " + texts(here));
    }

    private static List<String> texts(List<Seen> seen) {
        return seen.stream().map(Seen::text).toList();
    }

    /** PgBouncer's log, to look at where a case fails. */
    String said() throws IOException {
        return theirs.said();
    }

    @Override
    public void close() {
        theirs.close();
        ours.close();
    }
}
