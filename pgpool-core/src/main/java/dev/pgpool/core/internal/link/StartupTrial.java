package dev.pgpool.core.internal.link;

import dev.pgpool.core.internal.params.ParameterNames;
import dev.pgpool.core.internal.params.SessionParameters;
import dev.pgpool.core.internal.params.SqlText;
import dev.pgpool.core.internal.pool.ServerLane;
import dev.pgpool.core.internal.pool.StartupProfiles;
import dev.pgpool.core.internal.server.ServerConnection;
import dev.pgpool.core.internal.server.ServerQuery;
import dev.pgpool.core.internal.wire.BackendType;
import dev.pgpool.core.internal.wire.ErrorFields;
import dev.pgpool.core.internal.wire.MessageCursor;
import dev.pgpool.core.internal.wire.RawText;
import dev.pgpool.core.internal.wire.StartupPacket.Setting;
import dev.pgpool.core.internal.wire.TransactionStatus;
import dev.pgpool.core.stats.CloseReason;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Tries a client's start-up settings on a server that no client uses: whether they are valid, what they become on top of the
 * server's defaults, and what the server tells of them. What earlier clients have left there is taken off first. Each
 * value is read back in the bytes that it has in the database, in which it can be set on any other server, and in those of
 * the client's encoding, in which the client is told of it.
 *
 * <p>The server goes back when its answer is there, whether the client is still there or not. Confined to its event loop.
 */
public final class StartupTrial implements ServerQuery.Outcome {
    /** How it ends: exactly one call, on the event loop. The server is given back by then. */
    public interface Outcome {
        void onLearned(StartupProfiles.Profile profile);

        /** The DateStyle that a part of one builds on has to be found out first. */
        void onBaseWanted();

        void onRefused(ErrorFields error);

        /** The server is lost, or was busy with what an earlier client has made of it: another one may do better. */
        void onLost(@Nullable ErrorFields error);
    }

    private static final String DATE_STYLE = "DateStyle";
    /** In the row that tells whose DateStyle it is. */
    private static final String MARK = "whose DateStyle";

    private static final String QUERY_CANCELED = "57014";

    private final ServerConnection server;
    private final ServerLane lane;
    private final List<Setting> settings;
    private final @Nullable String baseDateStyle;
    private final Outcome outcome;
    private final List<String> names;
    private final List<String> reported = new ArrayList<>();
    private final Map<String, String> values = new LinkedHashMap<>();
    private final Map<String, String> told = new LinkedHashMap<>();
    private boolean baseWanted;
    private boolean over;

    /** @param baseDateStyle null if it is not known */
    public StartupTrial(
            ServerConnection server,
            ServerLane lane,
            List<Setting> settings,
            @Nullable String baseDateStyle,
            Outcome outcome) {
        this.server = server;
        this.lane = lane;
        this.settings = settings;
        this.baseDateStyle = baseDateStyle;
        this.outcome = outcome;
        this.names = ParameterNames.distinct(settings.stream().map(Setting::name));
    }

    /** Begins; the server is idle and at rest. */
    public void begin() {
        if (settings.isEmpty()) {
            // what the server has said at its login holds for this client
            SessionParameters login = server.loginParameters();
            told.putAll(server.readOnlyParameters());
            told.putAll(login.toMap());
            server.release();
            outcome.onLearned(new StartupProfiles.Profile(login, told));
            return;
        }
        reported.addAll(server.readOnlyParameters().keySet());
        reported.addAll(server.loginParameters().names());
        List<String> sql = new ArrayList<>();
        String changes = server.parameters().changesTo(server.loginParameters());
        if (changes != null) {
            sql.add(changes);
        }
        if (ParameterNames.has(names, DATE_STYLE)) {
            sql.addAll(baseOfDateStyle());
        }
        List<String> calls = calls();
        if (!calls.isEmpty()) {
            sql.add("SELECT " + String.join(",", calls));
        }
        List<String> columns = new ArrayList<>();
        names.forEach(name -> columns.add(SqlText.currentBytes(name)));
        reported.forEach(name -> columns.add(SqlText.current(name)));
        sql.add("SELECT " + String.join(",", columns));
        ServerQuery.send(server, String.join(";", sql), this);
        server.out().flush();
    }

    /**
     * The settings in the client's order, so that the first that the server refuses is the one that it is told of. A role
     * is tried in its place and taken last: the settings behind it are those of the user that logs in, and
     * session_authorization, which takes a role back, goes ahead of it, as at the start of a server.
     */
    private List<String> calls() {
        List<String> calls = new ArrayList<>();
        List<String> roles = new ArrayList<>();
        for (Setting setting : settings) {
            String call = SqlText.set(setting.name(), given(setting));
            calls.add(call);
            if (isRole(setting)) {
                calls.add(SqlText.set(setting.name(), "none"));
                roles.add(call);
            }
        }
        calls.addAll(roles);
        return calls;
    }

    private static boolean isRole(Setting setting) {
        return ParameterNames.has(List.of(setting.name()), "role");
    }

    /** In a DateStyle {@code default} stands for what is there, at start-up; later it would be another default. */
    private static String given(Setting setting) {
        if (!ParameterNames.has(List.of(setting.name()), DATE_STYLE)) {
            return setting.value();
        }
        return Arrays.stream(setting.value().split(",", -1))
                .filter(part -> !part.strip().equalsIgnoreCase("default"))
                .collect(Collectors.joining(","));
    }

    /**
     * PostgreSQL looks at the start-up packet before it looks at the settings of the role and the database, so a part of a
     * DateStyle builds on what is there without them.
     */
    private List<String> baseOfDateStyle() {
        String login = server.loginParameters().get(DATE_STYLE);
        String style = SqlText.literal(login == null ? "" : login);
        String base = baseDateStyle == null ? style : SqlText.literal(baseDateStyle);
        String isOfRole = "source OPERATOR(pg_catalog.=) ANY (ARRAY['user','database','database user'])"
                + " AND setting OPERATOR(pg_catalog.=) " + style;
        return List.of(
                "RESET \"DateStyle\"",
                "SELECT " + isOfRole + ",pg_catalog.set_config('DateStyle',CASE WHEN " + isOfRole + " THEN " + base
                        + " ELSE " + style
                        + " END,false),'" + MARK
                        + "' FROM pg_catalog.pg_settings WHERE name OPERATOR(pg_catalog.=) 'DateStyle'");
    }

    /** The client has left. The server has so long to answer. */
    public void abandon() {
        if (!over) {
            long millis = lane.abandonTimeout().toMillis();
            var unused = server.channel().eventLoop().schedule(this::giveUp, millis, TimeUnit.MILLISECONDS);
        }
    }

    private void giveUp() {
        if (!over) {
            server.close(CloseReason.ABANDONED);
        }
    }

    @Override
    public boolean wants(MessageCursor in) {
        return in.type() == BackendType.DATA_ROW;
    }

    @Override
    public void onRow(MessageCursor row) {
        ByteBuf buf = row.buffer();
        int columns = buf.getShort(row.bodyIndex());
        int at = row.bodyIndex() + 2;
        if (columns == 3 && MARK.equals(text(buf, behind(buf, behind(buf, at))))) {
            baseWanted = baseDateStyle == null && "t".equals(text(buf, at));
        } else if (columns == names.size() + reported.size()) {
            // the last of those with so many columns counts
            values.clear();
            told.clear();
            read(buf, at);
        }
    }

    private void read(ByteBuf buf, int first) {
        int at = first;
        for (String name : names) {
            String digits = text(buf, at);
            if (digits != null) {
                values.put(name, RawText.unhex(digits));
            }
            at = behind(buf, at);
        }
        for (String name : reported) {
            String value = text(buf, at);
            if (value != null) {
                told.put(name, value);
            }
            at = behind(buf, at);
        }
    }

    private static @Nullable String text(ByteBuf buf, int at) {
        int length = buf.getInt(at);
        return length < 0 ? null : RawText.read(buf, at + 4, at + 4 + length);
    }

    private static int behind(ByteBuf buf, int at) {
        return at + 4 + Math.max(0, buf.getInt(at));
    }

    @Override
    public void onDone(@Nullable ErrorFields error, TransactionStatus status) {
        over = true;
        if (error != null) {
            failed(error, status);
            return;
        }
        if (status != TransactionStatus.IDLE) {
            server.close(CloseReason.SERVER_DIRTY);
            outcome.onLost(null);
            return;
        }
        SessionParameters became = lane.parameters().with(server.loginParameters(), values);
        server.parametersBecame(became);
        server.release();
        if (baseWanted) {
            outcome.onBaseWanted();
        } else {
            outcome.onLearned(new StartupProfiles.Profile(became, told));
        }
    }

    private void failed(ErrorFields error, TransactionStatus status) {
        boolean cancelled = error.sqlState().equals(QUERY_CANCELED);
        if (status != TransactionStatus.IDLE || cancelled) {
            server.close(CloseReason.SETTINGS_FAILED);
        } else {
            // all of it was one transaction, and is rolled back
            server.release();
        }
        if (cancelled) {
            outcome.onLost(error);
        } else {
            outcome.onRefused(error);
        }
    }

    @Override
    public void onClosed(CloseReason reason, @Nullable ErrorFields lastError) {
        over = true;
        outcome.onLost(lastError);
    }
}
