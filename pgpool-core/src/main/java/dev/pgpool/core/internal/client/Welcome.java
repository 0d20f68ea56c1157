package dev.pgpool.core.internal.client;

import dev.pgpool.core.internal.link.StartupTrial;
import dev.pgpool.core.internal.params.ApplicationName;
import dev.pgpool.core.internal.params.SessionParameters;
import dev.pgpool.core.internal.pool.ServerPool;
import dev.pgpool.core.internal.pool.StartupProfiles.Profile;
import dev.pgpool.core.internal.pool.Walsender;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.wire.BackendWriter;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.internal.wire.StartupPacket;
import dev.pgpool.core.internal.wire.StartupPacket.Setting;
import dev.pgpool.core.stats.CloseReason;
import io.netty.buffer.ByteBuf;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Phase: authenticated, but not told so yet. Finds the lane, goes to its event loop if need be, makes sure that a server
 * takes the client's settings, and says what PostgreSQL says: parameters, cancel key, ready.
 *
 * <pre>
 *   profile known? ──yes──────────────────────────────────────────────> welcome
 *     │ no                                                                ^
 *     v                                                                   │
 *   server ──> trial ──learned────────────────────────────────────────────┘
 *     ^          ├──── base of DateStyle wanted ──> connection that tells it ──> trial again
 *     │          ├──── bytes that are not valid in the database ──> clean name, or a server of its own
 *     └── lost ──┴──── refused ──> error
 * </pre>
 */
final class Welcome implements ClientPhase {
    /** The bytes of a value are not valid in the encoding of the database. */
    private static final String INVALID_BYTES = "22021";
    /** Servers that may be lost in a trial before the client hears of it. */
    private static final int ATTEMPTS = 3;
    /** Changes nothing of a DateStyle; what the start-up packet says goes before what the role says. */
    private static final Setting NO_PART_OF_DATE_STYLE = new Setting("DateStyle", "");

    private final ClientSession session;
    private final StartupPacket.Startup startup;
    private final StartupSettings wanted;
    private final Accepted accepted;
    private @Nullable ServerPool pool;
    /** As wanted, or with a name that has been cleaned. */
    private StartupSettings settings;

    private @Nullable StartupTrial trial;
    private @Nullable Walsender probe;
    private int lost;

    Welcome(ClientSession session, StartupPacket.Startup startup, StartupSettings settings, Accepted accepted) {
        this.session = session;
        this.startup = startup;
        this.wanted = settings;
        this.settings = settings;
        this.accepted = accepted;
    }

    void begin(ServerPool entered) {
        pool = entered;
        LaneEntry.enter(session, entered, this::profile);
    }

    private void profile() {
        Profile known = pool().profiles().find(wanted.tried());
        if (known != null) {
            welcome(known);
        } else if (wanted.areOnlyForTheStart()) {
            getOwnServer();
        } else {
            acquire();
        }
    }

    private void acquire() {
        ServerConnection server = session.lane().acquire(session);
        if (server != null) {
            onServer(session, server);
        }
    }

    private ServerPool pool() {
        ServerPool entered = pool;
        if (entered == null) {
            throw new IllegalStateException("not begun");
        }
        return entered;
    }

    @Override
    public void onServer(ClientSession s, ServerConnection server) {
        Walsender probing = probe;
        if (probing != null) {
            session.lane().walsenders().replace(server, probing);
            return;
        }
        StartupTrial begun = new StartupTrial(
                server, session.lane(), settings.tried(), pool().profiles().baseDateStyle(), new TrialOutcome(server));
        trial = begun;
        begun.begin();
    }

    @Override
    public void onNoServer(ClientSession s, ErrorFields error) {
        session.lane().giveUp(session);
        session.fail(error, session.lane().whyNone());
    }

    @Override
    public void onLongWait(ClientSession s) {
        accepted.tellLongWait(session);
    }

    /** What a server made of the settings. */
    private final class TrialOutcome implements StartupTrial.Outcome {
        private final ServerConnection server;

        TrialOutcome(ServerConnection server) {
            this.server = server;
        }

        @Override
        public void onLearned(Profile profile) {
            pool().profiles().learn(wanted.tried(), profile);
            ended(() -> welcome(profile));
        }

        @Override
        public void onBaseWanted() {
            ended(Welcome.this::probe);
        }

        @Override
        public void onRefused(ErrorFields error) {
            ended(() -> refused(error, server.readOnlyParameters().getOrDefault("server_version", "")));
        }

        @Override
        public void onLost(@Nullable ErrorFields error) {
            ended(() -> {
                if (++lost < ATTEMPTS) {
                    acquire();
                } else {
                    ErrorFields why = error == null ? PoolerError.SERVER_CLOSED.with("during login") : error;
                    session.fail(why.asFatal(), CloseReason.SERVER_UNAVAILABLE);
                }
            });
        }

        private void ended(Runnable next) {
            trial = null;
            session.guard(next);
        }
    }

    private void refused(ErrorFields error, String version) {
        if (!error.sqlState().equals(INVALID_BYTES) || !settings.hasForeignValues()) {
            session.fail(error.asFatal(), CloseReason.SERVER_UNAVAILABLE);
            return;
        }
        StartupSettings clean = settings.hasForeignName() ? settings.withCleanName(version) : null;
        if (clean == null) {
            getOwnServer();
        } else {
            settings = clean;
            acquire();
        }
    }

    /** A server takes settings that no SQL can set only from the client itself, when the server starts. */
    private void getOwnServer() {
        ReplicationPhase own = new ReplicationPhase(session, startup, pool(), accepted);
        session.enter(own);
        own.beginInLane();
    }

    /** A connection that has no part of a DateStyle in its start-up packet, but has one there, tells what a part builds on. */
    private void probe() {
        Walsender probing = new Walsender(session, List.of(NO_PART_OF_DATE_STYLE), new Walsender.Outcome() {
            @Override
            public boolean isWanted() {
                return !session.isClosed();
            }

            @Override
            public void onConnected(ServerConnection told) {
                String base = told.loginParameters().get(NO_PART_OF_DATE_STYLE.name());
                pool().profiles().baseDateStyle(base == null ? "" : base);
                told.close(CloseReason.EVICTED);
                probe = null;
                session.guard(Welcome.this::profile);
            }

            @Override
            public void onFailed(ErrorFields error) {
                probe = null;
                session.fail(error, CloseReason.SERVER_UNAVAILABLE);
            }
        });
        probe = probing;
        ServerConnection place = session.lane().walsenders().acquire(probing);
        if (place != null) {
            onServer(session, place);
        }
    }

    private void welcome(Profile profile) {
        if (!accepted.holds()) {
            return;
        }
        ServerPool entered = pool();
        SessionParameters mine = profile.parameters();
        String name = settings.applicationName();
        if (name != null) {
            mine = entered.parameters().with(mine, ApplicationName.PARAMETER, name);
        }
        session.linked().beganWith(mine);
        ByteBuf out = session.out().space();
        accepted.tell(out);
        profile.told().forEach((reported, value) -> {
            String own = reported.equals(ApplicationName.PARAMETER) ? name : null;
            BackendWriter.parameterStatus(out, reported, own == null ? value : own);
        });
        LoginEnd.tell(session, startup.minor(), out);
        session.out().flush();
        session.enter(QueryPhase.INSTANCE);
        session.loggedIn(entered.key());
        session.readable(true);
        session.resume();
    }

    @Override
    public void onMessages(ClientSession s, MessageCursor in) {
        // a client must not speak before it is welcome: it waits
    }

    @Override
    public void onClosed() {
        StartupTrial running = trial;
        if (running != null) {
            running.abandon();
        }
        Walsender probing = probe;
        if (probing != null) {
            session.lane().walsenders().abandon(probing);
        }
    }
}
