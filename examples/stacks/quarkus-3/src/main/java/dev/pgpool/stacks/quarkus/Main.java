package dev.pgpool.stacks.quarkus;

import dev.pgpool.backup.BackupEngine;
import dev.pgpool.certwatch.CertWatch;
import dev.pgpool.core.PgPool;
import io.quarkus.runtime.QuarkusApplication;
import io.quarkus.runtime.annotations.QuarkusMain;
import io.vertx.mutiny.sqlclient.Pool;
import java.time.Duration;

/** Moves money through the pooler, by JDBC and by the reactive driver, and ends. */
@QuarkusMain
public class Main implements QuarkusApplication {
    private final Accounts accounts;
    private final Pool reactive;
    private final PgPool pooler;
    private final BackupEngine backups;
    private final CertWatch certificates;

    Main(Accounts accounts, Pool reactive, PgPool pooler, BackupEngine backups, CertWatch certificates) {
        this.accounts = accounts;
        this.reactive = reactive;
        this.pooler = pooler;
        this.backups = backups;
        this.certificates = certificates;
    }

    @Override
    public int run(String... arguments) throws Exception {
        accounts.transfer("ada", "bob", 30);
        try {
            accounts.transfer("ada", "bob", 1000);
        } catch (IllegalArgumentException e) {
            System.out.println("refused: " + e.getMessage());
        }
        System.out.println("ada has " + accounts.balance("ada") + ", bob has " + accounts.balance("bob"));
        long rows = reactive.query("SELECT count(*) FROM account")
                .execute()
                .map(found -> found.iterator().next().getLong(0))
                .await()
                .atMost(Duration.ofSeconds(10));
        System.out.println("reactive: " + rows + " accounts");
        System.out.println("clients of the pooler: " + (pooler.clients().isEmpty() ? "none" : "some"));
        System.out.println("backup: " + (backups.run().succeeded() ? "taken" : "failed"));
        certificates.awaitFirstSweep(Duration.ofSeconds(30));
        System.out.println("certificates: " + certificates.snapshot().worst());
        return 0;
    }
}
