package dev.pgpool.core.transitions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.fixture.Message;
import dev.pgpool.core.fixture.TlsTunnel;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.fixture.WireClient;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A pooler with a client in each state that a reload may meet. */
final class Scene implements AutoCloseable {
    /** How far a login has come when the settings change. */
    enum Login {
        /** Nothing was sent. */
        CONNECTED,
        /** TLS is negotiated, nothing else was sent. */
        ENCRYPTED,
        /** The start-up packet was sent, and the question how the client proves who it is has come. */
        ASKED,
        /** As {@link #ASKED}, with TLS. */
        ENCRYPTED_AND_ASKED,
        /** The auth query is asking the server for the client's secret. */
        LOOKING
    }

    final Stage stage;
    final PgPool pool;
    final TlsTunnel tunnel;
    final WireClient boss;
    final WireClient idle;
    final WireClient busy;
    private final Map<Login, WireClient> logins = new EnumMap<>(Login.class);
    private final List<AutoCloseable> opened = new ArrayList<>();
    private @Nullable Connection lock;

    /** @param ordinary whether a client is in a transaction */
    Scene(Stage stage, PgPool pooler, Map<Login, Outcome> outcomes, boolean ordinary) {
        this.stage = stage;
        this.pool = opened(pooler.start());
        this.tunnel = opened(TlsTunnel.to(pool.address(), stage.pki.context(stage.client)));
        this.boss = login(Stage.BOSS, "pgbouncer");
        this.idle = login();
        this.busy = login();
        idle.run("SELECT 1");
        if (ordinary) {
            busy.run("BEGIN");
        }
        logins.put(Login.CONNECTED, connect());
        logins.put(Login.ENCRYPTED, opened(WireClient.connect(tunnel.address())));
        logins.put(Login.ENCRYPTED_AND_ASKED, opened(WireClient.connect(tunnel.address())));
        await().atMost(Wire.PATIENCE).until(() -> tunnel.encrypted().size() == 2);
        logins.put(Login.ASKED, connect());
        for (Login how : List.of(Login.ASKED, Login.ENCRYPTED_AND_ASKED)) {
            WireClient asked = logins.get(how).startup(Stage.APP, Stage.APP);
            assertThat(asked.isReadable(Wire.PATIENCE)).isTrue();
        }
        if (!Outcome.NONE.equals(outcomes.get(Login.LOOKING))) {
            beginLooking();
        }
    }

    private void beginLooking() {
        try {
            Connection holder = stage.postgres.superuser();
            lock = holder;
            try (Statement statement = holder.createStatement()) {
                statement.execute("SELECT pg_advisory_lock(" + Stage.LOCK + ")");
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        logins.put(Login.LOOKING, connect().startup(Stage.LOOKED, Stage.APP));
        await().atMost(Wire.PATIENCE)
                .until(() -> !stage.postgres
                        .query("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
                        .isEmpty());
    }

    /** The auth query may answer. */
    void unlock() {
        Connection holder = lock;
        lock = null;
        if (holder != null) {
            try {
                holder.close();
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    <T extends AutoCloseable> T opened(T thing) {
        opened.add(thing);
        return thing;
    }

    WireClient connect() {
        return opened(WireClient.connect(pool.address()));
    }

    WireClient login() {
        return login(Stage.APP, Stage.APP);
    }

    WireClient login(String user, String database) {
        return connect().startup(user, database).awaitLogin(Stage.SECRET);
    }

    /** The words that a new client is refused with. */
    String refusal(String user, String database, String password) {
        return connect().startup(user, database).authenticate(password).toString();
    }

    /** Lets the logins that are under way go on, and looks what becomes of them. */
    void finish(Map<Login, Outcome> outcomes) {
        logins.forEach((how, client) -> {
            Outcome outcome = outcomes.getOrDefault(how, Outcome.IN);
            if (!outcome.isSpontaneous() && (how == Login.CONNECTED || how == Login.ENCRYPTED)) {
                client.startup(Stage.APP, Stage.APP);
            }
            String what = how + " " + outcome;
            if (outcome.isSpontaneous()) {
                assertThat(client.readUntilClosed()).as(what).last().asString().contains(outcome.words());
                return;
            }
            Message end = client.authenticate(outcome.password());
            if (outcome.words().isEmpty()) {
                assertThat(end.isError()).as(what + ": " + end).isFalse();
                client.readUntilReady();
            } else {
                assertThat(end.isError()).as(what + ": " + end).isTrue();
                assertThat(end.toString()).as(what).contains(outcome.words());
            }
        });
    }

    /** Those who are logged in notice nothing. */
    void goOn() {
        assertThat(idle.value("SELECT 'idle'")).isEqualTo("idle");
        assertThat(busy.value("SELECT 'busy'")).isEqualTo("busy");
        busy.run("COMMIT");
    }

    /** All clients leave. */
    void leave() {
        opened.stream()
                .filter(WireClient.class::isInstance)
                .map(WireClient.class::cast)
                .forEach(WireClient::close);
    }

    /** Waits until a value is what it should be; each look is a transaction of its own. */
    void awaitValue(WireClient client, String sql, String expected) {
        await().atMost(Duration.ofSeconds(20)).until(() -> expected.equals(client.value(sql)));
    }

    @Override
    public void close() throws Exception {
        unlock();
        for (int i = opened.size() - 1; i >= 0; i--) {
            opened.get(i).close();
        }
    }
}
