package dev.pgpool.core.internal.tls;

import dev.pgpool.core.config.TlsConfig;
import dev.pgpool.core.config.TlsIdentity;
import dev.pgpool.core.config.TlsMode;
import dev.pgpool.core.config.TlsTrust;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.util.ReferenceCountUtil;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** Makes contexts of settings and files. Does I/O: not for event loops. */
final class ContextFactory {
    /** The ALPN name of the protocol, as registered with IANA. */
    static final String APPLICATION_PROTOCOL = "postgresql";

    private final String path;
    private final TlsConfig config;
    private final MaterialReader reader;

    /** @param path of the settings, for messages */
    ContextFactory(String path, TlsConfig config) {
        this.path = path;
        this.config = config;
        this.reader = new MaterialReader(path);
    }

    ClientTls forClients() throws TlsProblem {
        if (config.mode() == TlsMode.DISABLE) {
            return new ClientTls(config.mode(), config.channelBinding(), null, null, false, false, "");
        }
        if (config.context().isPresent()) {
            return new ClientTls(
                    config.mode(), config.channelBinding(), config.context().get(), null, false, true, "");
        }
        TlsIdentity identity = config.identity().orElseThrow();
        KeyMaterial material = material(identity);
        SslContextBuilder builder;
        if (material != null) {
            builder = SslContextBuilder.forServer(material.key(), material.chain());
        } else if (identity instanceof TlsIdentity.Managed managed) {
            builder = SslContextBuilder.forServer(managed.keys());
        } else {
            throw new IllegalStateException("unknown kind of identity");
        }
        if (config.trust().isPresent()) {
            trust(builder, config.trust().get());
        }
        builder.clientAuth(
                config.mode().isVerified()
                        ? ClientAuth.REQUIRE
                        : config.trust().isPresent() ? ClientAuth.OPTIONAL : ClientAuth.NONE);
        return new ClientTls(
                config.mode(),
                config.channelBinding(),
                build(builder, true),
                material == null ? null : material.leaf(),
                true,
                config.trust().isPresent(),
                reader.fingerprint());
    }

    ServerTls forServers() throws TlsProblem {
        if (config.mode() == TlsMode.DISABLE) {
            return ServerTls.OFF;
        }
        if (config.context().isPresent()) {
            return new ServerTls(
                    config.mode(),
                    config.negotiation(),
                    config.channelBinding(),
                    config.context().get(),
                    false,
                    true,
                    "");
        }
        SslContextBuilder builder = SslContextBuilder.forClient();
        if (config.identity().isPresent()) {
            KeyMaterial material = material(config.identity().get());
            if (material != null) {
                builder.keyManager(material.key(), material.chain());
            } else if (config.identity().get() instanceof TlsIdentity.Managed managed) {
                builder.keyManager(managed.keys());
            }
        }
        if (config.trust().isPresent()) {
            trust(builder, config.trust().get());
        } else {
            builder.trustManager(InsecureTrustManagerFactory.INSTANCE);
        }
        // Netty's default is to check the host name; whether that is wanted is said per connection
        builder.endpointIdentificationAlgorithm(null);
        return new ServerTls(
                config.mode(),
                config.negotiation(),
                config.channelBinding(),
                build(builder, false),
                true,
                config.trust().isPresent(),
                reader.fingerprint());
    }

    private @Nullable KeyMaterial material(TlsIdentity identity) throws TlsProblem {
        if (identity instanceof TlsIdentity.Pem pem) {
            return reader.read(pem);
        }
        return identity instanceof TlsIdentity.Store store ? reader.read(store) : null;
    }

    private void trust(SslContextBuilder builder, TlsTrust trust) throws TlsProblem {
        if (trust instanceof TlsTrust.Pem pem) {
            builder.trustManager(reader.read(pem).toArray(new X509Certificate[0]));
        } else if (trust instanceof TlsTrust.Store store) {
            builder.trustManager(reader.read(store).toArray(new X509Certificate[0]));
        } else if (trust instanceof TlsTrust.Managed managed) {
            builder.trustManager(managed.trust());
        } else {
            builder.trustManager(platform());
        }
    }

    private TrustManagerFactory platform() throws TlsProblem {
        try {
            TrustManagerFactory platform = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            platform.init((KeyStore) null);
            return platform;
        } catch (GeneralSecurityException e) {
            throw new TlsProblem(
                    path + ".trust", "the trust of this Java, which can't be read: " + e.getMessage(), "cacerts");
        }
    }

    /** Wrong names are found here, by an engine that is thrown away, and not by the first client. */
    private SslContext build(SslContextBuilder builder, boolean server) throws TlsProblem {
        boolean openSsl = config.nativeLibrary() && OpenSsl.isAvailable();
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
