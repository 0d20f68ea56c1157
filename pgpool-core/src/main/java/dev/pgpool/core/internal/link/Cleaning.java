package dev.pgpool.core.internal.link;

import dev.pgpool.core.config.SessionState;
import dev.pgpool.core.internal.params.SqlText;
import dev.pgpool.core.internal.pool.SessionRules;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.server.ServerQuery;
import dev.pgpool.core.internal.sql.SessionEffects;
import dev.pgpool.core.internal.sql.StatementScanner;
import dev.pgpool.core.internal.sql.TextForm;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.TransactionStatus;
import dev.pgpool.core.stats.CloseReason;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes off a server what its client left there, before the next client gets it: exactly the kinds of state that it may
 * have made, or what the reset query of the pool says. A server that can't be cleaned is closed.
 */
final class Cleaning implements ServerQuery.Outcome {
    private static final SecureRandom RANDOM = new SecureRandom();

    private final Exchange x;
    private final ServerConnection server;
    private final Runnable whenClean;
    private final SessionRules rules;
    private final SessionEffects resetEffects;
    private int kinds;
    private List<String> names = List.of();
    /** What DISCARD ALL leaves is taken off first, in a query of its own. */
    private boolean discardsNext;

    /** @param whenClean called once for each {@link #begin} that does not close the server */
    Cleaning(Exchange x, SessionRules rules, Runnable whenClean) {
        this.x = x;
        this.server = x.server;
        this.rules = rules;
        this.whenClean = whenClean;
        ByteBuf text = Unpooled.copiedBuffer(rules.resetQuery(), StandardCharsets.UTF_8);
        this.resetEffects = new StatementScanner().scan(text, 0, text.writerIndex(), TextForm.STANDARD);
    }

    /** Whether there is something to do. */
    boolean isNeeded() {
        return x.pins.ever() != 0
                || x.pins.isTouched()
                || x.pins.isSeeded()
                || !rules.resetQuery().isEmpty();
    }

    /** Cleans; the server is idle, outside a transaction, and has no client. */
    void begin() {
        kinds = x.pins.ever();
        names = x.pins.parameters.unread();
        if (has(SessionState.LIBRARY) || has(SessionState.PROCESS)) {
            server.close(CloseReason.SERVER_DIRTY);
            return;
        }
        discardsNext = resetEffects.discardsAll() && (x.pins.isSeeded() || has(SessionState.REPLICATION_SLOT));
        List<String> commands = commands();
        if (commands.isEmpty()) {
            whenClean.run();
            return;
        }
        x.counters.countCleaning();
        ServerQuery.send(server, String.join(";", commands), this);
        server.out().flush();
    }

    private List<String> commands() {
        if (resetEffects.discardsAll() && !discardsNext) {
            // does nearly all, and will not stand beside other commands
            return List.of(rules.resetQuery());
        }
        List<String> commands = new ArrayList<>();
        if (has(SessionState.ROLE)) {
            // first: what follows may take the rights of the server's own user
            commands.add("RESET SESSION AUTHORIZATION");
            commands.add("RESET ROLE");
        }
        if (has(SessionState.CURSOR)) {
            commands.add("CLOSE ALL");
        }
        if (has(SessionState.LISTEN)) {
            commands.add("UNLISTEN *");
        }
        if (has(SessionState.PREPARED_STATEMENT)) {
            commands.add("DEALLOCATE ALL");
        }
        if (has(SessionState.ADVISORY_LOCK)) {
            commands.add("SELECT pg_catalog.pg_advisory_unlock_all()");
        }
        if (has(SessionState.TEMPORARY_OBJECT)) {
            commands.add("DISCARD TEMP");
        }
        if (has(SessionState.REPLICATION_SLOT)) {
            commands.add("SELECT pg_catalog.pg_drop_replication_slot(slot_name) FROM pg_catalog.pg_replication_slots"
                    + " WHERE temporary AND active_pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid()");
        }
        if (x.pins.isSeeded()) {
            // a seed that no client knows
            commands.add("SELECT pg_catalog.setseed("
                    + BigDecimal.valueOf(RANDOM.nextDouble()).toPlainString() + ")");
        }
        if (has(SessionState.SETTING) || x.pins.parameters.isResetAll() || x.pins.parameters.isListed()) {
            commands.add("RESET ALL");
        } else {
            names.forEach(name -> commands.add("RESET " + SqlText.parameter(name)));
        }
        if (!rules.resetQuery().isEmpty() && !resetEffects.discardsAll()) {
            commands.add(rules.resetQuery());
        }
        return commands;
    }

    private boolean has(SessionState kind) {
        return (kinds & kind.bit()) != 0;
    }

    @Override
    public void onDone(@Nullable ErrorFields error, TransactionStatus status) {
        if (error != null) {
            server.resetFailed(error);
            return;
        }
        if (status != TransactionStatus.IDLE) {
            server.close(CloseReason.RESET_FAILED);
            return;
        }
        if (discardsNext) {
            discardsNext = false;
            ServerQuery.send(server, rules.resetQuery(), this);
            server.out().flush();
            return;
        }
        if (has(SessionState.SETTING)
                || x.pins.parameters.isResetAll()
                || x.pins.parameters.isListed()
                || resetEffects.resetsAll()
                || resetEffects.discardsAll()) {
            server.forgetUnreportedParameters();
        } else {
            server.forgetParameters(names.stream()
                    .filter(name -> !server.loginParameters().has(name))
                    .toList());
        }
        if (has(SessionState.PREPARED_STATEMENT)
                || (resetEffects.clears() & SessionState.PREPARED_STATEMENT.bit()) != 0) {
            server.statements().distrust();
        }
        x.pins.forget();
        whenClean.run();
    }

    @Override
    public void onClosed(CloseReason reason, @Nullable ErrorFields lastError) {
        // its home hears of it, no client is concerned
    }
}
