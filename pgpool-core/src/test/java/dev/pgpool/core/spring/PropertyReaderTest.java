package dev.pgpool.core.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.PgPoolBuilder;
import dev.pgpool.core.config.PgPoolConfig;
import dev.pgpool.core.config.PoolMode;
import dev.pgpool.core.config.TlsMode;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.UnboundConfigurationPropertiesException;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/** Properties in all their spellings, and wrong ones. */
class PropertyReaderTest {
    private final Map<String, Object> file = new HashMap<>();
    private final Map<String, Object> variables = new HashMap<>();

    private StandardEnvironment environment() {
        StandardEnvironment environment = new StandardEnvironment();
        environment.getPropertySources().addFirst(new MapPropertySource("file", file));
        environment
                .getPropertySources()
                .replace(
                        StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
                        new SystemEnvironmentPropertySource(
                                StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME, variables));
        return environment;
    }

    private PgPoolConfig config() {
        PgPoolBuilder builder = PgPool.builder();
        PoolerProperties.read(environment()).applyTo(builder);
        return builder.config();
    }

    @Test
    void namesAreRelaxed() {
        file.put("pgpool.poolMode", "session");
        file.put("pgpool.LOGIN-TIMEOUT", "5s");
        file.put("pgpool.databases.app.max_connections", "7");

        PgPoolConfig config = config();

        assertThat(config.poolMode()).isEqualTo(PoolMode.SESSION);
        assertThat(config.listen().loginTimeout()).isEqualTo(Duration.ofSeconds(5));
        assertThat(config.databases().get("app").pool().limits().maxConnections())
                .isEqualTo(7);
    }

    @Test
    void applicationsListenUnlessTheyNeedNoSocket() {
        file.put("pgpool.databases.app.host", "db1");

        assertThat(config().listen().host()).isEqualTo("127.0.0.1");
        assertThat(config().listen().port()).isEqualTo(6432);

        file.put("pgpool.listen.port", "7000");
        assertThat(config().listen().host()).isEqualTo("127.0.0.1");
        assertThat(config().listen().port()).isEqualTo(7000);

        file.put("pgpool.datasource.in-process", "true");
        assertThat(config().listen().port()).isEqualTo(7000);

        file.remove("pgpool.listen.port");
        assertThat(config().listen().host()).isEmpty();
    }

    @Test
    void variablesOfTheEnvironmentAreEnough() {
        variables.put("PGPOOL_DATABASES_APP_HOSTS", "db1,db2:5433");
        variables.put("PGPOOL_DATABASES_APP_MAXCONNECTIONS", "7");
        variables.put("PGPOOL_DATABASES_APP_TLS_MODE", "require");
        variables.put("PGPOOL_ADMINUSERS_0_", "root");
        variables.put("PGPOOL_PEERID", "1");
        variables.put("PGPOOL_PEERS_2_HOST", "other");
        variables.put("PGPOOL_PEERS_2_PORT", "6432");

        PgPoolConfig config = config();

        assertThat(config.databases().get("app").hosts().hosts()).hasSize(2);
        assertThat(config.databases().get("app").tls().mode()).isEqualTo(TlsMode.REQUIRE);
        assertThat(config.databases().get("app").pool().limits().maxConnections())
                .isEqualTo(7);
        assertThat(config.admin().adminUsers()).containsExactly("root");
        assertThat(config.peers().peers()).containsOnlyKeys(2);
    }

    @Test
    void variablesAddToWhatAFileNames() {
        file.put("pgpool.databases.order-app.host", "db1");
        file.put("pgpool.databases.Shop_2.host", "db1");
        variables.put("PGPOOL_DATABASES_ORDERAPP_PORT", "5433");
        variables.put("PGPOOL_DATABASES_ORDER_APP_MAX_CONNECTIONS", "7");

        PgPoolConfig config = config();

        assertThat(config.databaseNames()).containsExactlyInAnyOrder("order-app", "Shop_2");
        assertThat(config.databases().get("order-app").hosts().hosts().get(0).port())
                .isEqualTo(5433);
        assertThat(config.databases().get("order-app").pool().limits().maxConnections())
                .isEqualTo(7);
    }

    @Test
    void namesWithOtherSignsStandInBrackets() {
        file.put("pgpool.databases[*].host", "db1");
        file.put("pgpool.databases[my.db].host", "db2");

        assertThat(config().databaseNames()).containsExactlyInAnyOrder("*", "my.db");
    }

    @Test
    void aDatabaseMayHaveNothingButItsName() {
        file.put("pgpool.databases.app", "");

        assertThat(config().databaseNames()).containsExactly("app");
    }

    @Test
    void placeholdersAndListsAndSizesAreRead() {
        file.put("place", "db7");
        file.put("pgpool.databases.app.hosts[0]", "${place}");
        file.put("pgpool.databases.app.hosts[1]", "db8");
        file.put("pgpool.tcp.socket-buffer", "64KB");

        PgPoolConfig config = config();

        assertThat(config.databases().get("app").hosts().hosts())
                .extracting(host -> host.host())
                .containsExactly("db7", "db8");
        assertThat(config.tcp().socketBuffer()).isEqualTo(64 * 1024);
    }

    @Test
    void partsThatAreNotGivenHaveDefaults() {
        file.put("pgpool.databases.app.host", "db1");
        file.put("pgpool.listen.port", "0");

        assertThat(config().listen().host()).isEqualTo("127.0.0.1");
        assertThat(config().listen().port()).isZero();
    }

    @Test
    void aPartThatIsMissingIsTold() {
        file.put("pgpool.databases.app.host", "db1");
        file.put("pgpool.tls.certificate.file", "server.crt");

        assertThatThrownBy(this::config)
                .hasMessage(
                        "pgpool.tls.certificate: only file (expected: file and key, or file and key and key-password)");
    }

    @Test
    void anUnknownNameIsRefused() {
        file.put("pgpool.databases.app.host", "db1");
        file.put("pgpool.databases.app.max-conections", "7");

        assertThatThrownBy(this::config)
                .isInstanceOf(BindException.class)
                .cause()
                .isInstanceOfSatisfying(
                        UnboundConfigurationPropertiesException.class,
                        e -> assertThat(e.getUnboundProperties())
                                .singleElement()
                                .satisfies(property -> {
                                    assertThat(property.getName()).hasToString("pgpool.databases.app.max-conections");
                                    assertThat(property.getValue()).isEqualTo("7");
                                }));
    }

    @Test
    void aValueWhereNamesBelongIsRefused() {
        file.put("pgpool.databases.app", "jdbc:postgresql://db1/app");

        assertThatThrownBy(this::config).isInstanceOf(BindException.class);
    }

    @Test
    void theValueOfAnUnknownNameIsHiddenIfItMayBeSecret() {
        file.put("pgpool.databases.app.host", "db1");
        file.put("pgpool.databases.app.pasword", "very secret");

        assertThatThrownBy(this::config)
                .cause()
                .isInstanceOfSatisfying(
                        UnboundConfigurationPropertiesException.class,
                        e -> assertThat(e.getUnboundProperties())
                                .singleElement()
                                .satisfies(property ->
                                        assertThat(property.getValue()).isEqualTo("******")));
    }

    @Test
    void unknownVariablesOfTheEnvironmentMayBeMeantForOthers() {
        file.put("pgpool.databases.app.host", "db1");
        variables.put("PGPOOL_PORT", "tcp://10.0.0.1:6432");
        variables.put("PGPOOL_SERVICE_HOST", "10.0.0.1");

        assertThat(config().listen().port()).isEqualTo(6432);
    }

    @Test
    void propertiesOfTheOtherLibrariesAreNotOurs() {
        file.put("pgpool.databases.app.host", "db1");
        file.put("pgpool.backup.store.bucket", "b");
        file.put("pgpool.certwatch.targets", "https://example.org");

        assertThat(config().databaseNames()).containsExactly("app");
    }

    @Test
    void aValueThatIsNoneOfTheTypeIsRefusedByBoot() {
        file.put("pgpool.databases.app.max-connections", "many");

        assertThatThrownBy(this::config)
                .isInstanceOf(BindException.class)
                .hasMessageContaining("pgpool.databases.app.max-connections")
                .hasMessageContaining("int");
    }

    @Test
    void aKeyThatIsNoConstantIsRefused() {
        file.put("pgpool.databases.app.session-state.nonsense", "keep");

        assertThatThrownBy(this::config)
                .isInstanceOf(InvalidConfigurationPropertyValueException.class)
                .hasMessageContaining("pgpool.databases.app.session-state.nonsense")
                .hasMessageContaining("sequence");
    }

    @Test
    void aValueThatTheBuilderRefusesIsRefused() {
        file.put("pgpool.databases.app.host", "db1");
        file.put("pgpool.ldap.options", "ldapserver");

        assertThatThrownBy(this::config)
                .isInstanceOf(InvalidConfigurationPropertyValueException.class)
                .hasMessageContaining("pgpool.ldap.options")
                .hasMessageContaining("ldapserver");
    }
}
