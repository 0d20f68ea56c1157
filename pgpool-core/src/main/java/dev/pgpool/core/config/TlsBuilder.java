package dev.pgpool.core.config;

import io.netty.handler.ssl.SslContext;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManagerFactory;

/**
 * Describes TLS of one side; given to the lambda of {@code PgPoolBuilder.tls} (clients) or {@code DatabaseBuilder.tls}
 * (servers). Files are read by {@code build()}, and again by {@code PgPool.reloadTls()}. Not thread-safe.
 */
public final class TlsBuilder {
    private TlsMode mode;
    private Optional<TlsIdentity> identity = Optional.empty();
    private Optional<TlsTrust> trust = Optional.empty();
    private List<String> protocols = List.of("TLSv1.2", "TLSv1.3");
    private List<String> cipherSuites = List.of();
    private TlsNegotiation negotiation = TlsNegotiation.POSTGRES;
    private ChannelBinding channelBinding = ChannelBinding.PREFER;
    private boolean nativeLibrary = true;
    private Optional<SslContext> context = Optional.empty();

    TlsBuilder(TlsMode mode) {
        this.mode = mode;
    }

    /** Default DISABLE for clients, PREFER for servers. Whether to encrypt, and what must be proven. */
    public TlsBuilder mode(TlsMode mode) {
        this.mode = Objects.requireNonNull(mode, "mode");
        return this;
    }

    /**
     * Default none; needed for clients. PEM files: our certificate with those above it, and its key (RSA, EC or EdDSA, in
     * PKCS#8 or in OpenSSL's traditional form, not encrypted).
     */
    public TlsBuilder certificate(Path file, Path key) {
        Objects.requireNonNull(file, "file");
        Objects.requireNonNull(key, "key");
        this.identity = Optional.of(new TlsIdentity.Pem(file, key, Optional.empty()));
        return this;
    }

    /** Default none. As {@link #certificate(Path, Path)} with an encrypted key. */
    public TlsBuilder certificate(Path file, Path key, String keyPassword) {
        Objects.requireNonNull(file, "file");
        Objects.requireNonNull(key, "key");
        this.identity = Optional.of(
                new TlsIdentity.Pem(file, key, Optional.of(Objects.requireNonNull(keyPassword, "keyPassword"))));
        return this;
    }

    /** Default none. A PKCS#12 or JKS file with one key and its certificates, instead of PEM files. */
    public TlsBuilder keyStore(Path file, String password) {
        Objects.requireNonNull(file, "file");
        Objects.requireNonNull(password, "password");
        this.identity = Optional.of(new TlsIdentity.Store(file, password));
        return this;
    }

    /** Default none. Keys that the host looks after, instead of files. */
    public TlsBuilder keyManager(KeyManagerFactory keys) {
        Objects.requireNonNull(keys, "keys");
        this.identity = Optional.of(new TlsIdentity.Managed(keys));
        return this;
    }

    /**
     * Default none; needed for VERIFY_CA and VERIFY_FULL. A PEM file with the certificates of trusted authorities. With
     * it certificates are checked in every mode: in modes below VERIFY_CA clients need not show one.
     */
    public TlsBuilder trust(Path certificates) {
        Objects.requireNonNull(certificates, "certificates");
        this.trust = Optional.of(new TlsTrust.Pem(certificates));
        return this;
    }

    /** Default none. A PKCS#12 or JKS file, instead of a PEM file. */
    public TlsBuilder trustStore(Path file, String password) {
        Objects.requireNonNull(file, "file");
        Objects.requireNonNull(password, "password");
        this.trust = Optional.of(new TlsTrust.Store(file, password));
        return this;
    }

    /** Default none. Trusts the public authorities that this Java knows. */
    public TlsBuilder trustPlatform() {
        this.trust = Optional.of(new TlsTrust.Platform());
        return this;
    }

    /** Default none. Trust that the host looks after, instead of files. */
    public TlsBuilder trustManager(TrustManagerFactory trust) {
        Objects.requireNonNull(trust, "trust");
        this.trust = Optional.of(new TlsTrust.Managed(trust));
        return this;
    }

    /** Default TLSv1.2 and TLSv1.3. */
    public TlsBuilder protocols(String... protocols) {
        Objects.requireNonNull(protocols, "protocols");
        this.protocols = List.of(protocols);
        return this;
    }

    /** Default: what the platform takes for secure. In the JDK's words, for all versions together. */
    public TlsBuilder cipherSuites(String... cipherSuites) {
        Objects.requireNonNull(cipherSuites, "cipherSuites");
        this.cipherSuites = List.of(cipherSuites);
        return this;
    }

    /** Default POSTGRES. Towards servers; clients choose for themselves. */
    public TlsBuilder negotiation(TlsNegotiation negotiation) {
        this.negotiation = Objects.requireNonNull(negotiation, "negotiation");
        return this;
    }

    /** Default PREFER. Whether SCRAM is bound to the encrypted connection; REQUIRE admits no other login. */
    public TlsBuilder channelBinding(ChannelBinding channelBinding) {
        this.channelBinding = Objects.requireNonNull(channelBinding, "channelBinding");
        return this;
    }

    /**
     * Default true. Whether {@code netty-tcnative} does the work where it is on the class path; for RSA and EC keys, since it
     * can't use others.
     */
    public TlsBuilder nativeLibrary(boolean nativeLibrary) {
        this.nativeLibrary = nativeLibrary;
        return this;
    }

    /**
     * Default none. The host's own context, instead of certificate, trust, protocols and cipher suites. Direct TLS needs
     * ALPN {@code postgresql} in it. VERIFY_FULL checks the host name with it, too.
     */
    public TlsBuilder context(SslContext context) {
        this.context = Optional.of(Objects.requireNonNull(context, "context"));
        return this;
    }

    /** The description as a value; it is checked with the rest of the configuration. */
    public TlsConfig build() {
        return new TlsConfig(
                mode, identity, trust, protocols, cipherSuites, negotiation, channelBinding, nativeLibrary, context);
    }

    /** A description for clients, at its defaults. */
    public static TlsBuilder forClients() {
        return new TlsBuilder(TlsMode.DISABLE);
    }

    /** A description for servers, at its defaults. */
    public static TlsBuilder forServers() {
        return new TlsBuilder(TlsMode.PREFER);
    }
}
