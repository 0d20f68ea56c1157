package dev.pgpool.core.internal.tls;

import dev.pgpool.core.config.TlsConfig;
import dev.pgpool.core.config.TlsIdentity;
import dev.pgpool.core.config.TlsMode;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.util.ReferenceCountUtil;
import java.util.Set;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/** Makes contexts of settings and files. Does I/O: not for event loops. */
final class ContextFactory {
    /** The ALPN name of the protocol, as registered with IANA. */
    static final String APPLICATION_PROTOCOL = "postgresql";

    private static final Set<String> OPENSSL_KEYS = Set.of("RSA", "EC");

    private final String path;
    private final TlsConfig config;
    private final TlsFiles files = new TlsFiles();
    private final MaterialReader identities;
    private final TrustReader trusts;

    /** @param path of the settings, for messages */
    ContextFactory(String path, TlsConfig config) {
        this.path = path;
        this.config = config;
        this.identities = new MaterialReader(path, files);
        this.trusts = new TrustReader(path, files);
    }

    ClientTls forClients() throws TlsProblem {
        if (config.mode() == TlsMode.DISABLE) {
            return new ClientTls(config, null, null, null, "");
        }
        if (config.context().isPresent()) {
            return new ClientTls(config, config.context().get(), null, null, "");
        }
        TlsIdentity identity = config.identity().orElseThrow();
        KeyMaterial material = identities.read(identity);
        SslContextBuilder builder;
        if (material != null) {
            builder = SslContextBuilder.forServer(material.key(), material.chain());
        } else if (identity instanceof TlsIdentity.Managed managed) {
            builder = SslContextBuilder.forServer(managed.keys());
        } else {
            throw new IllegalStateException("unknown kind of identity");
        }
        X509TrustManager trust = null;
        if (config.trust().isPresent()) {
            TrustManagerFactory believed = trusts.read(config.trust().get());
            builder.trustManager(believed);
            trust = trusts.manager(believed);
        }
        builder.clientAuth(
                config.mode().isVerified()
                        ? ClientAuth.REQUIRE
                        : config.trust().isPresent() ? ClientAuth.OPTIONAL : ClientAuth.NONE);
        return new ClientTls(
                config,
                build(builder, true, material),
                material == null ? null : material.leaf(),
                trust,
                files.fingerprint());
    }

    ServerTls forServers() throws TlsProblem {
        if (config.mode() == TlsMode.DISABLE) {
            return ServerTls.OFF;
        }
        if (config.context().isPresent()) {
            return new ServerTls(config, config.context().get(), true, "");
        }
        SslContextBuilder builder = SslContextBuilder.forClient();
        KeyMaterial material = null;
        if (config.identity().isPresent()) {
            material = identities.read(config.identity().get());
            if (material != null) {
                builder.keyManager(material.key(), material.chain());
            } else if (config.identity().get() instanceof TlsIdentity.Managed managed) {
                builder.keyManager(managed.keys());
            }
        }
        if (config.trust().isPresent()) {
            builder.trustManager(trusts.read(config.trust().get()));
        } else {
            builder.trustManager(InsecureTrustManagerFactory.INSTANCE);
        }
        // Netty's default is to check the host name; whether that is wanted is said per connection
        builder.endpointIdentificationAlgorithm(null);
        return new ServerTls(
                config, build(builder, false, material), config.trust().isPresent(), files.fingerprint());
    }

    private static boolean isOfTls13(String suite) {
        return suite.startsWith("TLS_") && !suite.contains("_WITH_");
    }

    /** BoringSSL takes keys of other kinds, and then ends every handshake. */
    private static boolean isForOpenSsl(@Nullable KeyMaterial material) {
        return material == null || OPENSSL_KEYS.contains(material.key().getAlgorithm());
    }

    /** Wrong names are found here, by an engine that is thrown away, and not by the first client. */
    private SslContext build(SslContextBuilder builder, boolean server, @Nullable KeyMaterial material)
            throws TlsProblem {
        // BoringSSL has the suites of TLS 1.3 that it has, whatever it is told
        boolean openSsl = config.nativeLibrary()
                && OpenSsl.isAvailable()
                && isForOpenSsl(material)
                && config.cipherSuites().stream().noneMatch(ContextFactory::isOfTls13);
        builder.sslProvider(openSsl ? SslProvider.OPENSSL : SslProvider.JDK)
                .protocols(config.protocols())
                .applicationProtocolConfig(new ApplicationProtocolConfig(
                        ApplicationProtocolConfig.Protocol.ALPN,
                        // PostgreSQL ends a handshake that offers other protocols only; BoringSSL can't be told to
                        openSsl || !server
                                ? ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE
                                : ApplicationProtocolConfig.SelectorFailureBehavior.FATAL_ALERT,
                        ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                        APPLICATION_PROTOCOL));
        if (!config.cipherSuites().isEmpty()) {
            builder.ciphers(config.cipherSuites());
        }
        try {
            SslContext context = builder.build();
            SSLEngine probe = context.newEngine(ByteBufAllocator.DEFAULT);
            ReferenceCountUtil.release(probe);
            return context;
        } catch (SSLException | IllegalArgumentException e) {
            throw new TlsProblem(
                    path,
                    "protocols " + config.protocols() + ", cipher suites " + config.cipherSuites() + ": "
                            + e.getMessage(),
                    "what this platform knows");
        }
    }
}
