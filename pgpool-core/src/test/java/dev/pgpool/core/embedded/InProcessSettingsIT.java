package dev.pgpool.core.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.config.TlsMode;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPki;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.Wire;
import dev.pgpool.core.jdbc.InProcessDataSource;
import dev.pgpool.core.jdbc.InProcessSocketFactory;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Settings of the driver, in the spellings that hosts have them in: what is about sockets means nothing, all else what it means. */
@OnEveryPostgres
class InProcessSettingsIT {
    private final TestPostgres postgres;
    private PgPool pool;

    InProcessSettingsIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    /** TLS is demanded of all who come by TCP. */
    @BeforeEach
    void start(@TempDir Path directory) {
        TestPki.Issued server = new TestPki(directory, "in-process").localhost();
        pool = PgPool.builder()
                .eventLoops(2)
                .listen("127.0.0.1", 0)
                .tls(tls -> tls.mode(TlsMode.REQUIRE).certificate(server.certificate(), server.key()))
                .database(
                        TestPostgres.DATABASE,
                        db -> TestPooler.at(db, postgres).maxConnections(2).user(TestPostgres.USER))
                .build()
                .start();
    }

    @AfterEach
    void end() {
        pool.close();
    }

    private InProcessDataSource app() {
        return pool.dataSource(TestPostgres.DATABASE).with("socketTimeout", "60");
    }

    private static String first(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            assertThat(rows.next()).isTrue();
            return rows.getString(1);
        }
    }

    private InProcessDataSource with(String settings) {
        InProcessDataSource source = app();
        for (String setting : settings.split(" ")) {
            source = source.with(
                    setting.substring(0, setting.indexOf('=')), setting.substring(setting.indexOf('=') + 1));
        }
        return source;
    }

    private Connection byUrl(String settings) throws SQLException {
        return DriverManager.getConnection(pool.socketFactory().jdbcUrl(TestPostgres.DATABASE)
                + "&socketTimeout=60&user=" + TestPostgres.USER + "&" + settings.replace(' ', '&'));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "sslmode=disable",
                "sslmode=allow",
                "sslmode=prefer",
                "ssl=false",
                "gssEncMode=disable",
                "gssEncMode=allow",
                "gssEncMode=prefer sslmode=prefer",
                "localSocketAddress=127.0.0.1",
                "tcpKeepAlive=true tcpNoDelay=false",
                "receiveBufferSize=1000000 sendBufferSize=1000000",
                "receiveBufferSize=0 sendBufferSize=1",
                "maxSendBufferSize=1000",
                "connectTimeout=1",
                "loginTimeout=0",
                "loginTimeout=30",
                "loginTimeout=29.5",
                "loginTimeout=-1",
                "cancelSignalTimeout=0",
                "protocolVersion=3.2",
                "targetServerType=primary",
                "targetServerType=preferSecondary hostRecheckSeconds=0",
                "preferQueryMode=simple",
                "preferQueryMode=extendedForPrepared",
                "preferQueryMode=extendedCacheEverything",
                "assumeMinServerVersion=15",
                "assumeMinServerVersion=8.4",
                "readOnly=true readOnlyMode=always",
                "autosave=always",
                "binaryTransfer=false prepareThreshold=-1",
                "binaryTransfer=true prepareThreshold=1",
                "maxResultBuffer=10M",
                "adaptiveFetch=true defaultRowFetchSize=2 maxResultBuffer=10M",
                "reWriteBatchedInserts=true",
                "allowEncodingChanges=true",
                "logUnclosedConnections=true",
                "groupStartupParameters=true",
                "quoteReturningIdentifiers=false",
                "classLoaderStrategy=context-first",
                "requireAuth=none"
            })
    void theDriverGetsItsWay(String settings) throws SQLException {
        try (Connection connection = with(settings).getConnection()) {
            assertThat(first(connection, "SELECT 'source'")).isEqualTo("source");
        }
        try (Connection connection = byUrl(settings)) {
            assertThat(first(connection, "SELECT 'url'")).isEqualTo("url");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "sslmode=require",
                "sslmode=verify-full",
                "ssl=true sslmode=verify-ca",
                "sslmode=require sslNegotiation=direct",
                "gssEncMode=require",
                "channelBinding=require",
                "requireAuth=scram-sha-256",
                "socketFactoryArg=",
                "socketFactoryArg=nonsense",
                "socketFactoryArg=00000000-0000-0000-0000-000000000000",
                "socketFactory=java.lang.String",
                "socketFactory=no.such.Class"
            })
    void whatCantBeIsAnErrorAtOnce(String settings) throws SQLException {
        if (!settings.startsWith("socketFactory")) {
            assertThatThrownBy(() -> with(settings).getConnection().close()).isInstanceOf(SQLException.class);
        } else {
            // whose sockets they are is not for a setting to say
            with(settings).getConnection().close();
        }
        assertThatThrownBy(() -> byUrl(settings).close()).isInstanceOf(SQLException.class);
        await().atMost(Wire.PATIENCE).until(() -> pool.clients().isEmpty());
    }

    @Test
    void severalHostsAreTheSame() throws SQLException {
        InProcessSocketFactory sockets = pool.socketFactory();
        String url = sockets.jdbcUrl(TestPostgres.DATABASE).replace("//in-process/", "//one:1,[::1]:2,in-process/")
                + "&loadBalanceHosts=true&user=" + TestPostgres.USER;
        for (String type : List.of("any", "primary", "preferPrimary", "preferSecondary")) {
            try (Connection connection = DriverManager.getConnection(url + "&targetServerType=" + type)) {
                assertThat(first(connection, "SELECT 'same'")).isEqualTo("same");
            }
        }
        assertThatThrownBy(() -> DriverManager.getConnection(url + "&targetServerType=secondary")
                        .close())
                .isInstanceOf(SQLException.class);
        await().atMost(Wire.PATIENCE).until(() -> pool.clients().isEmpty());
    }

    @Test
    void propertiesMaySayWhatTheUrlSays() throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", TestPostgres.USER);
        properties.setProperty("password", "not looked at");
        properties.setProperty("sslmode", "require");
        properties.setProperty("socketFactory", "no.such.Class");
        properties.setProperty("socketFactoryArg", "nonsense");
        properties.setProperty("PGHOST", "nowhere.invalid");
        properties.setProperty("PGPORT", "1");
        properties.setProperty("PGDBNAME", "nowhere");
        try (Connection connection =
                DriverManager.getConnection(pool.socketFactory().jdbcUrl(TestPostgres.DATABASE), properties)) {
            assertThat(first(connection, "SELECT 'the URL counts'")).isEqualTo("the URL counts");
        }
        InProcessDataSource source = app();
        for (String name :
                List.of("PGHOST", "PGPORT", "PGDBNAME", "user", "socketFactory", "socketFactoryArg", "password")) {
            source = source.with(name, "1");
        }
        try (Connection connection = source.getConnection()) {
            assertThat(first(connection, "SELECT current_database() || '/' || current_user"))
                    .isEqualTo("app/app");
        }
    }

    @Test
    void sessionSettingsOfTheLoginAreTheClients() throws SQLException {
        InProcessDataSource source = app().with("currentSchema", "\"a, b\", pg_catalog")
                .with("options", "-c statement_timeout=12345 -c lock_timeout=6789")
                .with("ApplicationName", "ü".repeat(40));
        try (Connection one = source.getConnection();
                Connection other = app().getConnection()) {
            for (int i = 0; i < 3; i++) {
                assertThat(first(one, "SHOW search_path")).isEqualTo("\"a, b\", pg_catalog");
                assertThat(first(one, "SHOW statement_timeout")).isEqualTo("12345ms");
                assertThat(first(one, "SHOW lock_timeout")).isEqualTo("6789ms");
                assertThat(first(other, "SHOW statement_timeout")).isEqualTo("0");
            }
            List<String> names = new ArrayList<>();
            pool.clients().forEach(client -> names.add(client.applicationName()));
            assertThat(names).hasSize(2);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"3.0", "3.2"})
    void aCancelFindsItsWayByEitherProtocol(String protocol) throws SQLException {
        try (Connection connection = app().with("protocolVersion", protocol).getConnection();
                Statement statement = connection.createStatement()) {
            statement.setQueryTimeout(1);
            assertThatThrownBy(() -> statement.execute("SELECT pg_sleep(60)"))
                    .extracting(e -> ((SQLException) e).getSQLState())
                    .isEqualTo("57014");
            assertThat(first(connection, "SELECT 'alive'")).isEqualTo("alive");
        }
    }

    @Test
    void aReplicationConnectionIsOneToo() throws SQLException {
        String user = TestPostgres.SUPERUSER;
        try (PgPool own = PgPool.builder()
                        .eventLoops(1)
                        .database(
                                TestPostgres.DATABASE,
                                db -> TestPooler.at(db, postgres).maxConnections(2))
                        .build()
                        .start();
                Connection connection = own.dataSource(TestPostgres.DATABASE, user)
                        .with("replication", "database")
                        .with("preferQueryMode", "simple")
                        .with("assumeMinServerVersion", "9.4")
                        .with("socketTimeout", "60")
                        .getConnection()) {
            assertThat(first(connection, "IDENTIFY_SYSTEM")).isNotEmpty();
        }
    }

    @Test
    void aLoginTimeoutIsCopied() throws SQLException {
        InProcessDataSource source = app();
        source.setLoginTimeout(7);
        assertThat(source.with("ApplicationName", "x").getLoginTimeout()).isEqualTo(7);
        source.setLoginTimeout(-1);
        source.getConnection().close();
        assertThat(source.isWrapperFor(javax.sql.DataSource.class)).isTrue();
        assertThatThrownBy(() -> source.unwrap(String.class)).isInstanceOf(SQLException.class);
    }
}
