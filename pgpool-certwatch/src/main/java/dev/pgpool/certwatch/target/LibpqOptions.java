package dev.pgpool.certwatch.target;

import dev.pgpool.certwatch.trust.TrustSource;
import dev.pgpool.certwatch.trust.Verification;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What the TLS parameters of a PostgreSQL connection URL mean: the same as for libpq, or for pgJDBC where the URL is of that.
 *
 * @see <a href="https://www.postgresql.org/docs/current/libpq-ssl.html">SSL support of libpq</a>
 */
final class LibpqOptions {

    /** Parameters of libpq 18 that say nothing about certificates. */
    private static final Set<String> OF_LIBPQ = Set.of(
            "user",
            "password",
            "passfile",
            "require_auth",
            "channel_binding",
            "connect_timeout",
            "client_encoding",
            "options",
            "application_name",
            "fallback_application_name",
            "keepalives",
            "keepalives_idle",
            "keepalives_interval",
            "keepalives_count",
            "tcp_user_timeout",
            "replication",
            "gssencmode",
            "sslcompression",
            "sslkeylogfile",
            "requirepeer",
            "min_protocol_version",
            "max_protocol_version",
            "krbsrvname",
            "gsslib",
            "gssdelegation",
            "scram_client_key",
            "scram_server_key",
            "target_session_attrs",
            "load_balance_hosts",
            "oauth_issuer",
            "oauth_client_id",
            "oauth_client_secret",
            "oauth_scope",
            "dbname",
            "authtype",
            "tty");

    /** Parameters of pgJDBC that say nothing about certificates. */
    private static final Set<String> OF_JDBC = Set.of(
            "adaptiveFetch",
            "adaptiveFetchMaximum",
            "adaptiveFetchMinimum",
            "allowEncodingChanges",
            "ApplicationName",
            "assumeMinServerVersion",
            "authenticationPluginClassName",
            "autosave",
            "binaryTransfer",
            "binaryTransferDisable",
            "binaryTransferEnable",
            "cancelSignalTimeout",
            "channelBinding",
            "classLoaderStrategy",
            "cleanupSavepoints",
            "connectExecutor",
            "connectExecutorArg",
            "connectionAttemptDelay",
            "connectTimeout",
            "convertBooleanToNumeric",
            "currentSchema",
            "database.metadata.cache.fields",
            "database.metadata.cache.fields.mib",
            "databaseMetadataCacheFields",
            "databaseMetadataCacheFieldsMiB",
            "defaultRowFetchSize",
            "disableColumnSanitiser",
            "escapeSyntaxCallMode",
            "flushCacheOnDdl",
            "groupStartupParameters",
            "gssEncMode",
            "gssLib",
            "gsslib",
            "gssResponseTimeout",
            "gssUseDefaultCreds",
            "hideUnprivilegedObjects",
            "hostRecheckSeconds",
            "jaasApplicationName",
            "jaasLogin",
            "kerberosServerName",
            "loadBalanceHosts",
            "localSocketAddress",
            "loggerFile",
            "loggerLevel",
            "loginTimeout",
            "logServerErrorDetail",
            "logUnclosedConnections",
            "maxResultBuffer",
            "maxSendBufferSize",
            "options",
            "password",
            "pemKeyAlgorithm",
            "preferQueryMode",
            "preparedStatementCacheQueries",
            "preparedStatementCacheSizeMiB",
            "prepareThreshold",
            "protocolVersion",
            "queryTimeout",
            "quoteReturningIdentifiers",
            "readOnly",
            "readOnlyMode",
            "receiveBufferSize",
            "replication",
            "requireAuth",
            "reWriteBatchedInserts",
            "reWriteBatchedInsertsSize",
            "scramMaxIterations",
            "sendBufferSize",
            "service",
            "socketFactory",
            "socketFactoryArg",
            "socketTimeout",
            "sslfactory",
            "sslfactoryarg",
            "sslhostnameverifier",
            "sslpasswordcallback",
            "sslResponseTimeout",
            "sspiServiceClass",
            "stringtype",
            "targetServerType",
            "tcpKeepAlive",
            "tcpNoDelay",
            "timetzAsInstant",
            "unknownLength",
            "user",
            "useSpnego",
            "xmlFactoryFactory");

    private final TargetOptions options;
    private final boolean jdbc;
    private final Function<String, IllegalArgumentException> wrong;

    LibpqOptions(TargetOptions options, boolean jdbc, Function<String, IllegalArgumentException> wrong) {
        this.options = options;
        this.jdbc = jdbc;
        this.wrong = wrong;
    }

    /** Whether a parameter is one that the client knows, and that has no bearing on certificates. */
    boolean isOther(String parameter) {
        return jdbc ? OF_JDBC.contains(parameter) : OF_LIBPQ.contains(parameter);
    }

    /** Applies what the parameters say. */
    Endpoint apply(Endpoint plain) {
        String root = options.text("sslrootcert");
        Verification verification = verification(root);
        Endpoint endpoint = verification == null ? plain : plain.withVerification(verification);
        if (root != null) {
            if (endpoint.trust() != null) {
                throw wrong.apply("sslrootcert beside ca (expected: one of them)");
            }
            endpoint = endpoint.withTrust(
                    isSystem(root) ? TrustSource.os() : TrustSource.file(options.path("sslrootcert", root)));
        }
        refuseUnsupported();
        String address = jdbc ? null : options.text("hostaddr");
        if (address != null) {
            endpoint = endpoint.connecting(endpoint.connect().to(address));
        }
        ClientIdentity client = client();
        if (client != null && endpoint.client() != null) {
            throw wrong.apply("sslcert beside client (expected: one of them)");
        }
        return client == null ? endpoint : endpoint.withClient(client);
    }

    private boolean isSystem(String root) {
        return !jdbc && root.equals("system");
    }

    private @Nullable Verification verification(@Nullable String root) {
        String verify = options.text("verify");
        String mode = options.text("sslmode");
        if (mode == null && "1".equals(options.text("requiressl"))) {
            mode = "require";
        }
        String ssl = options.text("ssl");
        if (ssl != null && !ssl.equals("false") && mode == null) {
            // The old spelling: pgJDBC then checks everything, libpq nothing.
            mode = jdbc ? "verify-full" : "require";
        }
        if (verify != null && mode != null) {
            throw wrong.apply("sslmode beside verify (expected: one of them)");
        }
        if (verify != null) {
            return switch (verify) {
                case "none" -> Verification.NONE;
                case "ca" -> Verification.CA;
                case "full" -> Verification.FULL;
                default -> throw wrong.apply("verify=" + shown(verify) + " (expected: none, ca or full)");
            };
        }
        if (mode == null) {
            return root == null ? null : isSystem(root) ? Verification.FULL : jdbc ? null : Verification.CA;
        }
        if (root != null && isSystem(root) && !mode.equals("verify-full")) {
            throw wrong.apply("sslmode=" + shown(mode) + " with sslrootcert=system (expected: verify-full, as libpq)");
        }
        return switch (mode) {
            // libpq checks the chain in every mode as soon as there is a root certificate.
            case "allow", "prefer", "require" -> root == null || jdbc ? Verification.NONE : Verification.CA;
            case "verify-ca" -> Verification.CA;
            case "verify-full" -> Verification.FULL;
            case "disable" ->
                throw wrong.apply("sslmode=disable: such a client never sees a certificate (expected: another mode)");
            default ->
                throw wrong.apply(
                        "sslmode=" + shown(mode) + " (expected: allow, prefer, require, verify-ca or verify-full)");
        };
    }

    private void refuseUnsupported() {
        for (String parameter : new String[] {"sslcrl", "sslcrldir", "service", "servicefile"}) {
            if (!isOther(parameter) && options.text(parameter) != null) {
                throw wrong.apply(parameter + " is not followed (expected: "
                        + (parameter.startsWith("sslcrl")
                                ? "revocation lists by the builder's revocation"
                                : "the host in the URL")
                        + ")");
            }
        }
        String sni = options.text("sslsni");
        if (sni != null && !sni.equals("1")) {
            throw wrong.apply("sslsni=" + shown(sni) + " (expected: 1, the name is always sent)");
        }
        String lowest = options.text("ssl_min_protocol_version");
        if (lowest != null && !lowest.isEmpty() && !lowest.equals("TLSv1.2")) {
            throw wrong.apply(
                    "ssl_min_protocol_version=" + shown(lowest) + " (expected: TLSv1.2, or tls= with versions)");
        }
        String highest = options.text("ssl_max_protocol_version");
        if (highest != null && !highest.isEmpty() && !highest.equals("TLSv1.3")) {
            throw wrong.apply(
                    "ssl_max_protocol_version=" + shown(highest) + " (expected: TLSv1.3, or tls= with versions)");
        }
        String negotiation =
                options.text("sslnegotiation", options.text(jdbc ? "sslNegotiation" : "sslnegotiation", "postgres"));
        if (!negotiation.equals("postgres") && !negotiation.equals("direct")) {
            throw wrong.apply("sslnegotiation=" + shown(negotiation) + " (expected: postgres or direct)");
        }
    }

    private @Nullable ClientIdentity client() {
        String certificate = options.text("sslcert");
        String key = options.text("sslkey");
        String mode = options.text("sslcertmode", "allow");
        if (!mode.matches("disable|allow|require")) {
            throw wrong.apply("sslcertmode=" + shown(mode) + " (expected: disable, allow or require)");
        }
        char[] password = options.secretBeside("sslpassword", "sslkey");
        if (certificate == null && key == null) {
            return null;
        }
        if (key != null && certificate == null && jdbc && (key.endsWith(".p12") || key.endsWith(".pfx"))) {
            return opened(
                    "sslkey",
                    () -> ClientIdentity.keyStore(
                            options.path("sslkey", key), password == null ? new char[0] : password));
        }
        if (certificate == null || key == null) {
            throw wrong.apply((certificate == null ? "sslkey without sslcert" : "sslcert without sslkey")
                    + " (expected: both; files of the home directory are not looked for)");
        }
        if (mode.equals("disable")) {
            return null;
        }
        return opened(
                "sslcert",
                () -> ClientIdentity.pem(options.path("sslcert", certificate), options.path("sslkey", key), password));
    }

    @FunctionalInterface
    private interface Opening {
        ClientIdentity open() throws java.io.IOException;
    }

    private ClientIdentity opened(String option, Opening opening) {
        try {
            return opening.open();
        } catch (java.io.IOException e) {
            throw wrong.apply(option + ": cannot be opened, " + e.getMessage()
                    + " (expected: files that can be read and belong together)");
        }
    }

    /** A value that looks like none may be half of a password. */
    private static String shown(String value) {
        return value.matches("[A-Za-z0-9._-]{1,20}") ? value : "...";
    }
}
