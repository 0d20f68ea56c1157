package dev.pgpool.core.internal.runtime;

import dev.pgpool.core.config.ConfigException;
import dev.pgpool.core.config.ListenConfig;
import dev.pgpool.core.config.PgPoolConfig;
import java.util.ArrayList;
import java.util.List;

/** What a running pooler can't change, because its sockets and threads are made of it. */
final class Unchangeable {
    private final List<String> problems = new ArrayList<>();

    private Unchangeable() {}

    /** @throws ConfigException with everything that is different and must not be */
    static void check(PgPoolConfig running, PgPoolConfig next) {
        Unchangeable check = new Unchangeable();
        check.same("name", running.instance().name(), next.instance().name());
        check.same(
                "daemonThreads",
                running.instance().daemonThreads(),
                next.instance().daemonThreads());
        ListenConfig was = running.listen();
        ListenConfig is = next.listen();
        check.same("listen.host", was.host(), is.host());
        check.same("listen.port", was.port(), is.port());
        check.same("listen.unixSocketDirectory", was.unixSocketDirectory(), is.unixSocketDirectory());
        check.same("listen.unixSocketMode", was.unixSocketMode(), is.unixSocketMode());
        check.same("listen.unixSocketGroup", was.unixSocketGroup(), is.unixSocketGroup());
        check.same("listen.backlog", was.backlog(), is.backlog());
        check.same("listen.reusePort", was.reusePort(), is.reusePort());
        check.same("peers.id", running.peers().id(), next.peers().id());
        check.same("fleet", running.fleets(), next.fleets());
        check.same("eventLoops", running.eventLoops(), next.eventLoops());
        if (!check.problems.isEmpty()) {
            throw new ConfigException(check.problems);
        }
    }

    private void same(String path, Object was, Object is) {
        if (!was.equals(is)) {
            problems.add(path + ": " + is + " (expected: " + was + ", since it can't change while the pooler runs)");
        }
    }
}
