package dev.pgpool.core.internal.link;

import dev.pgpool.core.config.SessionState;
import dev.pgpool.core.internal.params.SessionParameters;
import dev.pgpool.core.internal.sql.SessionEffects;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Parameters that a client may have changed, and which the server has not been asked for since ({@link Inspection}).
 *
 * <p>Part of a link and reused like it; empty for nearly all transactions. Confined to the event loop.
 */
final class UnreadParameters {
    private static final String ROLE = "role";

    /** Parameters that were set. */
    private final Set<String> settings = new TreeSet<>();
    /** Parameters that were returned to their defaults. */
    private final Set<String> resets = new TreeSet<>();
    /** Any parameter may have been set that the server lists. */
    private boolean listed;
    /** Any parameter may have been returned to its default. */
    private boolean resetAll;
    /** All parameters return to their defaults, unless the statement fails. */
    private boolean resettingAll;

    /** The server is asked, or all is gone. */
    void clear() {
        settings.clear();
        resets.clear();
        listed = false;
        resetAll = false;
        resettingAll = false;
    }

    /**
     * A statement goes to the server.
     *
     * @param made the kinds of state that it makes
     * @param reported what servers report: it needs no looking after
     * @param startup what the client began with: what it returns to
     * @param alone whether it is the first of its transaction
     * @return whether the server is to be asked
     */
    boolean add(
            SessionEffects effects, int made, SessionParameters reported, SessionParameters startup, boolean alone) {
        boolean unread = false;
        if (startup.has(ROLE) && (made & SessionState.ROLE.bit()) != 0) {
            settings.add(ROLE);
        }
        if (startup.has(ROLE) && (effects.clears() & SessionState.ROLE.bit()) != 0) {
            unread = true;
            resets.add(ROLE);
        }
        for (String name : effects.settings()) {
            if (name.equals(SessionEffects.ANY_LISTED)) {
                unread = true;
                listed = true;
            } else if (!reported.has(name)) {
                unread = true;
                settings.add(name);
            }
        }
        for (String name : effects.resets()) {
            boolean maybe = name.charAt(0) == SessionEffects.MAYBE;
            String real = maybe ? name.substring(1) : name;
            if (startup.has(real) || (!maybe && !reported.has(real))) {
                unread = true;
                resets.add(real);
            }
        }
        if (effects.resetsAll()) {
            unread = true;
            resetAll = true;
            resettingAll = alone && effects.single();
        }
        return unread;
    }

    /** A parameter was set. */
    void addSetting(String name) {
        settings.add(name);
    }

    /** A parameter may have been returned to its default. */
    void addReset(String name) {
        resets.add(name);
    }

    /** Any parameter may have been returned to its default. */
    void addResetAll() {
        resetAll = true;
    }

    /** The server could not answer for these. */
    void addUnread(List<String> set, List<String> reset, boolean anyListed) {
        settings.addAll(set);
        resets.addAll(reset);
        listed |= anyListed;
    }

    /** A statement makes settings that are not known by name. */
    void onUnknownSetting() {
        resettingAll = false;
    }

    /** A statement of the client has failed. */
    void onError() {
        resettingAll = false;
    }

    /** Whether a parameter may return to what the client began with. */
    boolean mayReset(SessionEffects effects, SessionParameters startup) {
        for (String name : effects.resets()) {
            if (name.charAt(0) == SessionEffects.MAYBE && startup.has(name.substring(1))) {
                return true;
            }
        }
        return (effects.clears() & SessionState.ROLE.bit()) != 0 && startup.has(ROLE);
    }

    /** Whether all parameters return to their defaults, unless a statement fails. */
    boolean isResettingAll() {
        return resettingAll;
    }

    /** Whether any parameter was set. */
    boolean isAnySet() {
        return listed || !settings.isEmpty();
    }

    /** Whether parameters were set that are known by name. */
    boolean isAnyNamed() {
        return !settings.isEmpty();
    }

    /** Whether any parameter may have been set that the server lists. */
    boolean isListed() {
        return listed;
    }

    boolean isResetAll() {
        return resetAll;
    }

    /** Parameters that may differ from what is known of them. */
    List<String> unread() {
        Set<String> names = new TreeSet<>(settings);
        names.addAll(resets);
        return List.copyOf(names);
    }

    List<String> resets() {
        return List.copyOf(resets);
    }

    List<String> settings() {
        return List.copyOf(settings);
    }
}
