package dev.pgpool.core.internal.client;

import dev.pgpool.core.config.SessionState;
import dev.pgpool.core.internal.link.Link;
import dev.pgpool.core.internal.prepared.ClientStatements;
import dev.pgpool.core.internal.tls.TlsSession;
import dev.pgpool.core.stats.ClientInfo;
import dev.pgpool.core.stats.ClientInfo.State;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What operators see of a client. */
final class ClientView {
    private ClientView() {}

    /** On the client's event loop. */
    static ClientInfo of(ClientSession session) {
        long nanos = System.nanoTime();
        Instant now = Instant.now();
        Link link = session.link();
        ClientStatements statements = session.linked().knownStatements();
        long connected = session.connectedNanos();
        long requested = session.linked().requestedNanos();
        TlsSession tls = session.connection().tls();
        return new ClientInfo(
                session.id(),
                session.identity().database(),
                session.identity().user(),
                state(session, link),
                session.phase().replication(),
                session.connection().remoteAddress(),
                session.connection().localAddress(),
                now.minusNanos(nanos - connected),
                now.minusNanos(nanos - (requested == 0 ? connected : requested)),
                session.isWaiting() ? Duration.ofNanos(nanos - session.waitingSinceNanos()) : Duration.ZERO,
                link == null ? OptionalInt.empty() : OptionalInt.of(link.serverId()),
                tls == null ? Optional.empty() : Optional.of(tls.protocol() + "/" + tls.cipherSuite()),
                session.linked().applicationName(),
                statements == null ? 0 : statements.size(),
                link == null ? Set.of() : kinds(link.pins()));
    }

    private static State state(ClientSession session, @Nullable Link link) {
        if (session.isAtConsole()) {
            return State.CONSOLE;
        }
        if (session.isWaiting()) {
            return State.WAITING;
        }
        if (!session.identity().isLoggedIn()) {
            return State.LOGIN;
        }
        return link != null || session.phase().isRelaying() ? State.ACTIVE : State.IDLE;
    }

    private static Set<SessionState> kinds(int bits) {
        Set<SessionState> kinds = EnumSet.noneOf(SessionState.class);
        for (SessionState kind : SessionState.values()) {
            if ((bits & kind.bit()) != 0) {
                kinds.add(kind);
            }
        }
        return kinds;
    }
}
