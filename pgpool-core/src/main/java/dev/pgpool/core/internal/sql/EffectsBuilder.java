package dev.pgpool.core.internal.sql;

import dev.pgpool.core.config.SessionState;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a text was found to do so far. Makes no objects for a text that does nothing. */
final class EffectsBuilder {
    private static final Set<String> ROLES = Set.of("role", "session_authorization");
    /** They are gone with the transaction, whatever is set. */
    private static final Set<String> OF_TRANSACTION =
            Set.of("transaction_isolation", "transaction_read_only", "transaction_deferrable");

    private static final String SEED = "seed";
    /** A text that sets more parameters than these is not followed by name. */
    private static final int NAMES_LIMIT = 200;

    private int makes;
    private int clears;
    private boolean resetsAll;
    private boolean setsLocally;
    private List<String> settings = List.of();
    private List<String> resets = List.of();
    private @Nullable GlobalDdl global;
    private @Nullable StatementNames names;

    void clear() {
        global = null;
        names = null;
        makes = 0;
        clears = 0;
        resetsAll = false;
        setsLocally = false;
        settings = List.of();
        resets = List.of();
    }

    void makes(SessionState kind) {
        makes |= kind.bit();
    }

    void clears(SessionState kind) {
        clears |= kind.bit();
    }

    void clearsEverything() {
        clears = SessionEffects.EVERYTHING;
    }

    void resetsAll() {
        resetsAll = true;
    }

    /** What makes what is there now; for {@link #backTo}. */
    int made() {
        return makes;
    }

    /** What was found to be made since then ends with its transaction. */
    void backTo(int made) {
        makes = made;
    }

    /**
     * A parameter is set.
     *
     * @param name in lower case; empty if it can't be read
     * @param deferred whether that happens later, at its EXECUTE
     */
    void sets(String name, boolean deferred) {
        if (ROLES.contains(name)) {
            makes(SessionState.ROLE);
        } else if (name.equals(SEED)) {
            makes(SessionState.RANDOM_SEED);
        } else if (OF_TRANSACTION.contains(name)) {
            return;
        } else if (deferred || name.isEmpty() || !isAscii(name) || settings.size() >= NAMES_LIMIT) {
            makes(SessionState.SETTING);
        } else {
            settings = with(settings, name);
        }
    }

    /** Until the end of the transaction literals are read otherwise, or names stand for something else. */
    void setsLocally() {
        setsLocally = true;
    }

    /** @param name of the parameter that returns to its default, in lower case; empty if there is none */
    void resets(String name) {
        if (ROLES.contains(name)) {
            clears(SessionState.ROLE);
        } else if (resets.size() >= NAMES_LIMIT || !isAscii(name)) {
            makes(SessionState.SETTING);
        } else if (!name.isEmpty()) {
            resets = with(resets, name);
        }
    }

    /** It can't be known what a parameter becomes: a value of the session, or its default. */
    void mayReset(String name) {
        if (!name.isEmpty() && resets.size() < NAMES_LIMIT) {
            resets = with(resets, SessionEffects.MAYBE + name);
        }
    }

    /** Any of the parameters that pg_settings lists is set. */
    void setsListed(boolean deferred) {
        if (deferred) {
            makes(SessionState.SETTING);
        } else {
            settings = with(settings, SessionEffects.ANY_LISTED);
        }
    }

    /** All that can't be read is taken for true. */
    void unread() {
        makes |= SessionEffects.UNREAD;
    }

    private static boolean isAscii(String name) {
        return name.chars().allMatch(c -> c < 128);
    }

    /** Roles or databases are changed. */
    void global(GlobalDdl ddl) {
        global = ddl.and(global);
    }

    /** A prepared statement is named. */
    void names(StatementNames.Verb verb, String name) {
        names = new StatementNames(List.of(new StatementNames.Use(verb, name, true)), false, false).after(names);
    }

    /** All prepared statements are looked at. */
    void showsStatements() {
        names = new StatementNames(List.of(), true, false).after(names);
    }

    /** All prepared statements are taken away. */
    void endsStatements() {
        names = new StatementNames(List.of(), false, true).after(names);
    }

    /** What a text inside of this one does. */
    void add(SessionEffects inner, boolean deferred) {
        makes |= inner.makes() & ~SessionState.SEQUENCE.bit();
        clears |= inner.clears();
        resetsAll |= inner.resetsAll();
        setsLocally |= inner.setsLocally();
        inner.settings().forEach(name -> sets(name, deferred));
        inner.resets().forEach(this::resets);
        GlobalDdl ddl = inner.global();
        if (ddl != null) {
            global(ddl);
        }
        StatementNames named = inner.names();
        if (named != null) {
            names = named.inside().after(names);
        }
    }

    /** @param single whether it is one statement */
    SessionEffects build(boolean single) {
        if ((makes | clears) == 0
                && settings.isEmpty()
                && resets.isEmpty()
                && !resetsAll
                && !setsLocally
                && global == null
                && names == null) {
            return SessionEffects.NONE;
        }
        return new SessionEffects(makes, clears, settings, resets, resetsAll, setsLocally, single, global, names);
    }

    private static List<String> with(List<String> names, String name) {
        if (names.contains(name)) {
            return names;
        }
        List<String> more = new ArrayList<>(names);
        more.add(name);
        return more;
    }
}
