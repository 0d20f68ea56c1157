package dev.pgpool.core.internal.link;

import dev.pgpool.core.config.SessionState;
import dev.pgpool.core.internal.prepared.Unnamed;
import dev.pgpool.core.internal.sql.SessionEffects;
import dev.pgpool.core.internal.wire.FrontendType;
import dev.pgpool.core.internal.wire.FrontendWriter;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.internal.wire.PoolerError;
import org.jspecify.annotations.Nullable;

/** Decides which statements the pool's policy refuses, and sends what the server refuses in their place. */
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
        if (effects.isNone()) {
            return null;
        }
        return rejection((effects.makes() & x.rules.rejected() & ~SEQUENCE) | refusedSettings(effects));
    }

    /** Parameters that the server reports are followed under every policy. */
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
        return !x.transaction.isIdle() || x.batch.hasExecuted() || x.pins.held() != 0;
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

    /** A Query is refused: the server gets one that it must refuse in its place. */
    void refuseQuery(MessageCursor in, LinkedClient current, Rejection rejection) {
        x.toServer.run(in.takeRun());
        Unnamed before = x.unnamed.dropByQuery(current, x.expected.maySkipNext());
        FrontendWriter.query(x.toServer.space(), Rejection.TEXT);
        x.expected.add(ExpectedReplies.QUERY, rejection.inPlaceOf(before));
        in.skip();
    }

    /** The same of a Parse. */
    void refuseParse(MessageCursor in, byte[] serverName, Rejection rejection) {
        x.toServer.run(in.takeRun());
        byte[] body = Rejection.parseBody();
        FrontendWriter.parse(x.toServer.space(), serverName, body, body.length);
        x.expected.add(ExpectedReplies.PARSE, rejection);
        in.skip();
    }

    /** The same of a Bind. */
    void refuseBind(MessageCursor in, Rejection rejection) {
        x.toServer.run(in.takeRun());
        x.toServer
                .space()
                .writeByte(FrontendType.BIND)
                .writeInt(4 + 1 + Rejection.NAME.length + 1 + 6)
                .writeByte(0)
                .writeBytes(Rejection.NAME)
                .writeByte(0)
                .writeZero(6);
        x.expected.add(ExpectedReplies.BIND, rejection);
        in.skip();
    }
}
