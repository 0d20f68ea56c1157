package dev.pgpool.core.internal.link;

import dev.pgpool.core.config.SessionState;
import dev.pgpool.core.internal.sql.SessionEffects;
import dev.pgpool.core.internal.wire.PoolerError;
import dev.pgpool.core.internal.wire.TransactionStatus;
import org.jspecify.annotations.Nullable;

/** Decides which statements the pool's policy refuses. */
final class Rejections {
    private static final int SEQUENCE = SessionState.SEQUENCE.bit();
    private static final int SETTING = SessionState.SETTING.bit();

    private final Exchange x;

    Rejections(Exchange x) {
        this.x = x;
    }

    /** Why a statement that runs now is refused; null if it may run. */
    @Nullable
    Rejection of(SessionEffects effects) {
        int refused = effects.makes() & x.rules.rejected();
        if ((refused & SEQUENCE) != 0 && isSequenceKnown()) {
            refused &= ~SEQUENCE;
        }
        return rejection(refused | refusedSettings(effects));
    }

    /** Why a statement is refused whenever it runs; null if that depends. */
    @Nullable
    Rejection ofParse(SessionEffects effects) {
        return rejection((effects.makes() & x.rules.rejected() & ~SEQUENCE) | refusedSettings(effects));
    }

    /** Parameters that the server reports are followed, whatever the policy. */
    private int refusedSettings(SessionEffects effects) {
        if ((x.rules.rejected() & SETTING) == 0) {
            return 0;
        }
        for (String name : effects.settings()) {
            if (!x.server.loginParameters().has(name)) {
                return SETTING;
            }
        }
        return 0;
    }

    /** Inside a transaction, and on a server of its own, a client meets its own values. */
    private boolean isSequenceKnown() {
        return x.status != TransactionStatus.IDLE || x.executed || x.pins.held() != 0;
    }

    private static @Nullable Rejection rejection(int refused) {
        if (refused == 0) {
            return null;
        }
        if ((refused & SEQUENCE) != 0) {
            return new Rejection(PoolerError.SEQUENCE_VALUE_UNKNOWN.plain());
        }
        SessionState kind = SessionState.of(Integer.numberOfTrailingZeros(refused));
        return new Rejection(PoolerError.SESSION_STATE_REJECTED.with(kind.label()));
    }
}
