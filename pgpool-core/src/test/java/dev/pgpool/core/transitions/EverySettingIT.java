package dev.pgpool.core.transitions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pgpool.core.PgPoolBuilder;
import dev.pgpool.core.config.AuthQueryBuilder;
import dev.pgpool.core.config.ConfigException;
import dev.pgpool.core.config.DatabaseBuilder;
import dev.pgpool.core.config.PgPoolConfig;
import dev.pgpool.core.config.TcpBuilder;
import dev.pgpool.core.config.TlsBuilder;
import dev.pgpool.core.config.UserBuilder;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every setting of the builders changes while clients are connected, in the middle of their logins, idle and in a
 * transaction, and is obeyed from then on; or the change is refused with words.
 */
@Tag("once")
class EverySettingIT {
    private static final Map<String, Class<?>> BUILDERS = Map.of(
            "pooler", PgPoolBuilder.class,
            "database", DatabaseBuilder.class,
            "user", UserBuilder.class,
            "clientTls", TlsBuilder.class,
            "serverTls", TlsBuilder.class,
            "tcp", TcpBuilder.class,
            "authQuery", AuthQueryBuilder.class);

    /** Not settings: they hold those that have transitions of their own. */
    private static final Set<String> CONTAINERS = Set.of("pooler.tls", "pooler.tcp", "database.tls");

    @TempDir
    static Path directory;

    private static Stage stage;

    @BeforeAll
    static void setUp() {
        stage = new Stage(directory);
    }

    @AfterAll
    static void tearDown() {
        stage.close();
    }

    static List<Transition> all() {
        return Stream.of(
                        PoolerTransitions.all(),
                        LoginTransitions.all(),
                        TcpTransitions.all(),
                        DatabaseTransitions.all(),
                        PoolTransitions.all(),
                        ClientTlsTransitions.all(),
                        ServerTlsTransitions.all())
                .flatMap(List::stream)
                .toList();
    }

    @Test
    void noSettingIsMissing() {
        Set<String> settings = new TreeSet<>();
        BUILDERS.forEach((kind, builder) -> Arrays.stream(builder.getMethods())
                .filter(method -> isSetting(method, builder))
                .forEach(method -> settings.add(kind + "." + method.getName())));
        settings.removeAll(CONTAINERS);
        Set<String> changed = new TreeSet<>();
        all().forEach(transition -> changed.add(transition.setting));
        assertThat(changed).isEqualTo(settings);
    }

    private static boolean isSetting(Method method, Class<?> builder) {
        return method.getReturnType() == builder && !Modifier.isStatic(method.getModifiers());
    }

    @ParameterizedTest
    @MethodSource("all")
    void isObeyed(Transition transition) throws Exception {
        Told told = new Told(stage);
        transition.before.accept(stage, told);
        try (Scene scene = new Scene(stage, told.builder().build(), transition.outcomes, transition.ordinary)) {
            transition.arrange.at(scene);
            Told changed = new Told(stage);
            transition.after.accept(stage, changed);
            String words = transition.refusal;
            if (words != null) {
                PgPoolConfig before = scene.pool.config();
                assertThatThrownBy(() -> scene.pool.reload(changed.builder().config()))
                        .isInstanceOf(ConfigException.class)
                        .hasMessageContaining(words);
                assertThat(scene.pool.config()).isSameAs(before);
            } else {
                scene.pool.reload(changed.builder().config());
            }
            transition.early.at(scene);
            scene.unlock();
            scene.finish(transition.outcomes);
            transition.seen.at(scene);
            if (transition.goesOn) {
                scene.goOn();
            }
        }
    }
}
