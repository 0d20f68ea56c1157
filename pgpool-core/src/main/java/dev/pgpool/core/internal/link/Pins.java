package dev.pgpool.core.internal.link;

import dev.pgpool.core.config.SessionState;
import dev.pgpool.core.internal.params.SessionParameters;
import dev.pgpool.core.internal.pool.SessionRules;
import dev.pgpool.core.internal.sql.SessionEffects;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Why a server can't be given to the next client yet: what its client may have made there that the next client must not
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

    /** What of it are parameters. */
    final UnreadParameters parameters = new UnreadParameters();

    /** The client has seeded random numbers and has discarded its state since. */
    private boolean seeded;

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

    /** The client has told the server to forget the session's state, and what that returns to is not seen to yet. */
    private boolean discarded;

    private @Nullable Object privateMeaning;

    /** A new client begins. */
    void begin() {
        if (ever != 0 || touched || held != 0 || seeded) {
            forget();
        }
        discarded = false;
        asking = false;
        unreported = false;
        local = false;
        privateMeaning = null;
    }

    /** All of it is gone: the server has said so. */
    void forget() {
        parameters.clear();
        seeded = false;
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
            parameters.onUnknownSetting();
        }
        if (!rules.keepsSettings()) {
            return;
        }
        unreported |= !effects.settings().isEmpty() || effects.resetsAny() || effects.setsLocally();
        if ((ever & SessionState.ROLE.bit()) != 0 && !effects.settings().isEmpty()) {
            // what another role may set, the servers' own user may not be able to repeat
            ever |= SessionState.SETTING.bit();
        }
        touched |= parameters.add(effects, made, reported, startup, alone);
    }

    /** Any statement may have made temporary objects. */
    void mayHaveMadeTemporary(SessionRules rules) {
        int made = SessionState.TEMPORARY_OBJECT.bit() & rules.kept();
        ever |= made;
        touched |= made != 0;
    }

    /** A parameter may have been returned to the server's default. */
    void mayHaveReset(String name) {
        parameters.addReset(name);
        touched = true;
    }

    /** Any may have been. */
    void mayHaveResetAll() {
        parameters.addResetAll();
        touched = true;
    }

    /** The server has reported a value that can't be told from its report. */
    void readBack(String name) {
        parameters.addSetting(name);
        touched = true;
    }

    /**
     * The client has told the server to forget the session's state.
     *
     * @param last whether nothing was sent behind that
     */
    void onDiscarded(boolean last) {
        discarded = true;
        if (last) {
            forgetDiscarded();
        }
    }

    /** Whether the client has told the server to forget the session's state; asked once. */
    boolean takeDiscarded() {
        boolean was = discarded;
        discarded = false;
        return was;
    }

    private void forgetDiscarded() {
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

    boolean isTouched() {
        return touched;
    }

    /** The kinds that keep the client on its server, as of the last time that the server was asked. */
    int held() {
        return held;
    }

    /** Kinds that may be there, also if the server did not find them when it was asked. */
    int ever() {
        return ever;
    }

    /** Whether the client may have prepared statements by SQL since it got this server. */
    boolean mayHavePrepared() {
        return (ever & SessionState.PREPARED_STATEMENT.bit()) != 0;
    }

    /** A statement of the client has failed. */
    void onError() {
        parameters.onError();
    }

    /** The kinds that the server can be asked for. */
    int askable() {
        return ever & ~UNASKABLE;
    }

    /** The server is asked now: what is done from now on is not in its answer. */
    void asked() {
        if (parameters.isResettingAll()) {
            ever &= ~SessionState.SETTING.bit();
        }
        parameters.clear();
        touched = false;
        asking = true;
    }

    /** These could not be returned to what the client began with yet. */
    void resetAgain(List<String> names) {
        if (!names.isEmpty()) {
            parameters.addUnread(List.of(), names, false);
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
        parameters.addUnread(unreadSettings, unreadResets, unlisted);
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
        if (!parameters.isAnySet() && !asking && !unreported && !local && (ever & NAMING) == 0) {
            return null;
        }
        return ownMeaning();
    }

    /** Whether settings that no parameter tells may have changed what names stand for. */
    boolean mayMeanOtherwise() {
        return parameters.isAnyNamed() || local || unreported;
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
