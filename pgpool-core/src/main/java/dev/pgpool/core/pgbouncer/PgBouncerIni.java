package dev.pgpool.core.pgbouncer;

import dev.pgpool.core.PgPoolBuilder;
import dev.pgpool.core.auth.CredentialStore;
import dev.pgpool.core.config.ConfigException;
import dev.pgpool.core.config.ConfigSource;
import dev.pgpool.core.config.LdapConfig;
import dev.pgpool.core.config.PgPoolConfig;
import dev.pgpool.core.config.Setting;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A configuration in PgBouncer's own words: {@code pgbouncer.ini}, with the files that it includes and those that it names.
 * PgBouncer's defaults hold where they say nothing: session pooling and 100 clients, for instance, which are not those of
 * {@link PgPoolBuilder}.
 *
 * <p>What has no meaning here is accepted with a {@linkplain #warnings() warning}; what must not be ignored is refused.
 * Relative paths are relative to the directory that the process runs in, as in PgBouncer. Thread-safe.
 */
public final class PgBouncerIni implements ConfigSource {
    private final Path file;
    private final Map<Path, CredentialStore> stores = new HashMap<>();

    /** What was read or set last. */
    private Stand stand;

    /** What holds if the pooler refuses that; null before there was anything else. */
    private @Nullable Stand before;

    /**
     * What the file and the changes to it come to.
     *
     * @param ini the file as it was read: SET changes one setting, and not what was edited since
     * @param changed what was changed by {@link #set} since the file was read
     * @param waiting settings of TLS that were set and are not in force, since others don't fit them yet
     * @param reasons why they wait
     * @param lastSet what was set last; null if the file was read
     */
    private record Stand(
            IniFile ini,
            Draft draft,
            Map<String, Value> changed,
            Map<String, Value> waiting,
            List<String> reasons,
            @Nullable Value lastSet) {

        Stand waitingFor(Value set, List<String> why) {
            Map<String, Value> all = new HashMap<>(waiting);
            all.put(set.key(), set);
            return new Stand(ini, draft, changed, Map.copyOf(all), why, null);
        }
    }

    private PgBouncerIni(Path file) {
        this.file = file;
        this.stand = read(Map.of());
    }

    /**
     * Reads a file. Its warnings are the reader's to pass on: nothing is logged.
     *
     * @throws ConfigException with every problem found, each with file, line and key
     */
    public static PgBouncerIni read(Path file) {
        return new PgBouncerIni(file);
    }

    /** What was read last, as the builder would have it. */
    public synchronized PgPoolConfig config() {
        return stand.draft.config();
    }

    /** What was read and has no effect, one line each, with file, line and reason. */
    public synchronized List<String> warnings() {
        return stand.draft.warnings();
    }

    /**
     * What a key of the section [pgbouncer] is now, or PgBouncer's default: for what is not the pooler's but the process's,
     * such as {@code logfile}.
     *
     * @throws IllegalArgumentException if PgBouncer knows no such key
     */
    public synchronized String setting(String key) {
        Value value = stand.draft.values().get(key);
        return value == null ? Keys.of(key).defaultValue() : value.text();
    }

    /** File and line where a key of the section [pgbouncer] was given last; only the file if it was not. */
    public synchronized String where(String key) {
        Value value = stand.draft.values().get(key);
        return value == null ? file.toString() : value.where();
    }

    /**
     * Java source that builds the same pooler by {@code PgPool.builder()}: a class {@code Pooler} with the method {@code
     * builder}. Says only what differs from the builder's defaults. Passwords are not in it: the method is given a function
     * that knows them by name, such as {@code System::getenv}. What {@code SET} has changed is in it, too.
     */
    public synchronized String builderCode() {
        Draft now = stand.draft;
        List<String> notes = new ArrayList<>(now.warnings());
        now.values().values().stream()
                .filter(value -> Keys.of(value.key()).use() == Keys.Use.PROCESS)
                .forEach(value -> notes.add(value.where() + ": " + value.key() + " is not in it: "
                        + Keys.of(value.key()).why()));
        Optional<Path> userlist = Optional.of(setting("auth_file"))
                .filter(name -> !name.isEmpty())
                .map(Path::of);
        return BuilderCode.of(file, now.config(), userlist, notes);
    }

    /**
     * What the pooler says is wrong, in the words of this file: with file, line and key, where it names the path of a setting
     * ({@code listen.port: ...}). For what {@link dev.pgpool.core.PgPool#start()} says.
     */
    public synchronized List<String> words(List<String> problems) {
        return stand.draft.words().of(problems);
    }

    @Override
    public synchronized PgPoolConfig load() {
        return become(read(fixed()));
    }

    /**
     * {@inheritDoc}
     *
     * <p>Settings of TLS may come one by one: one that others don't fit yet, or whose file is no good, waits for the next
     * of its side ({@code client_tls_} or {@code server_tls_}) and is among the {@link #pending}; a {@link #load} forgets
     * it.
     */
    @Override
    public synchronized PgPoolConfig set(String key, String value) {
        String name = key.toLowerCase(Locale.ROOT);
        if (!Keys.isKnown(name)) {
            throw new ConfigException(List.of(name + ": no such key (expected: one of those of SHOW CONFIG)"));
        }
        Keys.Key known = Keys.of(name);
        if (!known.reloadable()) {
            throw new ConfigException(List.of(name + ": \"" + value + "\" (expected: \"" + setting(name)
                    + "\", since it can't change while the pooler runs)"));
        }
        if (!known.hasEffect(value)) {
            throw new ConfigException(List.of(name + known.whyNoEffect()));
        }
        Value set = new Value(name, value, "SET");
        Map<String, Value> changes = new HashMap<>(stand.changed);
        Map<String, Value> waiting = new HashMap<>(stand.waiting);
        waiting.keySet().removeIf(other -> isOfSameSide(other, name));
        stand.waiting.forEach((other, its) -> {
            if (isOfSameSide(other, name)) {
                changes.put(other, its);
            }
        });
        changes.put(name, set);
        Draft draft = draft(stand.ini, List.of(), fixed(), changes);
        if (TlsKeys.isOne(name) && draft.isOnlyUnfit()) {
            stand = stand.waitingFor(set, draft.problems());
            before = null;
            return stand.draft.config();
        }
        draft.config();
        return become(new Stand(
                stand.ini,
                draft,
                Map.copyOf(changes),
                Map.copyOf(waiting),
                waiting.isEmpty() ? List.of() : stand.reasons,
                set));
    }

    private static boolean isOfSameSide(String one, String other) {
        return TlsKeys.isOne(one) && TlsKeys.isOne(other) && one.charAt(0) == other.charAt(0);
    }

    @Override
    public synchronized void refused(ConfigException why) {
        Stand tried = stand;
        List<String> problems = tried.draft.words().of(why.problems());
        Stand last = before;
        if (last == null) {
            throw new ConfigException(problems);
        }
        stand = last;
        before = null;
        Value set = tried.lastSet;
        if (set == null || !TlsKeys.isOne(set.key()) || !why.problems().stream().allMatch(Draft::isOfTls)) {
            throw new ConfigException(problems);
        }
        stand = last.waitingFor(set, problems);
    }

    @Override
    public synchronized List<String> pending(String key) {
        return stand.waiting.containsKey(key.toLowerCase(Locale.ROOT)) ? stand.reasons : List.of();
    }

    @Override
    public synchronized List<Setting> settings() {
        return Keys.ALL.stream()
                .map(key -> new Setting(key.name(), inForce(key), key.defaultValue(), key.reloadable()))
                .sorted(Comparator.comparing(Setting::key))
                .toList();
    }

    /** What has no effect is not shown as if it had. */
    private String inForce(Keys.Key key) {
        if (key.name().equals("conffile")) {
            return file.toString();
        }
        String given = setting(key.name());
        if (key.name().equals("auth_ldap_options")) {
            return LdapConfig.redacted(given);
        }
        return key.hasEffect(given) ? given : key.defaultValue();
    }

    private PgPoolConfig become(Stand next) {
        before = stand;
        stand = next;
        return next.draft.config();
    }

    /** What can't change any more, as it was when the pooler began. */
    private Map<String, Value> fixed() {
        Map<String, Value> fixed = new HashMap<>();
        Stream.concat(Keys.ALL.stream(), Keys.OWN.stream())
                .filter(key -> !key.reloadable())
                .forEach(key -> {
                    Value value = stand.draft.values().get(key.name());
                    fixed.put(key.name(), value == null ? new Value(key.name(), key.defaultValue(), "default") : value);
                });
        return fixed;
    }

    private Stand read(Map<String, Value> fixed) {
        List<String> problems = new ArrayList<>();
        IniFile ini = IniFile.read(file, problems);
        Draft draft = draft(ini, problems, fixed, Map.of());
        draft.config();
        return new Stand(ini, draft, Map.of(), Map.of(), List.of(), null);
    }

    private Draft draft(IniFile ini, List<String> problems, Map<String, Value> fixed, Map<String, Value> changes) {
        return new Draft(
                file, ini, problems, fixed, changes, path -> stores.computeIfAbsent(path, CredentialStore::file));
    }
}
