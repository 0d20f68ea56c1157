package dev.pgpool.core.pgbouncer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.auth.ClientAuthentication;
import dev.pgpool.core.config.ConfigException;
import dev.pgpool.core.config.DatabaseConfig;
import dev.pgpool.core.config.LdapConfig;
import dev.pgpool.core.config.LoadBalanceHosts;
import dev.pgpool.core.config.PgPoolConfig;
import dev.pgpool.core.config.PoolMode;
import dev.pgpool.core.config.Setting;
import dev.pgpool.core.config.TlsMode;
import dev.pgpool.core.event.PgPoolListener;
import dev.pgpool.core.pgbouncer.Keys.Use;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class PgBouncerIniTest {
    @TempDir
    Path directory;

    private PgBouncerIni read(String... lines) throws IOException {
        return PgBouncerIni.read(file("pgbouncer.ini", lines));
    }

    private Path file(String name, String... lines) throws IOException {
        return Files.write(directory.resolve(name), List.of(lines));
    }

    private List<String> problems(String... lines) throws IOException {
        Path file = file("pgbouncer.ini", lines);
        try {
            PgBouncerIni.read(file);
        } catch (ConfigException e) {
            return e.problems().stream()
                    .map(problem -> problem.replace(file.toString(), "ini"))
                    .toList();
        }
        return List.of();
    }

    @Test
    void defaultsArePgBouncers() throws IOException {
        PgPoolConfig config = read("[databases]", "app =", "[pgbouncer]").config();
        DatabaseConfig app = config.databases().get("app");
        assertThat(config.poolMode()).isEqualTo(PoolMode.SESSION);
        assertThat(config.listen().maxClientConnections()).isEqualTo(100);
        assertThat(config.listen().hosts()).isEmpty();
        assertThat(config.listen().port()).isEqualTo(6_432);
        assertThat(config.listen().backlog()).isEqualTo(128);
        assertThat(config.listen().unixSocketDirectory()).hasValue(Path.of("/tmp"));
        assertThat(config.auth().method()).isEqualTo(ClientAuthentication.MD5);
        assertThat(config.admin().owner()).isTrue();
        assertThat(app.hosts().hosts()).singleElement().hasToString("/tmp:5432");
        assertThat(app.pool().limits().maxConnections()).isEqualTo(20);
        assertThat(app.pool().timeouts().connectRetryDelay()).isEqualTo(Duration.ofSeconds(15));
        assertThat(app.pool().timeouts().queryWait()).isEqualTo(Duration.ofSeconds(120));
        assertThat(app.tls().mode()).isEqualTo(TlsMode.PREFER);
    }

    @Test
    void databasesAreReadWithQuotesAndOverTheGlobalSettings() throws IOException {
        Map<String, DatabaseConfig> databases = read(
                        "; a comment",
                        "[databases]",
                        "app = host=db1,db2 port=5433 dbname=real user=owner password='it''s secret' pool_size=7"
                                + " min_pool_size=9 reserve_pool=3 pool_mode=statement load_balance_hosts=disable"
                                + " max_db_connections=50 max_db_client_connections=60 server_lifetime=90"
                                + " query_wait_timeout=1.5 timezone='Europe/Berlin' connect_query='SELECT 1'",
                        "\"odd \"\"name\" = host=/var/run",
                        "* = host=other",
                        "# another",
                        "[pgbouncer]",
                        "default_pool_size = 5",
                        "pool_mode = transaction",
                        "server_idle_timeout = 30",
                        "server_reset_query = DISCARD ALL",
                        "server_round_robin = yes")
                .config()
                .databases();
        DatabaseConfig app = databases.get("app");
        assertThat(app.hosts().hosts()).extracting(Object::toString).containsExactly("db1:5433", "db2:5433");
        assertThat(app.hosts().loadBalance()).isEqualTo(LoadBalanceHosts.DISABLE);
        assertThat(app.databaseName()).hasValue("real");
        assertThat(app.user()).hasValue("owner");
        assertThat(app.password()).hasValue("it's secret");
        assertThat(app.pool().mode()).hasValue(PoolMode.STATEMENT);
        assertThat(app.pool().limits().maxConnections()).isEqualTo(7);
        assertThat(app.pool().limits().minConnections()).isEqualTo(7);
        assertThat(app.pool().limits().reserveConnections()).isEqualTo(3);
        assertThat(app.pool().limits().maxServerConnections()).isEqualTo(50);
        assertThat(app.pool().limits().maxClients()).isEqualTo(60);
        assertThat(app.pool().servers().lifetime()).isEqualTo(Duration.ofSeconds(90));
        assertThat(app.pool().timeouts().queryWait()).isEqualTo(Duration.ofMillis(1_500));
        assertThat(app.connectQuery()).hasValue("SET timezone TO 'Europe/Berlin'; SELECT 1");
        DatabaseConfig odd = databases.get("odd \"name");
        assertThat(odd.pool().limits().maxConnections()).isEqualTo(5);
        assertThat(odd.pool().servers().idleTimeout()).isEqualTo(Duration.ofSeconds(30));
        assertThat(odd.pool().servers().roundRobin()).isTrue();
        assertThat(databases.get("*").hosts().hosts()).singleElement().hasToString("other:5432");
    }

    @Test
    void usersPeersOperatorsAndIncludes() throws IOException {
        Path more = file("more.ini", "[users]", "batch = pool_size=2 pool_mode=session max_user_connections=9");
        PgPoolConfig config = read(
                        "[databases]",
                        "app = host=db",
                        "[pgbouncer]",
                        "max_user_connections = 4",
                        "admin_users = root, boss",
                        "stats_users = watcher",
                        "peer_id = 1",
                        "[peers]",
                        "1 = host=/tmp/one",
                        "2 = host=two port=7000",
                        "%include " + more)
                .config();
        assertThat(config.user("batch").orElseThrow().maxServerConnections()).isEqualTo(9);
        assertThat(config.user("batch").orElseThrow().maxConnections()).hasValue(2);
        assertThat(config.user("anybody").orElseThrow().maxServerConnections()).isEqualTo(4);
        assertThat(config.admin().adminUsers()).containsExactlyInAnyOrder("root", "boss");
        assertThat(config.admin().statsUsers()).containsExactly("watcher");
        assertThat(config.peers().id()).isEqualTo(1);
        assertThat(config.peers().peers().get(2).port()).isEqualTo(7_000);
    }

    @Test
    void everyProblemIsSaidWithFileLineKeyAndExpectation() throws IOException {
        assertThat(problems(
                        "[databases]",
                        "app = host=db port=99999 colour=red",
                        "broken = host='never ends",
                        "pgbouncer = host=db",
                        "app = host=db",
                        "[pgbouncer]",
                        "listen_prot = 6432",
                        "query_timeout = 5s",
                        "default_pool_size = many",
                        "pool_mode = sometimes",
                        "auth_type = kerberos",
                        "auth_file = /nowhere/userlist.txt",
                        "; nothing",
                        "client_tls_sslmode = require-not",
                        "server_tls_ciphers = HIGH:!aNULL",
                        "tcp_keepalive 1",
                        "%include /nowhere/more.ini",
                        "[colours]",
                        "red = 1"))
                .contains(
                        "ini:5: app: given twice (expected: once, as in ini:2)",
                        "ini:16: a line that is no entry (expected: key = value, [section], %include or a comment)",
                        "ini:17: no such file: /nowhere/more.ini (expected: a file that this process may read)",
                        "ini:18: [colours] (expected: [pgbouncer], [databases], [users], [peers])",
                        "ini:7: listen_prot: no such key (expected: one of those of PgBouncer 1.25)",
                        "ini:8: query_timeout: \"5s\" (expected: seconds without a unit, 0 to 31536000)",
                        "ini:9: default_pool_size: \"many\" (expected: a whole number, 0 to 10000)",
                        "ini:10: pool_mode: \"sometimes\" (expected: one of session, transaction, statement)",
                        "ini:12: auth_file: \"/nowhere/userlist.txt\" (expected: a file that this process may read)",
                        "ini:4: pgbouncer: a database (expected: another name, this is the console)")
                .anyMatch(problem ->
                        problem.startsWith("ini:11: auth_type: \"kerberos\" (expected: one of any, trust, plain"))
                .anyMatch(
                        problem -> problem.startsWith("ini:14: client_tls_sslmode: \"require-not\" (expected: one of"))
                .anyMatch(
                        problem -> problem.startsWith("ini:15: server_tls_ciphers: \"HIGH:!aNULL\" (expected: default"))
                .anyMatch(problem -> problem.startsWith("ini:3: broken: not understood at character"));
    }

    @Test
    void unknownKeysOfADatabaseAreNamed() throws IOException {
        assertThat(problems("[databases]", "app = host=db port=99999 colour=red", "[pgbouncer]"))
                .hasSize(2)
                .anyMatch(
                        problem -> problem.equals("ini:2: app.port: \"99999\" (expected: a whole number, 1 to 65535)"))
                .anyMatch(problem ->
                        problem.startsWith("ini:2: app.colour: no such key (expected: one of application_name, "));
    }

    @Test
    void whatThePoolerFindsWrongIsSaidByFileLineAndKey() throws IOException {
        Path nowhere = Path.of("/nowhere/x.pem");
        assertThat(problems(
                        "[databases]",
                        "app = host=db password=secret",
                        "other = host=a]b auth_dbname=nowhere",
                        "third = host=db",
                        "[pgbouncer]",
                        "auth_user = asker",
                        "auth_query = SELECT 1",
                        "auth_dbname = missing",
                        "listen_addr = ,",
                        "client_tls_sslmode = require",
                        "client_tls_key_file = " + nowhere,
                        "client_tls_cert_file = " + nowhere,
                        "server_tls_sslmode = verify-ca",
                        "server_tls_ca_file = " + nowhere,
                        "server_reset_query_always = 1",
                        "server_reset_query ="))
                .containsExactlyInAnyOrder(
                        "ini:9: listen_addr: \",\" (expected: an address, a host name or *, several separated by"
                                + " commas, or a unix socket without)",
                        "ini:12: client_tls_cert_file: /nowhere/x.pem that is not there"
                                + " (expected: a file that this process may read)",
                        "ini:11: client_tls_key_file: /nowhere/x.pem that is not there"
                                + " (expected: a file that this process may read)",
                        "ini:2: app.password: a password (expected: none without a forced user)",
                        "ini:3: other.host: \"a]b\" (expected: a host name, address or directory)",
                        "ini:14: server_tls_ca_file: /nowhere/x.pem that is not there"
                                + " (expected: a file that this process may read)",
                        "ini:7: auth_query: \"SELECT 1\" (expected: SQL with the parameter $1)",
                        "ini:15: server_reset_query_always: true without a reset query"
                                + " (expected: a reset query, or false)");
    }

    @Test
    void aDatabaseForLookupsThatNoEntryServesIsSaidAndIsAnErrorOfLogins() throws IOException {
        String[] lines = {
            "[databases]",
            "app = host=db",
            "other = host=db auth_dbname=nowhere",
            "[pgbouncer]",
            "listen_addr = 127.0.0.1",
            "auth_user = asker",
            "auth_dbname = missing",
        };
        PgBouncerIni ini = read(lines);
        assertThat(ini.warnings())
                .map(warning -> warning.replace(directory + "/pgbouncer.", ""))
                .containsExactlyInAnyOrder(
                        "ini:7: auth_dbname: \"missing\" is served by no entry: logins whose users are looked up there are"
                                + " refused",
                        "ini:3: auth_dbname: \"nowhere\" is served by no entry: logins whose users are looked up there are"
                                + " refused");
        assertThat(problems("[databases]", "app = host=db", "[pgbouncer]", "auth_dbname = pgbouncer"))
                .anyMatch(problem ->
                        problem.contains("cannot use the reserved \"pgbouncer\" database as an auth_dbname"));
    }

    @Test
    void whatIsWrongWithFilesOfKeysIsSaidByFileLineAndKey() throws IOException {
        Path empty = file("empty.pem", "");
        PgBouncerIni ini = read(
                "[databases]",
                "app = host=db",
                "[pgbouncer]",
                "client_tls_sslmode = require",
                "client_tls_key_file = " + empty,
                "client_tls_cert_file = " + empty);
        assertThatThrownBy(() -> PgPool.of(ini, PgPoolListener.NONE))
                .isInstanceOf(ConfigException.class)
                .hasMessage(directory.resolve("pgbouncer.ini") + ":6: client_tls_cert_file: " + empty
                        + " without a certificate (expected: PEM certificates)");
    }

    @Test
    void settingsOfTlsWaitForEachOther() throws IOException {
        Path some = file("some.pem", "");
        PgBouncerIni ini = read("[databases]", "app = host=db", "[pgbouncer]", "client_tls_sslmode = disable");
        PgPoolConfig before = ini.config();
        // nobody uses them yet
        ini.set("client_tls_key_file", some.toString());
        assertThat(ini.pending("client_tls_key_file")).isEmpty();
        ini.load();
        assertThat(ini.set("client_tls_sslmode", "require").toString()).isEqualTo(before.toString());
        assertThat(ini.pending("client_tls_sslmode")).singleElement().asString().contains("client_tls_cert_file: none");
        assertThat(ini.setting("client_tls_sslmode")).isEqualTo("disable");
        // of the other side, and of none
        assertThat(ini.set("server_tls_sslmode", "require")
                        .databases()
                        .get("app")
                        .tls()
                        .mode())
                .isEqualTo(TlsMode.REQUIRE);
        assertThat(ini.set("default_pool_size", "7").listen().tls().mode()).isEqualTo(TlsMode.DISABLE);
        ini.set("client_tls_cert_file", some.toString());
        assertThat(ini.pending("client_tls_cert_file"))
                .singleElement()
                .asString()
                .contains("client_tls_key_file");
        assertThatThrownBy(() -> ini.set("client_tls_sslmode", "perhaps"))
                .hasMessageContaining("SET: client_tls_sslmode: \"perhaps\" (expected: one of ");
        PgPoolConfig all = ini.set("client_tls_key_file", some.toString());
        assertThat(all.listen().tls().mode()).isEqualTo(TlsMode.REQUIRE);
        assertThat(all.databases().get("app").pool().limits().maxConnections()).isEqualTo(7);
        assertThat(ini.pending("client_tls_key_file")).isEmpty();
        // the pooler finds that there is no key in it
        ini.refused(new ConfigException(List.of("listen.tls.key: " + some + " without a private key (expected: one)")));
        assertThat(ini.pending("client_tls_key_file"))
                .containsExactly("SET: client_tls_key_file: " + some + " without a private key (expected: one)");
        assertThat(ini.setting("client_tls_sslmode")).isEqualTo("disable");
        assertThat(ini.setting("default_pool_size")).isEqualTo("7");
        ini.load();
        assertThat(ini.pending("client_tls_key_file")).isEmpty();
        ini.set("default_pool_size", "8");
        assertThatThrownBy(() ->
                        ini.refused(new ConfigException(List.of("databases.app.maxConnections: 8 (expected: 9)"))))
                .hasMessageContaining("app.pool_size: 8 (expected: 9)");
        assertThat(ini.setting("default_pool_size")).isEqualTo("20");
    }

    @Test
    void setDoesNotReadWhatWasEditedSince() throws IOException {
        PgBouncerIni ini = read("[databases]", "app = host=db", "[pgbouncer]", "default_pool_size = 5");
        file("pgbouncer.ini", "[databases]", "app = host=elsewhere", "[pgbouncer]", "default_pool_size = 6");
        PgPoolConfig changed = ini.set("query_timeout", "2");
        assertThat(changed.databases().get("app").pool().limits().maxConnections())
                .isEqualTo(5);
        assertThat(changed.databases().get("app").hosts().hosts())
                .singleElement()
                .hasToString("db:5432");
        assertThat(ini.load().databases().get("app").pool().limits().maxConnections())
                .isEqualTo(6);
    }

    @Test
    void anyNeedsAUserForEachDatabase() throws IOException {
        assertThat(problems("[databases]", "app = user=owner", "* = host=db", "[pgbouncer]", "auth_type = any"))
                .containsExactly(
                        "ini:3: *: no user (expected: user=..., as whom everybody gets in with auth_type any)");
    }

    @Test
    void noSecretIsShown() throws IOException {
        assertThat(problems("[databases]", "app = password=hunter2 password='hunter2", "hunter2", "[pgbouncer]"))
                .isNotEmpty()
                .noneMatch(problem -> problem.contains("hunter2"));
        assertThat(read("[databases]", "app = user=a password=hunter2").config().toString())
                .doesNotContain("hunter2");
    }

    @Test
    void missingFileAndCircles() throws IOException {
        assertThatThrownBy(() -> PgBouncerIni.read(directory.resolve("none.ini")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("no such file");
        assertThat(problems("[databases]", "%include " + directory.resolve("pgbouncer.ini")))
                .anyMatch(problem -> problem.contains("more than 10 deep"));
    }

    @Test
    void setChangesOneThingAndLoadUndoesIt() throws IOException {
        PgBouncerIni ini = read("[databases]", "app = host=db", "[pgbouncer]", "default_pool_size = 5");
        PgPoolConfig changed = ini.set("DEFAULT_POOL_SIZE", "9");
        assertThat(changed.databases().get("app").pool().limits().maxConnections())
                .isEqualTo(9);
        assertThat(ini.set("query_timeout", "2")
                        .databases()
                        .get("app")
                        .pool()
                        .limits()
                        .maxConnections())
                .isEqualTo(9);
        assertThat(ini.setting("default_pool_size")).isEqualTo("9");
        assertThatThrownBy(() -> ini.set("default_pool_size", "x"))
                .hasMessage("SET: default_pool_size: \"x\" (expected: a whole number, 0 to 10000)");
        assertThatThrownBy(() -> ini.set("listen_port", "1"))
                .hasMessageContaining("can't change while the pooler runs");
        assertThatThrownBy(() -> ini.set("nonsense", "1")).hasMessageContaining("no such key");
        assertThat(ini.setting("default_pool_size")).isEqualTo("9");
        assertThat(ini.load().databases().get("app").pool().limits().maxConnections())
                .isEqualTo(5);
        assertThat(ini.settings()).hasSize(101).anySatisfy(setting -> {
            assertThat(setting.key()).isEqualTo("default_pool_size");
            assertThat(setting.value()).isEqualTo("5");
            assertThat(setting.defaultValue()).isEqualTo("20");
            assertThat(setting.changeable()).isTrue();
        });
    }

    @Test
    void whatCantChangeIsKeptAndSaid() throws IOException {
        PgBouncerIni ini = read("[databases]", "app = host=db", "[pgbouncer]", "listen_port = 7000");
        file("pgbouncer.ini", "[databases]", "app = host=db", "[pgbouncer]", "listen_port = 7001", "listen_backlog=9");
        assertThat(ini.load().listen().port()).isEqualTo(7_000);
        assertThat(ini.config().listen().backlog()).isEqualTo(128);
        assertThat(ini.warnings())
                .hasSize(2)
                .anyMatch(warning -> warning.contains(":4: listen_port: \"7001\" is not used before a restart"));
    }

    @Test
    void badReloadKeepsWhatWasRead() throws IOException {
        PgBouncerIni ini = read("[databases]", "app = host=db", "[pgbouncer]", "default_pool_size = 5");
        file("pgbouncer.ini", "[databases]", "app = host=db", "[pgbouncer]", "default_pool_size = -5");
        assertThatThrownBy(ini::load).isInstanceOf(ConfigException.class);
        assertThat(ini.setting("default_pool_size")).isEqualTo("5");
    }

    /** Which line is at fault, where it is not the one of a key that is not given. */
    @Test
    void problemsOfTlsAndPeersAreToldAtTheirLines() throws IOException {
        String[] base = {"[databases]", "app = host=db", "[pgbouncer]"};
        assertThat(problems(base[0], base[1], base[2], "client_tls_sslmode = require"))
                .containsExactly("ini:4: client_tls_cert_file: none (expected: a certificate and its key, for mode"
                        + " REQUIRE)");
        assertThat(problems(
                        base[0],
                        base[1],
                        base[2],
                        "peer_id = 1",
                        "auth_type = hba",
                        "auth_hba_file = " + file("hba", "host all all all cert map=m"),
                        "auth_ident_file = /nowhere/x"))
                .containsExactly(
                        "ini:7: auth_ident_file: \"/nowhere/x\" (expected: a file that this process may read)");
        assertThat(problems(base[0], base[1], base[2], "peer_id = 1", "[peers]", "2 = host=' '"))
                .containsExactly("ini:6: 2.host: \" \" (expected: an address, a host name or a directory)");
        for (String key : List.of("server_tls_ciphers", "server_tls13_ciphers")) {
            Path ini = file(
                    "pgbouncer.ini", base[0], base[1], base[2], "server_tls_sslmode = require", key + " = TLS_NO_SUCH");
            assertThatThrownBy(() -> PgPool.of(PgBouncerIni.read(ini), PgPoolListener.NONE))
                    .isInstanceOf(ConfigException.class)
                    .hasMessageStartingWith(ini + ":5: " + key + ": ");
        }
    }

    /** As PgBouncer has it: a time of 0 is no limit, a number of -1 is that of all. */
    @Test
    void noLimitAndNotGiven() throws IOException {
        PgPoolConfig config = read(
                        "[databases]",
                        "app = host=db pool_size=-1 min_pool_size=-1 reserve_pool_size=-1 query_wait_timeout=-1"
                                + " server_lifetime=-1 max_db_connections=-1 max_db_client_connections=-1",
                        "[users]",
                        "batch = pool_size=-1 query_timeout=-1 max_user_connections=-1",
                        "[pgbouncer]",
                        "default_pool_size = 7",
                        "query_wait_timeout = 9",
                        "client_login_timeout = 0",
                        "server_connect_timeout = 0",
                        "cancel_wait_timeout = 0")
                .config();
        DatabaseConfig app = config.databases().get("app");
        assertThat(app.pool().limits().maxConnections()).isEqualTo(7);
        assertThat(app.pool().limits().maxServerConnections()).isZero();
        assertThat(app.pool().timeouts().queryWait()).isEqualTo(Duration.ofSeconds(9));
        assertThat(app.pool().servers().lifetime()).isEqualTo(Duration.ofHours(1));
        assertThat(app.pool().timeouts().connect()).isEqualTo(Duration.ofDays(365));
        assertThat(app.pool().timeouts().cancel()).isEqualTo(Duration.ofDays(365));
        assertThat(config.listen().loginTimeout()).isEqualTo(Duration.ofDays(365));
        assertThat(config.users().get("batch").maxConnections()).isEmpty();
        assertThat(config.users().get("batch").queryTimeout()).isEmpty();
        assertThat(problems("[databases]", "app = host=db port=-1", "[pgbouncer]"))
                .containsExactly("ini:2: app.port: \"-1\" (expected: a whole number, 1 to 65535)");
    }

    @Test
    void aDirectoryIsToldInOneLineAndItsPasswordIsNotShown() throws IOException {
        PgBouncerIni ini = read(
                "[databases]",
                "app = host=db",
                "[pgbouncer]",
                "auth_type = ldap",
                "auth_ldap_options = ldapurl=\"ldap://dir:1389/dc=x?uid?sub\" ldapbinddn=\"cn=a,dc=x\","
                        + " ldapbindpasswd=\"hid den\" ");
        LdapConfig directory = ini.config().auth().ldap().orElseThrow();
        assertThat(ini.config().auth().method()).isEqualTo(ClientAuthentication.LDAP);
        assertThat(directory.servers()).containsExactly("dir");
        assertThat(directory.port()).isEqualTo(1_389);
        assertThat(directory.bindPassword()).hasValue("hid den");
        assertThat(ini.config().toString()).doesNotContain("hid den");
        assertThat(ini.settings())
                .filteredOn(setting -> setting.key().equals("auth_ldap_options"))
                .extracting(Setting::value)
                .containsExactly("ldapurl=\"ldap://dir:1389/dc=x?uid?sub\" ldapbinddn=\"cn=a,dc=x\""
                        + " ldapbindpasswd=\"********\"");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "ldapserver=x|requires argument \"ldapbasedn\", \"ldapprefix\", or \"ldapsuffix\" to be set",
                "ldapserver=x ldapprefix=uid= ldapbasedn=dc=x|cannot mix options for simple bind and search+bind modes",
                "ldapurl=ldap://h/dc=x?uid?sub?(a=b)|cannot use ldapsearchattribute together with ldapsearchfilter",
                "ldapurl=http://h/dc=x|ldapurl: scheme \"http\" (expected: ldap or ldaps)",
                "ldapurl=ldap:h|could not parse LDAP URL \"ldap:h\"",
                "ldapurl=ldap://h/dc=%zz|could not parse LDAP URL",
                "ldapurl=ldap://h/dc=x?uid?deep|could not parse LDAP URL",
                "ldapurl=ldap:///dc=x|ldapserver: [] (expected: names of hosts",
                "ldapserver=x ldapport=y ldapprefix=z|invalid LDAP port number: \"y\"",
                "ldapserver=x ldapport=70000 ldapprefix=z|ldapport: 70000 (expected: 1 to 65535)",
                "ldapserver=x ldapscheme=tls ldapprefix=z|ldapscheme: scheme \"tls\" (expected: ldap or ldaps)",
                "ldapserver=x ldapbasedn=nothing|ldapbasedn: \"nothing\" (expected: a distinguished name)",
                "ldapserver=x ldapbasedn=\"dc=x\" ldapsearchattribute=a)b|ldapsearchattribute: \"a)b\"",
                "ldapserver=x ldapcolour=red ldapprefix=z|invalid LDAP option: \"ldapcolour\"",
                "ldapserver=x ldapprefix=|ldapprefix: \"\" (expected: a value)",
                "ldapserver=x hidden|LDAP option without a value",
                "ldapserver=x ldapbindpasswd=\"hidden|LDAP option without a closing double quote",
            })
    void whatIsWrongWithADirectoryIsSaid(String options, String problem) throws IOException {
        assertThat(problems(
                        "[databases]",
                        "app = host=db",
                        "[pgbouncer]",
                        "auth_type = ldap",
                        "auth_ldap_options = " + options))
                .singleElement()
                .asString()
                .startsWith("ini:5: auth_ldap_options: ")
                .contains(problem)
                .doesNotContain("hidden");
    }

    static List<Keys.Key> keys() {
        return Keys.ALL;
    }

    /** Each key does what the table says of it. */
    @ParameterizedTest
    @MethodSource("keys")
    void keyDoesWhatTheTableSays(Keys.Key key) throws IOException {
        KeySamples samples = new KeySamples(directory);
        String value = samples.other(key);
        String[] plain = samples.lines(key, "; nothing");
        String[] given = samples.lines(key, key.name() + " = " + value);
        PgPoolConfig before = read(plain).config();
        PgBouncerIni ini = read(given);
        if (key.use() == Use.IGNORED) {
            assertThat(ini.warnings()).singleElement().asString().contains(key.name(), key.why());
        } else {
            assertThat(ini.warnings()).isEmpty();
        }
        assertThat(ini.setting(key.name())).isEqualTo(value);
        if (key.use() == Use.SUPPORTED) {
            assertThat(shown(ini.config())).as("%s has an effect", key.name()).isNotEqualTo(shown(before));
        } else {
            assertThat(shown(ini.config())).isEqualTo(shown(before));
        }
    }

    /** Without what tells one object from another that is the same. */
    private static String shown(PgPoolConfig config) {
        return config.toString().replaceAll("Lambda[^,\\]]*|@[0-9a-f]+", "");
    }
}
