package dev.pgpool.core.internal.link;

import dev.pgpool.core.config.SessionState;
import dev.pgpool.core.internal.params.SessionParameters;
import dev.pgpool.core.internal.pool.SessionRules;
import dev.pgpool.core.internal.sql.SessionEffects;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Why a server can't be given to the next client yet: what its client may have made there that is not the next one's to
 * meet. What a client's statements <em>may</em> do is noted here as they pass; what has come of it the server is asked
 * at the end of the transaction ({@link Inspection}).
 *
 * <p>Part of a link and reused like it; empty for nearly all transactions. Confined to the event loop.
 */
final class Pins {
    /** Kinds that the server can't be asked for: what was set is not known, or a library was loaded. */
    private static final int UNASKABLE = SessionState.SETTING.bit()
            | SessionState.LIBRARY.bit()
            | SessionState.RANDOM_SEED.bit()
            | SessionState.PROCESS.bit();

    /** Kinds that DISCARD ALL leaves. */
    private static final int NOT_DISCARDED =
            SessionState.LIBRARY.bit() | SessionState.REPLICATION_SLOT.bit() | SessionState.PROCESS.bit();

    /** Kinds that decide what the names in a statement stand for. */
    private static final int NAMING =
            SessionState.SETTING.bit() | SessionState.ROLE.bit() | SessionState.TEMPORARY_OBJECT.bit();

    private static final String ROLE = "role";

    /** Parameters that were set and have not been read back. */
    private final Set<String> settings = new TreeSet<>();
    /** Parameters that were returned to their defaults, the same. */
    private final Set<String> resets = new TreeSet<>();

    /** Any parameter may have been set that the server lists. */
    private boolean listed;
    /** The client has seeded random numbers, and wants to know nothing of it any more. */
    private boolean seeded;

    private boolean resetAll;
    /** All parameters return to their defaults, unless the statement fails. */
    private boolean resettingAll;
    /** Kinds that may have been made since the client got this server. */
    private int ever;
    /** Kinds that were there when the server was asked last. */
    private int held;
    /** Something was made or ended since the server was asked. */
    private boolean touched;
    /** A parameter was set that the server reports, and the report has not come. */
    private boolean unreported;
    /** Names stand for something else until the end of the transaction. */
    private boolean local;
    /** The server is being asked. */
    private boolean asking;

    private @Nullable Object privateMeaning;

    /** A new client begins. */
    void begin() {
        if (ever != 0 || touched || held != 0 || seeded) {
            forget();
        }
        asking = false;
        unreported = false;
        local = false;
        privateMeaning = null;
    }

    /** All of it is gone: the server has said so. */
    void forget() {
        settings.clear();
        resets.clear();
        listed = false;
        seeded = false;
        resetAll = false;
        resettingAll = false;
        ever = 0;
        held = 0;
        touched = false;
        unreported = false;
    }

    /**
     * All that was sent is answered, and so is all that the server reports.
     *
     * @param outside whether no transaction is open
     */
    void reported(boolean outside) {
        unreported = false;
        local &= !outside;
    }

    /**
     * A statement goes to the server.
     *
     * @param reported what servers report: it needs no looking after
     * @param startup what the client began with: what it returns to
     * @param alone whether it is the first of its transaction
     */
    void add(
            SessionEffects effects,
            SessionRules rules,
            SessionParameters reported,
            SessionParameters startup,
            boolean alone) {
        int made = effects.makes() & rules.kept();
        if (made != 0 || (effects.clears() & ever) != 0) {
            ever |= made;
            touched = true;
        }
        local |= effects.setsLocally();
        if ((made & SessionState.SETTING.bit()) != 0) {
            resettingAll = false;
        }
        if (!rules.keepsSettings()) {
            return;
        }
        unreported |= !effects.settings().isEmpty() || effects.resetsAny() || effects.setsLocally();
        if ((ever & SessionState.ROLE.bit()) != 0 && !effects.settings().isEmpty()) {
            // what another role may set, the servers' own user may not be able to repeat
            ever |= SessionState.SETTING.bit();
        }
        if (startup.has(ROLE) && (made & SessionState.ROLE.bit()) != 0) {
            settings.add(ROLE);
        }
        if (startup.has(ROLE) && (effects.clears() & SessionState.ROLE.bit()) != 0) {
            touched = true;
            resets.add(ROLE);
        }
        for (String name : effects.settings()) {
            if (name.equals(SessionEffects.ANY_LISTED)) {
                touched = true;
                listed = true;
            } else if (!reported.has(name)) {
                touched = true;
                settings.add(name);
            }
        }
        for (String name : effects.resets()) {
            boolean maybe = name.charAt(0) == SessionEffects.MAYBE;
            String real = maybe ? name.substring(1) : name;
            if (startup.has(real) || (!maybe && !reported.has(real))) {
                touched = true;
                resets.add(real);
            }
        }
        if (effects.resetsAll()) {
            touched = true;
            resetAll = true;
            resettingAll = alone && effects.single();
        }
    }

    /** Any statement may have made temporary objects. */
    void mayHaveMadeTemporary(SessionRules rules) {
        int made = SessionState.TEMPORARY_OBJECT.bit() & rules.kept();
        ever |= made;
        touched |= made != 0;
    }

    /** A parameter may have been returned to the server's default. */
    void mayHaveReset(String name) {
        resets.add(name);
        touched = true;
    }

    /** Any may have been. */
    void mayHaveResetAll() {
        resetAll = true;
        touched = true;
    }

    /** The server has reported a value that can't be told from its report. */
    void readBack(String name) {
        settings.add(name);
        touched = true;
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

    /** The client has discarded all that can be. */
    void discarded() {
        int left = ever & NOT_DISCARDED;
        boolean random = seeded || (ever & SessionState.RANDOM_SEED.bit()) != 0;
        forget();
        ever = left;
        touched = left != 0;
        seeded = random;
    }

    /** Whether the next client must get other random numbers. */
    boolean isSeeded() {
        return seeded || (ever & SessionState.RANDOM_SEED.bit()) != 0;
    }

    /** Whether a parameter was set that the server reports, and the report has not come. */
    boolean isUnreported() {
        return unreported;
    }

    /** Whether any parameter may have been set that the server lists. */
    boolean isListed() {
        return listed;
    }

    /** Nothing needs a look, and nothing keeps the client here. */
    boolean isEmpty() {
        return !touched && held == 0;
    }

    boolean isTouched() {
        return touched;
    }

    /** The kinds that keep the client on its server, as of the last time that the server was asked. */
    int held() {
        return held;
    }

    /** Kinds that may be there, whatever the server said when it was asked. */
    int ever() {
        return ever;
    }

    /** Whether the client may have prepared statements by SQL since it got this server. */
    boolean mayHavePrepared() {
        return (ever & SessionState.PREPARED_STATEMENT.bit()) != 0;
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

    boolean isResetAll() {
        return resetAll;
    }

    /** A statement of the client has failed. */
    void onError() {
        resettingAll = false;
    }

    /** The kinds that the server can be asked for. */
    int askable() {
        return ever & ~UNASKABLE;
    }

    /** The server is asked now: what is done from now on is not in its answer. */
    void asked() {
        if (resettingAll) {
            ever &= ~SessionState.SETTING.bit();
        }
        settings.clear();
        resets.clear();
        listed = false;
        resetAll = false;
        resettingAll = false;
        touched = false;
        asking = true;
    }

    /** These could not be returned to what the client began with yet. */
    void resetAgain(List<String> names) {
        if (!names.isEmpty()) {
            resets.addAll(names);
            touched = true;
        }
    }

    /** The server has these kinds. */
    void found(int kinds) {
        asking = false;
        held = kinds | (ever & UNASKABLE);
    }

    /** The server could not answer for now: what it was asked for is as unread as before. */
    void askAgain(List<String> unreadSettings, List<String> unreadResets, boolean unlisted) {
        asking = false;
        settings.addAll(unreadSettings);
        resets.addAll(unreadResets);
        listed |= unlisted;
        touched = true;
    }

    /** The server could not answer: all that may be is taken for true. */
    void unanswered(boolean settingsUnread) {
        asking = false;
        if (settingsUnread) {
            ever |= SessionState.SETTING.bit();
        }
        held = ever;
    }

    /** What {@link #meaning} has given, if it was asked. */
    @Nullable
    Object privately() {
        return privateMeaning;
    }

    /**
     * What statements are read under while the client has what decides their meaning (parameters that were not read
     * back, temporary tables, another role): something that no other client shares. Null if there is nothing of the kind.
     */
    @Nullable
    Object meaning() {
        if (settings.isEmpty() && !listed && !asking && !unreported && !local && (ever & NAMING) == 0) {
            return null;
        }
        return ownMeaning();
    }

    /** Whether settings that no parameter tells may have changed what names stand for. */
    boolean mayMeanOtherwise() {
        return !settings.isEmpty() || local || unreported;
    }

    /** Something that no other client shares. */
    Object ownMeaning() {
        Object known = privateMeaning;
        if (known == null) {
            known = new Object();
            privateMeaning = known;
        }
        return known;
    }
}
