package dev.pgpool.core.config;

import io.netty.handler.ssl.SslContext;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * TLS of one side: from clients, or towards the servers of a database. Built by {@link TlsBuilder}.
 *
 * @param mode whether to encrypt, and what must be proven
 * @param identity our key and certificate
 * @param trust whose certificates are believed; if given, certificates are checked whatever the mode
 * @param protocols versions of TLS, such as {@code TLSv1.3}
 * @param cipherSuites in the JDK's words; empty for the usual ones
 * @param negotiation how encryption begins, towards servers
 * @param channelBinding whether SCRAM is bound to the encrypted connection
 * @param nativeLibrary whether {@code netty-tcnative} is used where it is on the class path
 * @param context the host's own context, instead of all that is in it
 */
public record TlsConfig(
        TlsMode mode,
        Optional<TlsIdentity> identity,
        Optional<TlsTrust> trust,
        List<String> protocols,
        List<String> cipherSuites,
        TlsNegotiation negotiation,
        ChannelBinding channelBinding,
        boolean nativeLibrary,
        Optional<SslContext> context) {

    /** What applies to clients where nothing else is said: no TLS. */
    public static final TlsConfig CLIENTS = new TlsBuilder(TlsMode.DISABLE).build();

    /** What applies to servers where nothing else is said: TLS where the server can, without proof of who it is. */
    public static final TlsConfig SERVERS = new TlsBuilder(TlsMode.PREFER).build();

    private static final Set<String> KNOWN_PROTOCOLS = Set.of("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3");

    public TlsConfig {
        protocols = List.copyOf(protocols);
        cipherSuites = List.copyOf(cipherSuites);
    }

    /** Towards clients we are the server of the handshake. */
    void checkForClients(String path, Problems problems) {
        check(path, problems, true);
        problems.require(
                mode == TlsMode.DISABLE || identity.isPresent() || context.isPresent(),
                path + ".certificate",
                "none",
                "a certificate and its key, for mode " + mode);
        problems.require(
                negotiation == TlsNegotiation.POSTGRES,
                path + ".negotiation",
                negotiation,
                "nothing: clients choose, and may choose either");
    }

    void checkForServers(String path, Problems problems) {
        check(path, problems, false);
        problems.require(
                negotiation == TlsNegotiation.POSTGRES || mode.isRequired(),
                path + ".negotiation",
                "DIRECT with mode " + mode,
                "mode REQUIRE, VERIFY_CA or VERIFY_FULL: a server that can't has no way to say so");
    }

    private void check(String path, Problems problems, boolean ofClients) {
        problems.require(
                !mode.isVerified() || trust.isPresent() || context.isPresent(),
                path + ".trust",
                "none",
                "the certificates of trusted authorities, for mode " + mode);
        problems.require(!protocols.isEmpty(), path + ".protocols", "none", "at least one of " + sorted());
        for (String protocol : protocols) {
            problems.require(
                    KNOWN_PROTOCOLS.contains(protocol),
                    path + ".protocols",
                    "\"" + protocol + "\"",
                    "one of " + sorted());
        }
        problems.require(
                channelBinding != ChannelBinding.REQUIRE || mode.isRequired(),
                path + ".channelBinding",
                "REQUIRE with mode " + mode,
                "mode REQUIRE, VERIFY_CA or VERIFY_FULL");
        context.ifPresent(given -> {
            problems.require(
                    identity.isEmpty() && trust.isEmpty() && cipherSuites.isEmpty(),
                    path + ".context",
                    "a context, and keys, trust or cipher suites beside it",
                    "one or the other: a context brings its own");
            problems.require(
                    given.isServer() == ofClients,
                    path + ".context",
                    given.isServer() ? "a context for servers" : "a context for clients",
                    ofClients ? "one made by SslContextBuilder.forServer" : "one made by SslContextBuilder.forClient");
        });
        if (identity.isPresent() && identity.get() instanceof TlsIdentity.Pem pem) {
            readable(path + ".certificate", pem.certificate(), problems);
            readable(path + ".key", pem.key(), problems);
        } else if (identity.isPresent() && identity.get() instanceof TlsIdentity.Store store) {
            readable(path + ".keyStore", store.file(), problems);
        }
        if (trust.isPresent() && trust.get() instanceof TlsTrust.Pem pem) {
            readable(path + ".trust", pem.certificates(), problems);
        } else if (trust.isPresent() && trust.get() instanceof TlsTrust.Store store) {
            readable(path + ".trustStore", store.file(), problems);
        }
    }

    private static List<String> sorted() {
        return KNOWN_PROTOCOLS.stream().sorted().toList();
    }

    private static void readable(String path, Path file, Problems problems) {
        String seen = Files.isRegularFile(file) ? file + " that can't be read" : file + " that is not there";
        problems.require(
                Files.isRegularFile(file) && Files.isReadable(file), path, seen, "a file that this process may read");
    }
}
