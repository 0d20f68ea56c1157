package dev.pgpool.core.transitions;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.PgPoolBuilder;
import dev.pgpool.core.auth.ClientAuthentication;
import dev.pgpool.core.config.AuthQueryBuilder;
import dev.pgpool.core.config.DatabaseBuilder;
import dev.pgpool.core.config.TlsBuilder;
import dev.pgpool.core.config.TlsMode;
import dev.pgpool.core.config.UserBuilder;
import dev.pgpool.core.fixture.TestPooler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What a pooler is told: the base of all scenes, and on top of it what a transition is about. */
final class Told {
    private final Stage stage;
    private final List<Consumer<PgPoolBuilder>> pooler = new ArrayList<>();
    private final List<Consumer<DatabaseBuilder>> app = new ArrayList<>();
    private final List<Consumer<UserBuilder>> user = new ArrayList<>();
    private final List<Consumer<TlsBuilder>> clientTls = new ArrayList<>();
    private final List<Consumer<TlsBuilder>> serverTls = new ArrayList<>();
    private final List<Consumer<AuthQueryBuilder>> authQuery = new ArrayList<>();
    private @Nullable Consumer<TlsBuilder> clientTlsAnew;
    private boolean withoutApp;

    Told(Stage stage) {
        this.stage = stage;
    }

    Told pooler(Consumer<PgPoolBuilder> more) {
        pooler.add(more);
        return this;
    }

    Told app(Consumer<DatabaseBuilder> more) {
        app.add(more);
        return this;
    }

    Told user(Consumer<UserBuilder> more) {
        user.add(more);
        return this;
    }

    Told clientTls(Consumer<TlsBuilder> more) {
        clientTls.add(more);
        return this;
    }

    /** Instead of all that the base has. */
    Told clientTlsAnew(Consumer<TlsBuilder> all) {
        clientTlsAnew = all;
        return this;
    }

    Told serverTls(Consumer<TlsBuilder> more) {
        serverTls.add(more);
        return this;
    }

    Told authQuery(Consumer<AuthQueryBuilder> more) {
        authQuery.add(more);
        return this;
    }

    /** Without the database that all clients use; another must be added. */
    Told withoutApp() {
        withoutApp = true;
        return this;
    }

    private void clientTls(TlsBuilder tls) {
        tls.mode(TlsMode.ALLOW)
                .certificate(stage.server.certificate(), stage.server.key())
                .trust(stage.pki.trust())
                .nativeLibrary(false);
        clientTls.forEach(more -> more.accept(tls));
    }

    PgPoolBuilder builder() {
        PgPoolBuilder builder = PgPool.builder()
                .listen("127.0.0.1", 0)
                .eventLoops(2)
                .clientAuthentication(ClientAuthentication.SCRAM_SHA_256)
                .credentials(stage.store)
                .adminUsers(Stage.BOSS)
                .statsPeriod(Duration.ofHours(1))
                .tls(clientTlsAnew != null ? clientTlsAnew : this::clientTls)
                .authQuery(query -> {
                    query.user("postgres")
                            .database(withoutApp ? "other" : Stage.APP)
                            .query("SELECT u, p FROM public.slow_secret($1)")
                            .timeout(Duration.ofSeconds(20));
                    authQuery.forEach(more -> more.accept(query));
                });
        if (!withoutApp) {
            builder.database(Stage.APP, db -> {
                TestPooler.at(db, stage.postgres).maxConnections(4);
                if (!serverTls.isEmpty()) {
                    db.tls(tls -> {
                        tls.nativeLibrary(false);
                        serverTls.forEach(more -> more.accept(tls));
                    });
                }
                app.forEach(more -> more.accept(db));
            });
        }
        if (!user.isEmpty()) {
            builder.user(Stage.APP, u -> user.forEach(more -> more.accept(u)));
        }
        pooler.forEach(more -> more.accept(builder));
        return builder;
    }
}
