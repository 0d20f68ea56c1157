package dev.pgpool.examples.bank;

import com.zaxxer.hikari.HikariDataSource;
import dev.pgpool.core.jdbc.InProcessDataSource;
import org.junit.jupiter.api.Nested;

/** Libraries of an application that use its data source: Flyway, Liquibase, jOOQ, ShedLock, Quartz. */
class LibrariesIT {

    @Nested
    class ByTcp extends Libraries {
        ByTcp() {
            super(HikariDataSource.class, "--pgpool.datasource.in-process=false");
        }
    }

    @Nested
    class InProcess extends Libraries {
        InProcess() {
            super(InProcessDataSource.class, "--pgpool.datasource.in-process=true");
        }
    }
}
