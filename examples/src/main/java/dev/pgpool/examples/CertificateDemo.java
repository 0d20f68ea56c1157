package dev.pgpool.examples;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.pgpool.certwatch.CertWatch;
import dev.pgpool.certwatch.event.CertWatchListener;
import dev.pgpool.certwatch.event.CertificateChange;
import dev.pgpool.certwatch.event.Notice;
import dev.pgpool.certwatch.target.CertTarget;
import dev.pgpool.certwatch.trust.TrustSource;
import dev.pgpool.certwatch.trust.Verification;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;

/**
 * Watches three things whose certificates it makes itself: a PostgreSQL server, an HTTPS server, and a file that ends in
 * five days. Then it renews the database's certificate and shows the change.
 */
public final class CertificateDemo {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private CertificateDemo() {}

    /**
     * Runs the demonstration; TLS is switched on in the server and off again at the end.
     *
     * @param superuserJdbcUrl a superuser's JDBC URL of a PostgreSQL on this machine
     * @param host where that server listens
     * @param port where that server listens
     * @param out gets the lines to show
     */
    public static void run(String superuserJdbcUrl, String host, int port, Consumer<String> out) throws Exception {
        X509Bundle root = new CertificateBuilder()
                .ecp256()
                .subject("CN=Demo Root")
                .setIsCertificateAuthority(true)
                .notBefore(Instant.now().minus(Duration.ofDays(30)))
                .notAfter(Instant.now().plus(Duration.ofDays(3650)))
                .buildSelfSigned();
        Path directory = Files.createTempDirectory("certificates-");
        HttpsServer web = https(certificate(root, 300));
        try (Connection connection = DriverManager.getConnection(superuserJdbcUrl);
                Statement sql = connection.createStatement()) {
            install(directory, certificate(root, 20));
            switchTls(sql, directory, true);
            try {
                awaitTls(sql);
                Path file = Files.writeString(
                        directory.resolve("service.pem"), certificate(root, 5).getCertificatePathPEM());
                watch(root, host, port, web.getAddress().getPort(), file, sql, directory, out);
            } finally {
                switchTls(sql, directory, false);
            }
        } finally {
            web.stop(0);
            delete(directory);
        }
    }

    private static void watch(
            X509Bundle root,
            String host,
            int port,
            int webPort,
            Path file,
            Statement sql,
            Path directory,
            Consumer<String> out)
            throws Exception {
        String database = "postgres://" + host + ":" + port;
        CompletableFuture<CertificateChange> renewed = new CompletableFuture<>();
        CertWatchListener listener = new CertWatchListener() {
            @Override
            public void onNotice(Notice notice) {
                out.accept("notice: " + notice.text());
            }

            @Override
            public void onChange(CertificateChange change) {
                renewed.complete(change);
            }
        };
        try (CertWatch watch = CertWatch.builder()
                .trust(TrustSource.of(List.of(root.getCertificate())))
                .firstSweep(Duration.ZERO)
                .listener(listener)
                .target(CertTarget.postgres(host, port)
                        .named(database)
                        .withServerName("localhost")
                        .withVerification(Verification.FULL)
                        .expectedFrom(directory.resolve("server.crt")))
                .target("https://127.0.0.1:" + webPort + "?sni=localhost")
                .target(CertTarget.file(file))
                .build()) {
            watch.start();
            watch.awaitFirstSweep(PATIENCE);
            out.accept(watch.snapshot().table());

            install(directory, certificate(root, 390));
            sql.execute("SELECT pg_reload_conf()");
            long limit = System.nanoTime() + PATIENCE.toNanos();
            while (!renewed.isDone() && System.nanoTime() < limit) {
                watch.checkNow(database).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            }
            CertificateChange change = renewed.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            out.accept("renewed: " + change.target().name() + " until "
                    + change.after().notAfter() + ", before until "
                    + change.before().notAfter());
            out.accept(watch.snapshot().table());
        }
    }

    private static X509Bundle certificate(X509Bundle root, int days) throws Exception {
        Instant end = Instant.now().plus(Duration.ofDays(days)).plusSeconds(3600);
        return new CertificateBuilder()
                .ecp256()
                .subject("CN=localhost")
                .addSanDnsName("localhost")
                .addExtendedKeyUsageServerAuth()
                .notBefore(end.minus(Duration.ofDays(398)))
                .notAfter(end)
                .buildIssuedBy(root);
    }

    private static HttpsServer https(X509Bundle certificate) throws Exception {
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(certificate.toKeyManagerFactory().getKeyManagers(), null, null);
        HttpsServer web = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
        web.setHttpsConfigurator(new HttpsConfigurator(tls));
        web.start();
        return web;
    }

    private static void install(Path directory, X509Bundle certificate) throws Exception {
        Path key = directory.resolve("server.key");
        Files.writeString(key, certificate.getPrivateKeyPEM());
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
        Files.writeString(directory.resolve("server.crt"), certificate.getCertificatePathPEM());
    }

    private static void switchTls(Statement sql, Path directory, boolean on) throws Exception {
        if (on) {
            sql.execute("ALTER SYSTEM SET ssl_cert_file = '" + directory.resolve("server.crt") + "'");
            sql.execute("ALTER SYSTEM SET ssl_key_file = '" + directory.resolve("server.key") + "'");
            sql.execute("ALTER SYSTEM SET ssl = on");
        } else {
            sql.execute("ALTER SYSTEM RESET ssl");
            sql.execute("ALTER SYSTEM RESET ssl_cert_file");
            sql.execute("ALTER SYSTEM RESET ssl_key_file");
        }
        sql.execute("SELECT pg_reload_conf()");
    }

    /** A reload is asynchronous; this session hears of it after the server that takes the connections. */
    private static void awaitTls(Statement sql) throws Exception {
        long limit = System.nanoTime() + PATIENCE.toNanos();
        while (!tlsOn(sql)) {
            if (System.nanoTime() > limit) {
                throw new IllegalStateException("ssl is still off after pg_reload_conf() (expected: on)");
            }
            TimeUnit.MILLISECONDS.sleep(10);
        }
    }

    private static boolean tlsOn(Statement sql) throws Exception {
        try (ResultSet shown = sql.executeQuery("SHOW ssl")) {
            return shown.next() && shown.getString(1).equals("on");
        }
    }

    private static void delete(Path directory) throws Exception {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
