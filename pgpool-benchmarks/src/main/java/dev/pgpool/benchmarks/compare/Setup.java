package dev.pgpool.benchmarks.compare;

import java.util.Map;

/**
 * How clients come in and how the pooler goes on, the same for all poolers.
 *
 * @param clientTls whether connections of clients are encrypted
 * @param serverTls whether connections to PostgreSQL are
 * @param authType as in {@code auth_type}: trust, scram-sha-256 or cert
 */
record Setup(boolean clientTls, boolean serverTls, String authType) {
    static final Setup PLAIN = new Setup(false, false, "trust");

    /** What libpq's programs are told, so that they connect in this way. */
    Map<String, String> clientEnvironment(Certificates certificates) {
        String sslMode = clientTls ? "require" : "disable";
        return switch (authType) {
            case "scram-sha-256" -> Map.of("PGSSLMODE", sslMode, "PGPASSWORD", BenchPostgres.PASSWORD);
            case "cert" ->
                Map.of(
                        "PGSSLMODE",
                        sslMode,
                        "PGSSLCERT",
                        certificates.clientCertificate().toString(),
                        "PGSSLKEY",
                        certificates.clientKey().toString());
            default -> Map.of("PGSSLMODE", sslMode);
        };
    }

    /** Which sides are encrypted, for people. */
    String sides() {
        return clientTls ? serverTls ? "both" : "clients" : serverTls ? "servers" : "none";
    }
}
