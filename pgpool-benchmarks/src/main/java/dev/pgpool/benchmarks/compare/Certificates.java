package dev.pgpool.benchmarks.compare;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/** An authority, a certificate for servers and one for the client {@value BenchPostgres#USER}, made for one run by openssl. */
final class Certificates {
    private final Path directory;

    private Certificates(Path directory) {
        this.directory = directory;
    }

    static Certificates make() throws IOException, InterruptedException {
        // Readable by the user that PgBouncer changes to; no client outside this run trusts what is in it.
        Certificates made = new Certificates(Files.createTempDirectory(
                "certificates", PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x"))));
        made.openssl("req", "-x509", "-subj", "/CN=authority", "-keyout", "ca.key", "-out", "ca.crt");
        made.sign("server", "localhost");
        made.sign("client", BenchPostgres.USER);
        return made;
    }

    private void sign(String name, String subject) throws IOException, InterruptedException {
        openssl(
                "req",
                "-x509",
                "-CA",
                "ca.crt",
                "-CAkey",
                "ca.key",
                "-subj",
                "/CN=" + subject,
                "-addext",
                "subjectAltName=DNS:localhost,IP:127.0.0.1",
                "-addext",
                "basicConstraints=critical,CA:false",
                "-keyout",
                name + ".key",
                "-out",
                name + ".crt");
    }

    /** Elliptic keys, as certificates of today have them; the key is in the form that all programs read. */
    private void openssl(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("openssl"));
        command.addAll(List.of(arguments));
        command.addAll(List.of("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"));
        Process process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IllegalStateException(String.join(" ", command) + " failed:\n" + output);
        }
    }

    Path authority() {
        return directory.resolve("ca.crt");
    }

    Path serverCertificate() {
        return directory.resolve("server.crt");
    }

    /** For PostgreSQL and libpq, which take keys only that no other user can read. */
    Path serverKey() {
        return directory.resolve("server.key");
    }

    /** The same for a process that may run as another user. */
    Path sharedServerKey() throws IOException {
        Path shared = directory.resolve("shared.key");
        if (!Files.exists(shared)) {
            Files.copy(serverKey(), shared);
            Files.setPosixFilePermissions(shared, PosixFilePermissions.fromString("rw-r--r--"));
        }
        return shared;
    }

    Path clientCertificate() {
        return directory.resolve("client.crt");
    }

    Path clientKey() {
        return directory.resolve("client.key");
    }
}
