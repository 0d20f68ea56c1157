package dev.pgpool.core.pgbouncer;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.config.ConfigException;
import dev.pgpool.core.event.PgPoolListener;
import dev.pgpool.core.pgbouncer.Keys.Use;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What is different for those who come from PgBouncer with an ini file: what is refused, what has no effect, what has
 * another one, and what older versions of PgBouncer had other defaults for. Starts nothing.
 */
public final class IniCheck {
    /** How something is different. */
    public enum Kind {
        /** The pooler does not start with it. */
        REFUSED("refused"),
        /** It is accepted, and means nothing. */
        WITHOUT_EFFECT("without effect"),
        /** It means something else than for PgBouncer. */
        DIFFERENT("different"),
        /** It is not given, and its default is another one than that of an older PgBouncer. */
        OTHER_DEFAULT("other default");

        private final String words;

        Kind(String words) {
            this.words = words;
        }

        @Override
        public String toString() {
            return words;
        }
    }

    /**
     * One difference.
     *
     * @param kind how it is different
     * @param text where and why: {@code old.ini:12: server_fast_close has no effect: ...}; secrets are not in it
     */
    public record Finding(Kind kind, String text) {
        @Override
        public String toString() {
            return kind + ": " + text;
        }
    }

    /** A default that PgBouncer has changed: what it was, and the version that it has changed with. */
    private record Changed(String key, String before, String since) {}

    private static final List<Changed> CHANGED = List.of(
            new Changed("max_prepared_statements", "0", "1.24"),
            new Changed("server_check_query", "select 1", "1.25"),
            new Changed("query_wait_notify", "0", "1.25"),
            new Changed("server_tls_sslmode", "disable", "1.20"),
            new Changed("client_tls_protocols", "all", "1.13"),
            new Changed("server_tls_protocols", "all", "1.13"));

    /** Of those that are the process's: what the standalone distribution does in its own way. */
    private static final List<String> OWN_WAY = List.of("user", "syslog");

    /** Where a finding stands, to tell them in the order of the file. */
    private static final Pattern LINE = Pattern.compile("(.*?):(\\d+): .*", Pattern.DOTALL);

    private IniCheck() {}

    /** Everything that is different, in the order of the lines; what is not given comes last. */
    public static List<Finding> of(Path file) {
        List<Finding> findings = new ArrayList<>();
        List<String> problems = new ArrayList<>();
        IniFile ini = IniFile.read(file, problems);
        Draft draft = Draft.of(file, ini, problems);
        Stream.concat(draft.problems().stream(), refusals(file, draft))
                .distinct()
                .forEach(problem -> findings.add(new Finding(Kind.REFUSED, problem)));
        draft.warnings().forEach(warning -> findings.add(new Finding(Kind.WITHOUT_EFFECT, warning)));
        draft.values().values().stream()
                .filter(IniCheck::isDifferent)
                .forEach(value -> findings.add(new Finding(
                        Kind.DIFFERENT,
                        value.where() + ": " + value.key() + ": "
                                + Keys.of(value.key()).why())));
        ini.section("peers").values().stream()
                .filter(peer -> DatabaseEntry.gives(peer, "pool_size"))
                .forEach(peer -> findings.add(new Finding(
                        Kind.WITHOUT_EFFECT,
                        peer.where() + ": " + peer.key()
                                + ".pool_size has no effect: a cancel request needs no pool")));
        findings.sort(Comparator.comparing(IniCheck::file).thenComparingInt(IniCheck::line));
        CHANGED.stream()
                .filter(changed -> !draft.values().containsKey(changed.key()))
                .forEach(changed -> findings.add(new Finding(
                        Kind.OTHER_DEFAULT,
                        file + ": " + changed.key() + ": not given: \""
                                + Keys.of(changed.key()).defaultValue() + "\", as in PgBouncer since "
                                + changed.since() + "; it was \"" + changed.before() + "\" before")));
        return List.copyOf(findings);
    }

    /** What is wrong with files that are named, and with what this platform can't do. */
    private static Stream<String> refusals(Path file, Draft draft) {
        if (!draft.problems().isEmpty()) {
            return Stream.empty();
        }
        try {
            // made, and never started
            PgPool.of(PgBouncerIni.read(file), PgPoolListener.NONE).close();
            return Stream.empty();
        } catch (ConfigException e) {
            return e.problems().stream();
        }
    }

    private static boolean isDifferent(Value value) {
        if (!Keys.isKnown(value.key())) {
            return false;
        }
        Keys.Key key = Keys.of(value.key());
        boolean own = key.use() == Use.SUPPORTED || (key.use() == Use.PROCESS && OWN_WAY.contains(key.name()));
        return own && !key.why().isEmpty() && key.isWorthSaying(value.text());
    }

    private static String file(Finding finding) {
        Matcher place = LINE.matcher(finding.text());
        return place.matches() ? place.group(1) : "";
    }

    private static int line(Finding finding) {
        Matcher place = LINE.matcher(finding.text());
        return place.matches() ? Integer.parseInt(place.group(2)) : 0;
    }
}
