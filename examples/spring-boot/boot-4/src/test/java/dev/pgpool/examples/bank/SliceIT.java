package dev.pgpool.examples.bank;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.PgPool;
import dev.pgpool.examples.fixture.TestDatabase;
import org.jooq.DSLContext;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.data.jpa.test.autoconfigure.DataJpaTest;
import org.springframework.boot.data.r2dbc.test.autoconfigure.DataR2dbcTest;
import org.springframework.boot.jdbc.test.autoconfigure.AutoConfigureTestDatabase;
import org.springframework.boot.jdbc.test.autoconfigure.AutoConfigureTestDatabase.Replace;
import org.springframework.boot.jdbc.test.autoconfigure.JdbcTest;
import org.springframework.boot.jooq.test.autoconfigure.JooqTest;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.test.context.ActiveProfiles;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/** Boot's test slices start a part of the application: what connects there is led to the pooler, too. */
@ActiveProfiles("test")
class SliceIT {
    private static final TestDatabase DATABASE = TestDatabase.create();

    @DynamicPropertySource
    static void database(DynamicPropertyRegistry registry) {
        registry.add("DB_HOST", () -> "127.0.0.1");
        registry.add("DB_PASSWORD", () -> TestDatabase.PASSWORD);
        registry.add("pgpool.databases.bank.port", TestDatabase::port);
        registry.add("pgpool.databases.bank.database-name", DATABASE::name);
    }

    @Nested
    @DataJpaTest
    @AutoConfigureTestDatabase(replace = Replace.NONE)
    class Jpa {
        @Test
        void isPooled(@Autowired Accounts accounts, @Autowired PgPool pool) {
            accounts.saveAndFlush(new Account("ann", 7));

            assertThat(accounts.total()).isEqualTo(7);
            assertThat(pool.servers()).isNotEmpty();
        }
    }

    @Nested
    @JdbcTest
    @AutoConfigureTestDatabase(replace = Replace.NONE)
    class Jdbc {
        @Test
        void isPooled(@Autowired JdbcClient client, @Autowired PgPool pool) {
            assertThat(client.sql("SELECT 7").query(Integer.class).single()).isEqualTo(7);
            assertThat(pool.servers()).isNotEmpty();
        }
    }

    @Nested
    @JooqTest
    @AutoConfigureTestDatabase(replace = Replace.NONE)
    class Jooq {
        @Test
        void isPooled(@Autowired DSLContext context, @Autowired PgPool pool) {
            assertThat(context.fetchValue("SELECT 7")).isEqualTo(7);
            assertThat(pool.servers()).isNotEmpty();
        }
    }

    @Nested
    @DataR2dbcTest
    class R2dbc {
        @Test
        void isPooled(@Autowired DatabaseClient client, @Autowired PgPool pool) {
            assertThat(client.sql("SELECT 7")
                            .mapValue(Integer.class)
                            .one()
                            .block())
                    .isEqualTo(7);
            assertThat(pool.servers()).isNotEmpty();
        }
    }
}
