package dev.pgpool.benchmarks.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/** The configuration that PgBouncer and the standalone pgpool are given alike. */
final class PoolerIni {
    private final int serverPort;
    private final int poolSize;
    private final int maxClients;
    private final Certificates certificates;

    PoolerIni(int serverPort, int poolSize, int maxClients, Certificates certificates) {
        this.serverPort = serverPort;
        this.poolSize = poolSize;
        this.maxClients = maxClients;
        this.certificates = certificates;
    }

    /**
     * Writes it into a directory of its own.
     *
     * @param more lines that only this pooler gets
     */
    Path write(int port, Setup setup, String... more) throws IOException {
        // Readable by the user that PgBouncer changes to; there is no secret in it.
        Path directory = Files.createTempDirectory(
                "pooler", PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        Path users = Files.writeString(
                directory.resolve("users.txt"), "\"" + BenchPostgres.USER + "\" \"" + BenchPostgres.PASSWORD + "\"\n");
        List<String> lines = new ArrayList<>(List.of(
                "[databases]",
                "* = host=127.0.0.1 port=" + serverPort,
                "[pgbouncer]",
                "listen_addr = 127.0.0.1",
                "listen_port = " + port,
                "unix_socket_dir =",
                "auth_type = " + setup.authType(),
                "auth_file = " + users,
                "pool_mode = transaction",
                "default_pool_size = " + poolSize,
                "max_client_conn = " + maxClients,
                "listen_backlog = 4096",
                "server_tls_sslmode = " + (setup.serverTls() ? "require" : "disable"),
                "log_connections = 0",
                "log_disconnections = 0",
                "log_stats = 0"));
        if (setup.clientTls()) {
            lines.add("client_tls_sslmode = " + (setup.authType().equals("cert") ? "verify-full" : "require"));
            lines.add("client_tls_cert_file = " + certificates.serverCertificate());
            lines.add("client_tls_key_file = " + certificates.sharedServerKey());
            lines.add("client_tls_ca_file = " + certificates.authority());
        }
        lines.addAll(List.of(more));
        return Files.write(directory.resolve("pgbouncer.ini"), lines);
    }
}
