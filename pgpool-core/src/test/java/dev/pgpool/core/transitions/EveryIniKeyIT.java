package dev.pgpool.core.transitions;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.config.PgPoolConfig;
import dev.pgpool.core.config.Setting;
import dev.pgpool.core.event.PgPoolListener;
import dev.pgpool.core.fixture.Message;
import dev.pgpool.core.pgbouncer.PgBouncerIni;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
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
 * Every key of pgbouncer.ini takes another value by RELOAD, and by SET, while clients are there in every state: it is in
 * effect from then on and SHOW CONFIG says so, or it is refused with words and SHOW CONFIG says what it was.
 */
@Tag("once")
class EveryIniKeyIT {
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

    /** How a key is changed. */
    enum Way {
        RELOAD,
        SET
    }

    record Case(IniKeys.Key key, Way way) {
        @Override
        public String toString() {
            return way + " " + key.name();
        }
    }

    static Stream<Case> changeable() {
        return IniKeys.ALL.stream().flatMap(key -> Stream.of(Way.values()).map(way -> new Case(key, way)));
    }

    private static List<Setting> known() throws IOException {
        return PgBouncerIni.read(write(new IniKeys.Key("pool_mode", "transaction"), "transaction"))
                .settings();
    }

    @Test
    void noKeyIsMissing() throws IOException {
        Set<String> all = new TreeSet<>();
        known().forEach(setting -> all.add(setting.key()));
        Set<String> covered = new TreeSet<>(IniKeys.WITHOUT_EFFECT.keySet());
        covered.addAll(IniKeys.FIXED.keySet());
        covered.addAll(IniKeys.OF_THE_PROCESS.keySet());
        IniKeys.ALL.forEach(key -> covered.add(key.name()));
        assertThat(covered).isEqualTo(all);
    }

    @ParameterizedTest
    @MethodSource("changeable")
    void isObeyed(Case is) throws Exception {
        IniKeys.Key key = is.key();
        Transition transition = key.transition();
        Path file = write(key, key.before());
        try (Scene scene = new Scene(
                stage,
                PgPool.of(PgBouncerIni.read(file), PgPoolListener.NONE),
                transition.outcomes,
                transition.ordinary)) {
            transition.arrange.at(scene);
            PgPoolConfig before = scene.pool.config();
            change(scene, is);
            assertThat(scene.pool.config().toString()).as("something changes").isNotEqualTo(before.toString());
            transition.early.at(scene);
            scene.unlock();
            scene.finish(transition.outcomes);
            if (!key.losesConsole()) {
                assertThat(shown(scene, key.name())).isEqualTo(IniKeys.resolve(stage, key.after()));
            }
            transition.seen.at(scene);
            if (transition.goesOn) {
                scene.goOn();
            }
        }
    }

    private static void change(Scene scene, Case is) throws IOException {
        IniKeys.Key key = is.key();
        if (is.way() == Way.RELOAD) {
            write(key, key.after());
            assertThat(scene.boss.query("RELOAD").exchange().get(0)).contains("CommandComplete", "RELOAD");
            return;
        }
        String before = shown(scene, key.name());
        List<String> answers = set(scene, key.name(), IniKeys.resolve(stage, key.after()));
        for (String more : key.together()) {
            assertThat(answers.get(0)).as("it waits for the others").contains("NOTICE", "could not be applied");
            assertThat(shown(scene, key.name())).isEqualTo(before);
            String[] parts = more.split(" = ", 2);
            answers = set(scene, parts[0], IniKeys.resolve(stage, parts[1]));
        }
        assertThat(answers.get(0)).contains("CommandComplete", "SET ");
    }

    private static List<String> set(Scene scene, String key, String value) {
        return scene.boss
                .query("SET " + key + " = '" + value.replace("'", "''") + "'")
                .exchange();
    }

    private static String shown(Scene scene, String key) {
        return scene.boss.query("SHOW CONFIG").exchangeMessages().stream()
                .filter(message -> message.type() == 'D')
                .map(Message::values)
                .filter(row -> key.equals(row.get(0)))
                .map(row -> String.valueOf(row.get(1)))
                .findFirst()
                .orElseThrow();
    }

    /** What has no effect is not shown as if it had, whatever the file says, and SET of it is refused. */
    @Test
    void whatHasNoEffectIsRefusedOrSaid() throws Exception {
        Map<String, String> values = new LinkedHashMap<>(IniKeys.WITHOUT_EFFECT);
        IniKeys.Key none = new IniKeys.Key("pool_mode", "session");
        Path file = write(none, "transaction");
        PgBouncerIni ini = PgBouncerIni.read(file);
        try (Scene scene = new Scene(stage, PgPool.of(ini, PgPoolListener.NONE), Map.of(), true)) {
            Map<String, String> before = config(scene);
            PgPoolConfig inForce = scene.pool.config();
            values.forEach((key, value) -> {
                assertThat(set(scene, key, value).get(0)).as(key).contains("ErrorResponse", key);
            });
            assertThat(config(scene)).isEqualTo(before);
            values.forEach((key, value) -> {
                try {
                    write(none, "transaction", key + " = " + value);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
                Message answer = scene.boss.query("RELOAD").send().read();
                scene.boss.read();
                if (!answer.toString().contains("CommandComplete")) {
                    assertThat(answer.sqlState()).isEqualTo("F0000");
                    assertThat(answer.field('D')).contains(key);
                } else {
                    assertThat(ini.warnings())
                            .as(key)
                            .singleElement()
                            .asString()
                            .contains(key);
                }
            });
            assertThat(config(scene)).isEqualTo(before);
            assertThat(scene.pool.config().toString()).isEqualTo(inForce.toString());
            scene.unlock();
            scene.finish(Map.of());
            scene.goOn();
        }
    }

    @Test
    void whatCantChangeKeepsItsValueAndIsSaid() throws Exception {
        IniKeys.Key none = new IniKeys.Key("pool_mode", "session");
        PgBouncerIni ini = PgBouncerIni.read(write(none, "transaction"));
        try (Scene scene = new Scene(stage, PgPool.of(ini, PgPoolListener.NONE), Map.of(), true)) {
            Map<String, String> before = config(scene);
            IniKeys.FIXED.forEach((key, value) -> {
                assertThat(set(scene, key, value).get(0))
                        .as(key)
                        .contains("ErrorResponse", key, "can't change while the pooler runs");
                try {
                    write(none, "transaction", key + " = " + value);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
                assertThat(scene.boss.query("RELOAD").exchange().get(0)).as(key).contains("RELOAD");
                assertThat(ini.warnings()).as(key).anyMatch(warning -> warning.contains(key));
            });
            assertThat(config(scene)).isEqualTo(before);
            scene.unlock();
            scene.finish(Map.of());
            scene.goOn();
        }
    }

    private static Map<String, String> config(Scene scene) {
        Map<String, String> values = new LinkedHashMap<>();
        scene.boss.query("SHOW CONFIG").exchangeMessages().stream()
                .filter(message -> message.type() == 'D')
                .forEach(message -> values.put(
                        message.values().get(0), String.valueOf(message.values().get(1))));
        return values;
    }

    private static Path write(IniKeys.Key key, String value, String... more) throws IOException {
        Map<String, String> values = IniKeys.base();
        for (String companion : key.companions()) {
            String[] parts = companion.split(" = ", 2);
            values.put(parts[0], parts[1]);
        }
        values.put(key.name(), value);
        if (value.equals(key.after())) {
            for (String companion : key.together()) {
                String[] parts = companion.split(" = ", 2);
                values.put(parts[0], parts[1]);
            }
        }
        List<String> lines = new ArrayList<>(List.of(
                "[databases]",
                "app = host=127.0.0.1 port=" + stage.postgres.port(),
                "postgres = host=127.0.0.1 port=" + stage.postgres.port(),
                "[pgbouncer]"));
        values.forEach((name, text) -> lines.add(name + " = " + IniKeys.resolve(stage, text)));
        lines.addAll(List.of(more));
        return Files.write(stage.directory.resolve("pgbouncer.ini"), lines);
    }
}
