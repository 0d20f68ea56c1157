package dev.pgpool.core.internal.sql;

import dev.pgpool.core.config.SessionState;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a text may do to the state of its session, as far as it can be read from the text: an upper bound, for whether the
 * statements succeed only the server knows. Immutable.
 *
 * @param makes bits of the kinds of state that it may make
 * @param clears bits of the kinds of state that it may end
 * @param settings names of the parameters that it may set, in lower case
 * @param resets names of the parameters that it may return to their defaults, in lower case
 * @param resetsAll whether it may return all parameters to their defaults
 * @param setsLocally whether until the end of its transaction literals may be read otherwise (TimeZone) or names may stand for
 *     something else (search_path, a temporary table)
 * @param single whether it is one statement
 * @param global what it may do to roles and databases; null if nothing
 * @param names the prepared statements that it names; null if none
 */
public record SessionEffects(
        int makes,
        int clears,
        List<String> settings,
        List<String> resets,
        boolean resetsAll,
        boolean setsLocally,
        boolean single,
        @Nullable GlobalDdl global,
        @Nullable StatementNames names) {
    /** By far the most frequent. */
    public static final SessionEffects NONE =
            new SessionEffects(0, 0, List.of(), List.of(), false, false, true, null, null);

    /** What a text may do that can't be read to its end. */
    static final int UNREAD = SessionState.ROLE.bit()
            | SessionState.PREPARED_STATEMENT.bit()
            | SessionState.TEMPORARY_OBJECT.bit()
            | SessionState.LISTEN.bit()
            | SessionState.CURSOR.bit()
            | SessionState.ADVISORY_LOCK.bit()
            | SessionState.SETTING.bit()
            | SessionState.RANDOM_SEED.bit()
            | SessionState.REPLICATION_SLOT.bit();

    /** Among {@link #settings}: any of the parameters that {@code pg_settings} lists. */
    public static final String ANY_LISTED = "*";

    /** Before a name in {@link #resets}: it is a matter of a value that is not in the text. */
    public static final char MAYBE = '?';

    /** In {@link #clears}: all kinds. */
    static final int EVERYTHING = -1;

    public SessionEffects {
        settings = List.copyOf(settings);
        resets = List.copyOf(resets);
    }

    /** Whether it does nothing to its session. */
    public boolean isNone() {
        return (makes | clears) == 0
                && settings.isEmpty()
                && resets.isEmpty()
                && !resetsAll
                && !setsLocally
                && global == null
                && names == null;
    }

    /** What a text does that is read in two ways, or in two parts. */
    public SessionEffects and(SessionEffects other) {
        if (other.isNone()) {
            return this;
        }
        if (isNone()) {
            return other;
        }
        return new SessionEffects(
                makes | other.makes,
                clears | other.clears,
                union(settings, other.settings),
                union(resets, other.resets),
                resetsAll || other.resetsAll,
                setsLocally || other.setsLocally,
                single && other.single,
                other.global == null ? global : other.global,
                union(names, other.names));
    }

    private static List<String> union(List<String> some, List<String> more) {
        return more.isEmpty()
                ? some
                : Stream.concat(some.stream(), more.stream()).distinct().toList();
    }

    private static @Nullable StatementNames union(@Nullable StatementNames some, @Nullable StatementNames more) {
        if (some == null || more == null) {
            return some == null ? more : some;
        }
        List<StatementNames.Use> uses =
                Stream.concat(some.uses().stream(), more.uses().stream()).toList();
        return new StatementNames(uses, some.showsAll() || more.showsAll(), some.endsAll() || more.endsAll());
    }

    /** Of a text of which this is only the beginning. */
    public SessionEffects andMore() {
        return new SessionEffects(
                makes | UNREAD, clears, settings, resets, resetsAll, setsLocally, false, global, names);
    }

    /** Whether parameters may return to what the session began with. */
    public boolean resetsAny() {
        return resetsAll || discardsAll() || resets.stream().anyMatch(name -> name.charAt(0) != MAYBE);
    }

    /** Whether it is a {@code DISCARD ALL}. */
    public boolean discardsAll() {
        return clears == EVERYTHING;
    }
}
