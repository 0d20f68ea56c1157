package dev.pgpool.examples;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.auth.CredentialStore;
import dev.pgpool.core.stats.PgPoolSnapshot;
import dev.pgpool.examples.quickstart.BackupSection;
import dev.pgpool.examples.quickstart.Bank;
import dev.pgpool.examples.quickstart.BankServer;
import dev.pgpool.examples.quickstart.CertificateSection;
import dev.pgpool.examples.quickstart.Crowd;
import dev.pgpool.examples.quickstart.OpenConnections;
import dev.pgpool.examples.quickstart.Outcome;
import dev.pgpool.examples.quickstart.Progress;
import java.io.IOException;
import java.io.PrintStream;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;

/**
 * Thousands of threads of this process hold an open connection each, on twenty PostgreSQL connections, beside a pool of twenty.
 * Then hundreds of JDBC clients move money by TCP through ten PostgreSQL connections for some seconds, and the books are checked.
 *
 * <p>Without an argument PostgreSQL is started for it; with one ({@code postgresql://user:password@host:port/database})
 * that server is used, in a schema that is removed afterwards. Exit status 0 if the books are right.
 */
public final class Quickstart {
    private static final int CLIENTS = 300;
    private static final int SERVERS = 10;
    private static final Duration DURATION = Duration.ofSeconds(8);
    private static final Duration HEADLINE = Duration.ofSeconds(5);

    private final PrintStream out;
    private final int clients;
    private final Duration duration;

    Quickstart(PrintStream out, int clients, Duration duration) {
        this.out = out;
        this.clients = clients;
        this.duration = duration;
    }

    public static void main(String[] args) throws InterruptedException {
        String url = args.length > 0 ? args[0] : System.getProperty("pg.url", "");
        boolean right = false;
        try (BankServer server = url.isEmpty() ? BankServer.embedded() : BankServer.at(url)) {
            new OpenConnections(server, System.out, Integer.MAX_VALUE, HEADLINE).show();
            right = new Quickstart(System.out, CLIENTS, DURATION).run(server);
            right &= CertificateSection.run(server, System.out);
            right &= BackupSection.show(server, System.getenv(), System.out);
        } catch (IOException | SQLException | IllegalArgumentException e) {
            System.err.println("quickstart: " + e.getMessage());
        }
        System.exit(right ? 0 : 1);
    }

    /** Whether the books were right at the end. */
    boolean run(BankServer server) throws SQLException, InterruptedException {
        out.printf("%npgpool quickstart: %d JDBC clients over %d PostgreSQL connections%n%n", clients, SERVERS);
        out.printf(
                "  PostgreSQL %s at %s%s%n", server.version(), server, server.isEmbedded() ? ", started for this" : "");
        // Clients log in to the pooler by SCRAM, with the server's password if it has one.
        String password = server.password() == null ? UUID.randomUUID().toString() : server.password();
        try (Bank bank = Bank.open(server.direct());
                PgPool pool = pooler(server, password).start()) {
            out.printf("  pgpool listens on port %d%n", pool.address().getPort());
            Crowd crowd = new Crowd(clients, server.through(pool.address(), password));
            Progress progress = new Progress(out, System.console() != null, () -> servers(pool.snapshot()));
            Crowd.Work work = crowd.run(duration, progress);
            Outcome outcome = new Outcome(work, clients, pool.snapshot(), bank.transfers(), bank.total());
            outcome.print(out);
            return outcome.isRight();
        }
    }

    private static PgPool pooler(BankServer server, String password) {
        return PgPool.builder()
                .listen("127.0.0.1", 0)
                .credentials(CredentialStore.of(Map.of(server.user(), password)))
                .database(
                        server.database(),
                        db -> db.host(server.host())
                                .port(server.port())
                                .user(server.user())
                                .password(password)
                                .maxConnections(SERVERS))
                .build();
    }

    private static int servers(PgPoolSnapshot figures) {
        return figures.pools().stream().mapToInt(PgPoolSnapshot.Pool::servers).sum();
    }
}
