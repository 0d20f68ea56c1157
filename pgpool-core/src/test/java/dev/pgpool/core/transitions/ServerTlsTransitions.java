package dev.pgpool.core.transitions;

import static dev.pgpool.core.transitions.Transition.change;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.config.ChannelBinding;
import dev.pgpool.core.config.TlsBuilder;
import dev.pgpool.core.config.TlsMode;
import dev.pgpool.core.config.TlsNegotiation;
import dev.pgpool.core.fixture.TestPki;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.transitions.Scene.Login;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.List;
import java.util.function.BiConsumer;

/** How connections to servers are encrypted. The server asks for nothing and takes everything. */
final class ServerTlsTransitions {
    private static final String OF_OURS = " FROM pg_stat_ssl WHERE pid = pg_backend_pid()";

    private ServerTlsTransitions() {}

    static List<Transition> all() {
        return List.of(
                says(
                        "serverTls.mode",
                        "disable to require",
                        TlsMode.DISABLE,
                        (s, tls) -> tls.mode(TlsMode.REQUIRE),
                        "ssl",
                        "t"),
                says(
                        "serverTls.mode",
                        "require to disable",
                        TlsMode.REQUIRE,
                        (s, tls) -> tls.mode(TlsMode.DISABLE),
                        "ssl",
                        "f"),
                says(
                        "serverTls.mode",
                        "prefer to allow",
                        TlsMode.PREFER,
                        (s, tls) -> tls.mode(TlsMode.ALLOW),
                        "ssl",
                        "f"),
                change("serverTls.mode", "prefer to require, where the server can't")
                        .before((stage, told) -> older(stage, told, TlsMode.PREFER))
                        .after((stage, told) -> older(stage, told, TlsMode.REQUIRE))
                        .logins(Outcome.refused("FATAL"))
                        .login(Login.LOOKING, Outcome.NONE)
                        .stopsClients()
                        .seen(scene -> assertThat(
                                        scene.idle.query("SELECT 1").send().readUntilClosed())
                                .last()
                                .asString()
                                .contains("FATAL")),
                says(
                        "serverTls.certificate",
                        "",
                        TlsMode.REQUIRE,
                        (stage, tls) -> {
                            tls.certificate(stage.client.certificate(), stage.client.key());
                        },
                        "client_dn",
                        "/CN=app"),
                change("serverTls.certificate", "changed in place")
                        .before((stage, told) -> inPlace(stage, told, stage.stranger))
                        .after((stage, told) -> inPlace(stage, told, stage.client))
                        .seen(scene -> scene.awaitValue(scene.idle, "SELECT client_dn" + OF_OURS, "/CN=app")),
                says(
                        "serverTls.keyStore",
                        "",
                        TlsMode.REQUIRE,
                        (stage, tls) -> tls.keyStore(ClientTlsTransitions.keyStore(stage, stage.client), "changeit"),
                        "client_dn",
                        "/CN=app"),
                says(
                        "serverTls.keyManager",
                        "",
                        TlsMode.REQUIRE,
                        (stage, tls) -> {
                            try {
                                tls.keyManager(stage.client.bundle().toKeyManagerFactory());
                            } catch (GeneralSecurityException e) {
                                throw new IllegalStateException(e);
                            }
                        },
                        "client_dn",
                        "/CN=app"),
                distrusts("serverTls.trust", "another file", (stage, tls) -> tls.trust(stage.otherPki.trust())),
                change("serverTls.trust", "changed in place")
                        .before((stage, told) -> trustInPlace(stage, told, stage.pki.trust()))
                        .after((stage, told) -> trustInPlace(stage, told, stage.otherPki.trust()))
                        .logins(Outcome.refused("FATAL"))
                        .login(Login.LOOKING, Outcome.NONE)
                        .stopsClients()
                        .seen(ServerTlsTransitions::hasNoServer),
                distrusts(
                        "serverTls.trustStore",
                        "",
                        (stage, tls) -> tls.trustStore(ClientTlsTransitions.trustStore(stage), "changeit")),
                distrusts("serverTls.trustPlatform", "", (stage, tls) -> tls.trustPlatform()),
                distrusts(
                        "serverTls.trustManager",
                        "",
                        (stage, tls) -> tls.trustManager(stage.otherRoot().toTrustManagerFactory())),
                says(
                        "serverTls.protocols",
                        "",
                        TlsMode.REQUIRE,
                        (stage, tls) -> tls.protocols("TLSv1.2"),
                        "version",
                        "TLSv1.2"),
                says(
                        "serverTls.cipherSuites",
                        "",
                        TlsMode.REQUIRE,
                        (stage, tls) -> tls.cipherSuites("TLS_AES_128_GCM_SHA256"),
                        "cipher",
                        "TLS_AES_128_GCM_SHA256"),
                change("serverTls.negotiation")
                        .before((stage, told) -> recorded(stage, told, TlsNegotiation.POSTGRES))
                        .after((stage, told) -> recorded(stage, told, TlsNegotiation.DIRECT))
                        .seen(scene -> await().atMost(Wire.PATIENCE).until(() -> {
                            scene.idle.run("SELECT 1");
                            List<byte[]> openings = scene.stage.network().openings();
                            return openings.get(openings.size() - 1)[0] == 0x16;
                        })),
                // the server trusts us, so there is no SCRAM to be bound
                change("serverTls.channelBinding")
                        .before((stage, told) -> told.serverTls(tls -> tls.mode(TlsMode.REQUIRE))
                                .app(db -> db.waitTimeout(Duration.ofMillis(400))))
                        .after((stage, told) -> told.serverTls(
                                        tls -> tls.mode(TlsMode.REQUIRE).channelBinding(ChannelBinding.REQUIRE))
                                .app(db -> db.waitTimeout(Duration.ofMillis(400))))
                        .logins(Outcome.refused("FATAL"))
                        .login(Login.LOOKING, Outcome.NONE)
                        .stopsClients()
                        .seen(ServerTlsTransitions::hasNoServer),
                says(
                        "serverTls.nativeLibrary",
                        "",
                        TlsMode.REQUIRE,
                        (stage, tls) -> tls.nativeLibrary(true),
                        "ssl",
                        "t"),
                says(
                        "serverTls.context",
                        "",
                        TlsMode.REQUIRE,
                        (stage, tls) -> tls.context(context()),
                        "version",
                        "TLSv1.2"));
    }

    /** The server says so, of the connection that serves an idle client. */
    private static Transition says(
            String setting,
            String about,
            TlsMode before,
            BiConsumer<Stage, TlsBuilder> after,
            String column,
            String expected) {
        return change(setting, about)
                .before((stage, told) -> told.serverTls(tls -> tls.mode(before)))
                .after((stage, told) -> told.serverTls(tls -> after.accept(stage, tls.mode(before))))
                .seen(scene -> scene.awaitValue(scene.idle, "SELECT " + column + OF_OURS, expected));
    }

    /** The certificate of the server is not believed any more. */
    private static Transition distrusts(String setting, String about, BiConsumer<Stage, TlsBuilder> after) {
        return change(setting, about)
                .before((stage, told) -> told.serverTls(
                                tls -> tls.mode(TlsMode.VERIFY_CA).trust(stage.pki.trust()))
                        .app(db -> db.waitTimeout(Duration.ofMillis(400))))
                .after((stage, told) -> told.serverTls(tls -> after.accept(stage, tls.mode(TlsMode.VERIFY_CA)))
                        .app(db -> db.waitTimeout(Duration.ofMillis(400))))
                .logins(Outcome.refused("FATAL"))
                .login(Login.LOOKING, Outcome.NONE)
                .stopsClients()
                .seen(ServerTlsTransitions::hasNoServer);
    }

    private static void hasNoServer(Scene scene) {
        assertThat(scene.idle.query("SELECT 1").send().readUntilClosed())
                .last()
                .asString()
                .contains("FATAL");
    }

    private static void older(Stage stage, Told told, TlsMode mode) {
        told.serverTls(tls -> tls.mode(mode))
                .app(db -> db.port(stage.older.port()).waitTimeout(Duration.ofMillis(400)));
    }

    private static void inPlace(Stage stage, Told told, TestPki.Issued issued) {
        Path certificate =
                ClientTlsTransitions.copy(issued.certificate(), stage.directory.resolve("in-place-server.crt"));
        Path key = ClientTlsTransitions.copy(issued.key(), stage.directory.resolve("in-place-server.key"));
        told.serverTls(tls -> tls.mode(TlsMode.REQUIRE).certificate(certificate, key));
    }

    private static void trustInPlace(Stage stage, Told told, Path trust) {
        Path file = ClientTlsTransitions.copy(trust, stage.directory.resolve("in-place-servers-root.crt"));
        told.serverTls(tls -> tls.mode(TlsMode.VERIFY_CA).trust(file))
                .app(db -> db.waitTimeout(Duration.ofMillis(400)));
    }

    private static void recorded(Stage stage, Told told, TlsNegotiation negotiation) {
        told.app(db -> db.host("127.0.0.1").port(stage.network().port()))
                .serverTls(tls -> tls.mode(TlsMode.REQUIRE).negotiation(negotiation));
    }

    private static SslContext context() {
        try {
            return SslContextBuilder.forClient()
                    .trustManager(InsecureTrustManagerFactory.INSTANCE)
                    .endpointIdentificationAlgorithm(null)
                    .protocols("TLSv1.2")
                    .build();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
