package dev.pgpool.core.transitions;

import static dev.pgpool.core.transitions.Transition.change;
import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.config.ChannelBinding;
import dev.pgpool.core.config.TlsBuilder;
import dev.pgpool.core.config.TlsMode;
import dev.pgpool.core.config.TlsNegotiation;
import dev.pgpool.core.fixture.Frontend;
import dev.pgpool.core.fixture.TestPki;
import dev.pgpool.core.fixture.TlsTunnel;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.fixture.WireClient;
import dev.pgpool.core.transitions.Scene.Login;
import dev.pgpool.core.transitions.Transition.Look;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Function;
import javax.net.ssl.SSLSession;
import org.awaitility.Awaitility;

/** How connections of clients are encrypted; {@link Login#ENCRYPTED} was so by the settings of before. */
final class ClientTlsTransitions {
    private ClientTlsTransitions() {}

    static List<Transition> all() {
        return List.of(
                clear((stage, tls) -> tls.mode(TlsMode.REQUIRE), "require"),
                clear((stage, tls) -> tls.mode(TlsMode.VERIFY_CA), "verify-ca"),
                change("clientTls.mode", "verify-ca by another authority")
                        .after((stage, told) -> told.clientTls(
                                tls -> tls.mode(TlsMode.VERIFY_CA).trust(stage.otherPki.trust())))
                        .login(Login.CONNECTED, Outcome.refused("SSL required"))
                        .login(Login.LOOKING, Outcome.refused("SSL required"))
                        .login(Login.ASKED, Outcome.refused("SSL required"))
                        .encrypted(Outcome.refused("not trusted any more")),
                change("clientTls.mode", "disable")
                        .after((stage, told) -> told.clientTls(tls -> tls.mode(TlsMode.DISABLE)))
                        .seen(scene -> assertThat(scene.connect()
                                        .sendRaw(Frontend.sslRequest())
                                        .readByte())
                                .isEqualTo('N')),
                change("clientTls.certificate")
                        .after((stage, told) -> told.clientTls(tls -> {
                            TestPki.Issued renewed = renewed(stage);
                            tls.certificate(renewed.certificate(), renewed.key());
                        }))
                        .seen(shows(scene -> renewed(scene.stage).bundle().getCertificate())),
                change("clientTls.certificate", "changed in place")
                        .before((stage, told) -> inPlace(stage, told, stage.server))
                        .after((stage, told) -> inPlace(stage, told, renewed(stage)))
                        .seen(shows(scene -> renewed(scene.stage).bundle().getCertificate())),
                change("clientTls.keyStore")
                        .after((stage, told) ->
                                told.clientTls(tls -> tls.keyStore(keyStore(stage, renewed(stage)), "changeit")))
                        .seen(shows(scene -> renewed(scene.stage).bundle().getCertificate())),
                change("clientTls.keyManager")
                        .after((stage, told) -> told.clientTls(tls -> {
                            try {
                                tls.keyManager(renewed(stage).bundle().toKeyManagerFactory());
                            } catch (GeneralSecurityException e) {
                                throw new IllegalStateException(e);
                            }
                        }))
                        .seen(shows(scene -> renewed(scene.stage).bundle().getCertificate())),
                distrusts("clientTls.trust", "another file", (stage, tls) -> tls.trust(stage.otherPki.trust())),
                change("clientTls.trust", "changed in place")
                        .before((stage, told) -> trustInPlace(stage, told, stage.pki.trust()))
                        .after((stage, told) -> trustInPlace(stage, told, stage.otherPki.trust()))
                        .encrypted(Outcome.refused("not trusted any more")),
                distrusts("clientTls.trustStore", "", (stage, tls) -> tls.trustStore(trustStore(stage), "changeit")),
                distrusts("clientTls.trustPlatform", "", (stage, tls) -> tls.trustPlatform()),
                distrusts(
                        "clientTls.trustManager",
                        "",
                        (stage, tls) -> tls.trustManager(stage.otherRoot().toTrustManagerFactory())),
                change("clientTls.protocols")
                        .after((stage, told) -> told.clientTls(tls -> tls.protocols("TLSv1.2")))
                        .encrypted(Outcome.refused("encrypted by TLSv1.3"))
                        .seen(speaks(session -> session.getProtocol(), "TLSv1.2")),
                change("clientTls.cipherSuites")
                        .before((stage, told) -> told.clientTls(tls -> tls.cipherSuites("TLS_AES_128_GCM_SHA256")))
                        .after((stage, told) -> told.clientTls(tls -> tls.cipherSuites("TLS_AES_256_GCM_SHA384")))
                        .encrypted(Outcome.refused("encrypted with TLS_AES_128_GCM_SHA256"))
                        .seen(speaks(session -> session.getCipherSuite(), "TLS_AES_256_GCM_SHA384")),
                change("clientTls.negotiation")
                        .after((stage, told) -> told.clientTls(tls -> tls.negotiation(TlsNegotiation.DIRECT)))
                        .refused("listen.tls.negotiation: DIRECT (expected: nothing: clients choose"),
                // the client of these tests binds nothing
                change("clientTls.channelBinding")
                        .before((stage, told) -> told.clientTls(tls -> tls.mode(TlsMode.ALLOW)))
                        .after((stage, told) ->
                                told.clientTls(tls -> tls.mode(TlsMode.REQUIRE).channelBinding(ChannelBinding.REQUIRE)))
                        .login(Login.CONNECTED, Outcome.refused("SSL required"))
                        .login(Login.ASKED, Outcome.refused("SSL required"))
                        .login(Login.LOOKING, Outcome.refused("SSL required"))
                        .login(Login.ENCRYPTED, Outcome.refused("28P01"))
                        .login(Login.ENCRYPTED_AND_ASKED, Outcome.refused("the configuration changed")),
                change("clientTls.nativeLibrary")
                        .after((stage, told) -> told.clientTls(tls -> tls.nativeLibrary(true)))
                        .seen(speaks(session -> session.getProtocol(), "TLSv1.3")),
                change("clientTls.context")
                        .after((stage, told) -> told.clientTlsAnew(
                                tls -> tls.mode(TlsMode.ALLOW).context(context(stage))))
                        .encrypted(Outcome.refused("under another context"))
                        .seen(speaks(session -> session.getProtocol(), "TLSv1.2")));
    }

    /** Who is not encrypted does not get in, however far its login has come. */
    private static Transition clear(BiConsumer<Stage, TlsBuilder> after, String about) {
        return change("clientTls.mode", about)
                .after((stage, told) -> told.clientTls(tls -> after.accept(stage, tls)))
                .login(Login.CONNECTED, Outcome.refused("SSL required"))
                .login(Login.ASKED, Outcome.refused("SSL required"))
                .login(Login.LOOKING, Outcome.refused("SSL required"));
    }

    private static Transition distrusts(String setting, String about, BiConsumer<Stage, TlsBuilder> after) {
        return change(setting, about)
                .after((stage, told) -> told.clientTls(tls -> after.accept(stage, tls)))
                .encrypted(Outcome.refused("not trusted any more"));
    }

    /** A new connection, whose client shows no certificate. */
    private static SSLSession connect(Scene scene) {
        TlsTunnel tunnel = scene.opened(TlsTunnel.to(scene.pool.address(), scene.stage.pki.context(null)));
        WireClient client = scene.opened(WireClient.connect(tunnel.address()));
        client.startup(Stage.APP, Stage.APP).awaitLogin(Stage.SECRET);
        Awaitility.await().atMost(Wire.PATIENCE).until(() -> tunnel.encrypted().size() == 1);
        return tunnel.encrypted().get(0).getSession();
    }

    private static Look shows(Function<Scene, X509Certificate> certificate) {
        return scene -> assertThat(connect(scene).getPeerCertificates()[0]).isEqualTo(certificate.apply(scene));
    }

    private static Look speaks(Function<SSLSession, String> what, String expected) {
        return scene -> assertThat(what.apply(connect(scene))).isEqualTo(expected);
    }

    static TestPki.Issued renewed(Stage stage) {
        return stage.renewed();
    }

    private static void inPlace(Stage stage, Told told, TestPki.Issued issued) {
        Path certificate = copy(issued.certificate(), stage.directory.resolve("in-place.crt"));
        Path key = copy(issued.key(), stage.directory.resolve("in-place.key"));
        told.clientTls(tls -> tls.certificate(certificate, key));
    }

    private static void trustInPlace(Stage stage, Told told, Path trust) {
        Path file = copy(trust, stage.directory.resolve("in-place-root.crt"));
        told.clientTls(tls -> tls.trust(file));
    }

    static Path copy(Path from, Path to) {
        try {
            return Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static SslContext context(Stage stage) {
        try {
            return SslContextBuilder.forServer(
                            stage.server.certificate().toFile(),
                            stage.server.key().toFile())
                    .protocols("TLSv1.2")
                    .build();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Path keyStore(Stage stage, TestPki.Issued issued) {
        return write(
                stage,
                "keys.p12",
                store -> store.setKeyEntry(
                        "ours",
                        issued.bundle().getKeyPair().getPrivate(),
                        "changeit".toCharArray(),
                        issued.bundle().getCertificatePath()));
    }

    static Path trustStore(Stage stage) {
        return write(
                stage,
                "trust.p12",
                store -> store.setCertificateEntry("other", stage.otherRoot().getCertificate()));
    }

    private interface Fill {
        void into(KeyStore store) throws GeneralSecurityException;
    }

    private static Path write(Stage stage, String name, Fill fill) {
        Path file = stage.directory.resolve(name);
        try (OutputStream out = Files.newOutputStream(file)) {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            fill.into(store);
            store.store(out, "changeit".toCharArray());
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
