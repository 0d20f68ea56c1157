package dev.pgpool.core.internal.admin;

import dev.pgpool.core.config.ConfigException;
import dev.pgpool.core.config.Setting;
import dev.pgpool.core.internal.admin.AdminControl.Shutdown;
import dev.pgpool.core.internal.log.LogLine;
import dev.pgpool.core.internal.wire.BackendWriter;
import dev.pgpool.core.internal.wire.ErrorFields;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Understands commands, has them carried out, and puts into messages what came of it. Knows no channel. Thread-safe.
 *
 * @see <a href="https://www.pgbouncer.org/usage.html#admin-console">PgBouncer's admin console</a>
 */
public final class AdminConsole {
    private static final Logger LOGGER = LoggerFactory.getLogger(AdminConsole.class);
    private static final String ERROR_STATE = "08P01";

    /** What drivers ask and set although there is nothing to be set: answered, and ignored. */
    private static final Map<String, String> FAKED = Map.of(
            "client_encoding", "UTF-8",
            "default_transaction_isolation", "read committed",
            "standard_conforming_strings", "on",
            "datestyle", "ISO",
            "timezone", "GMT",
            "extra_float_digits", "1");

    private static final Set<String> TAKE_NO_ARGUMENT = Set.of("RELOAD", "SUSPEND");

    /**
     * A command under way.
     *
     * @param answer the messages that answer it, but for ReadyForQuery; belongs to the receiver; never fails
     * @param cancel what a cancel request does to it
     * @param leave what the end of its operator does to it: what was ordered holds, but nothing waits for the answer any more
     */
    public record Running(CompletionStage<ByteBuf> answer, Runnable cancel, Runnable leave) {
        /** One that nothing can revoke, and that ends soon. */
        Running(CompletionStage<ByteBuf> answer) {
            this(answer, () -> {}, () -> {});
        }
    }

    private final AdminControl control;
    private final ShowCommands show;
    private final ConsoleTraffic traffic;

    public AdminConsole(AdminControl control, TrafficHistory history) {
        this.control = control;
        this.show = new ShowCommands(control, history);
        this.traffic = history.console();
    }

    /**
     * Begins to carry out a command.
     *
     * @param admin whether the operator may do everything, or only look
     */
    public Running run(String sql, boolean admin, ByteBufAllocator alloc) {
        long begun = System.nanoTime();
        traffic.begins(sql.length());
        Running running = begin(sql, admin, alloc);
        return new Running(
                running.answer.thenApply(answer -> {
                    traffic.answered(System.nanoTime() - begun, answer.readableBytes());
                    return answer;
                }),
                running.cancel,
                running.leave);
    }

    private Running begin(String sql, boolean admin, ByteBufAllocator alloc) {
        AdminCommand command = AdminCommand.parse(sql);
        if (command == null) {
            return now(alloc, out -> error(out, unknown(sql)));
        }
        if (command.verb().isEmpty()) {
            return now(alloc, out -> out.writeByte('I').writeInt(4));
        }
        if (isIncomplete(command)) {
            return now(alloc, out -> error(out, unknown(sql)));
        }
        if (command.verb().equals("SHOW")) {
            return show(command, sql, admin, alloc);
        }
        if (command.verb().equals("SET") && FAKED.containsKey(command.argument().orElseThrow())) {
            return now(alloc, out -> {
                BackendWriter.noticeResponse(out, new ErrorFields("NOTICE", "00000", "SET ignored", null, null));
                complete(out, "SET");
            });
        }
        if (!admin) {
            return now(alloc, out -> error(out, new ControlException("42501", "admin access needed")));
        }
        return control(command, sql, alloc);
    }

    private static boolean isIncomplete(AdminCommand command) {
        return switch (command.verb()) {
            case "SHOW" -> command.argument().isEmpty();
            case "SET" -> command.value().isEmpty();
            default -> false;
        };
    }

    private Running show(AdminCommand command, String sql, boolean admin, ByteBufAllocator alloc) {
        String what = command.argument().orElseThrow().toLowerCase(Locale.ROOT);
        if (what.equals("help")) {
            return now(alloc, out -> {
                BackendWriter.noticeResponse(
                        out, new ErrorFields("NOTICE", "00000", "Console usage", ShowCommands.USAGE, null));
                complete(out, "SHOW");
            });
        }
        String faked = FAKED.get(what);
        if (faked != null) {
            return now(alloc, out -> {
                new ResultTable(what + " s").row(faked).writeTo(out);
                complete(out, "SHOW");
            });
        }
        if (what.equals("fds")) {
            return now(
                    alloc,
                    out -> error(
                            out,
                            admin
                                    ? new ControlException(
                                            "0A000", "SHOW FDS hands over sockets, which this pooler does not do")
                                    : new ControlException("42501", "admin access needed")));
        }
        CompletionStage<ResultTable> table = show.table(what);
        if (table == null) {
            return now(alloc, out -> error(out, unknown(sql)));
        }
        return answer(table, alloc, (out, rows) -> {
            rows.writeTo(out);
            complete(out, "SHOW");
        });
    }

    private Running control(AdminCommand command, String sql, ByteBufAllocator alloc) {
        Optional<String> argument = command.argument();
        Runnable cancel = () -> {};
        Runnable leave = () -> {};
        CompletionStage<Void> done;
        if (argument.isPresent() && TAKE_NO_ARGUMENT.contains(command.verb())) {
            return now(alloc, out -> error(out, unknown(sql)));
        }
        switch (command.verb()) {
            case "PAUSE" -> {
                CompletableFuture<Void> waits = control.pause(argument).toCompletableFuture();
                done = waits;
                leave = () -> waits.completeExceptionally(cancelled());
                cancel = () -> {
                    if (waits.completeExceptionally(cancelled())) {
                        control.resume(argument);
                    }
                };
            }
            case "SUSPEND" -> {
                CompletableFuture<Void> waits = control.suspend().toCompletableFuture();
                done = waits;
                leave = () -> waits.completeExceptionally(cancelled());
                cancel = () -> {
                    if (waits.completeExceptionally(cancelled())) {
                        control.resume(Optional.empty());
                    }
                };
            }
            case "RESUME" -> done = control.resume(argument);
            case "DISABLE" -> done = argument.map(control::disable).orElseGet(() -> missing("a database is required"));
            case "ENABLE" -> done = argument.map(control::enable).orElseGet(() -> missing("a database is required"));
            case "RECONNECT" -> done = control.reconnect(argument);
            case "KILL" -> done = control.kill(argument);
            case "KILL_CLIENT" -> done = killClient(argument);
            case "WAIT_CLOSE" -> {
                CompletableFuture<Void> waits = control.waitClose(argument).toCompletableFuture();
                done = waits;
                cancel = () -> waits.completeExceptionally(cancelled());
                leave = cancel;
            }
            case "RELOAD" -> {
                LOGGER.info("RELOAD command issued");
                done = control.reload();
            }
            case "SHUTDOWN" -> done = shutdown(argument, sql);
            case "SET" -> {
                return set(argument.orElseThrow(), command.value().orElseThrow(), alloc);
            }
            default -> {
                return now(alloc, out -> error(out, unknown(sql)));
            }
        }
        Running running = answer(done, alloc, (out, nothing) -> complete(out, command.verb()));
        return new Running(running.answer, cancel, leave);
    }

    private Running set(String key, String value, ByteBufAllocator alloc) {
        return answer(control.set(key, value).exceptionally(AdminConsole::notSet), alloc, (out, pending) -> {
            if (!pending.isEmpty()) {
                BackendWriter.noticeResponse(
                        out,
                        new ErrorFields(
                                "NOTICE",
                                "00000",
                                "TLS settings could not be applied, still using old configuration",
                                String.join("\n", pending),
                                null));
            }
            complete(out, "SET " + key + "=" + value);
        });
    }

    private CompletionStage<Void> killClient(Optional<String> id) {
        try {
            return control.killClient(Integer.decode(id.orElse("")));
        } catch (NumberFormatException e) {
            return missing("invalid client pointer supplied");
        }
    }

    private CompletionStage<Void> shutdown(Optional<String> how, String sql) {
        if (how.isEmpty()) {
            return control.shutdown(Shutdown.IMMEDIATE);
        }
        return switch (how.get().toUpperCase(Locale.ROOT)) {
            case "WAIT_FOR_SERVERS" -> control.shutdown(Shutdown.WAIT_FOR_SERVERS);
            case "WAIT_FOR_CLIENTS" -> control.shutdown(Shutdown.WAIT_FOR_CLIENTS);
            default -> CompletableFuture.failedFuture(unknown(sql));
        };
    }

    private static ControlException cancelled() {
        return new ControlException("57014", "canceling statement due to user request");
    }

    private static CompletionStage<Void> missing(String message) {
        return CompletableFuture.failedFuture(new ControlException(message));
    }

    private static List<String> notSet(Throwable problem) {
        Throwable cause = problem.getCause() == null ? problem : problem.getCause();
        throw cause instanceof ConfigException e
                ? new ControlException("22023", "SET failed: " + e.getMessage())
                : new CompletionException(cause);
    }

    private static ControlException unknown(String sql) {
        return new ControlException("42601", "invalid command '" + sql.strip() + "', use SHOW HELP;");
    }

    // ---- into messages

    private interface Writer<T> {
        void write(ByteBuf out, T result);
    }

    private static Running now(ByteBufAllocator alloc, Consumer<ByteBuf> writer) {
        ByteBuf out = alloc.buffer();
        writer.accept(out);
        return new Running(CompletableFuture.completedFuture(out));
    }

    private static <T> Running answer(CompletionStage<T> stage, ByteBufAllocator alloc, Writer<T> writer) {
        return new Running(stage.handle((result, problem) -> {
            ByteBuf out = alloc.buffer();
            if (problem == null) {
                writer.write(out, result);
            } else {
                error(out, problem);
            }
            return out;
        }));
    }

    private static void complete(ByteBuf out, String tag) {
        byte[] bytes = tag.getBytes(StandardCharsets.UTF_8);
        out.writeByte('C').writeInt(4 + bytes.length + 1).writeBytes(bytes).writeByte(0);
    }

    private static void error(ByteBuf out, Throwable problem) {
        Throwable cause =
                problem instanceof CompletionException && problem.getCause() != null ? problem.getCause() : problem;
        if (cause instanceof ControlException e) {
            error(out, e.sqlState(), String.valueOf(e.getMessage()), null);
        } else if (cause instanceof ConfigException e) {
            LogLine.warn(LOGGER, "configuration not changed")
                    .with("problems", e.problems())
                    .write();
            error(out, "F0000", "RELOAD failed, see logs for additional details", String.join("\n", e.problems()));
        } else {
            LOGGER.atWarn().setCause(cause).log("command failed");
            error(out, ERROR_STATE, String.valueOf(cause.getMessage()), null);
        }
    }

    private static void error(ByteBuf out, String sqlState, String message, @Nullable String detail) {
        BackendWriter.errorResponse(out, new ErrorFields("ERROR", sqlState, message, detail, null));
    }

    /** The settings as SHOW CONFIG has them. */
    static List<Setting> settings(AdminControl control) {
        List<Setting> known = control.settings();
        return known.isEmpty() ? ConfigTables.of(control.config()) : known;
    }
}
