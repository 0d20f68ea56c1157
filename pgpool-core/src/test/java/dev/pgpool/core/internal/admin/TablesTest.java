package dev.pgpool.core.internal.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.config.PgPoolConfig;
import dev.pgpool.core.config.Setting;
import dev.pgpool.core.stats.ClientInfo;
import dev.pgpool.core.stats.DnsInfo;
import dev.pgpool.core.stats.PgPoolSnapshot;
import dev.pgpool.core.stats.ServerInfo;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Columns, tags and texts are PgBouncer's, to the letter: tools look for them. */
class TablesTest {
    private static final Map<Integer, String> TYPES = Map.of(25, "s", 23, "i", 20, "q", 1700, "N");
    private static final String CONNECTION =
            "type s,user s,database s,replication s,state s,addr s,port i,local_addr s,"
                    + "local_port i,connect_time s,request_time s,wait i,wait_us i,close_needed i,ptr s,link s,remote_pid i,tls s,"
                    + "application_name s,prepared_statements i,id i";

    /** What PgBouncer 1.25.2 shows, with {@code client_login_count} of 1.26; ours may only follow. */
    private static final Map<String, String> COLUMNS = Map.ofEntries(
            Map.entry("version", "version s"),
            Map.entry(
                    "stats",
                    "database s,total_server_assignment_count N,total_xact_count N,total_query_count N,total_received N,"
                            + "total_sent N,total_xact_time N,total_query_time N,total_wait_time N,"
                            + "total_client_parse_count N,total_server_parse_count N,total_bind_count N,"
                            + "total_client_login_count N,avg_server_assignment_count N,avg_xact_count N,avg_query_count N,"
                            + "avg_recv N,avg_sent N,avg_xact_time N,avg_query_time N,avg_wait_time N,"
                            + "avg_client_parse_count N,avg_server_parse_count N,avg_bind_count N,avg_client_login_count N"),
            Map.entry(
                    "stats_totals",
                    "database s,server_assignment_count N,xact_count N,query_count N,bytes_received N,bytes_sent N,"
                            + "xact_time N,query_time N,wait_time N,client_parse_count N,server_parse_count N,bind_count N,"
                            + "client_login_count N"),
            Map.entry(
                    "stats_averages",
                    "database s,server_assignment_count N,xact_count N,query_count N,bytes_received N,bytes_sent N,"
                            + "xact_time N,query_time N,wait_time N,avg_client_parse_count N,avg_server_parse_count N,"
                            + "avg_bind_count N,avg_client_login_count N"),
            Map.entry("totals", "name s,value N"),
            Map.entry("clients", CONNECTION),
            Map.entry("servers", CONNECTION),
            Map.entry(
                    "sockets",
                    CONNECTION
                            + ",recv_pos i,pkt_pos i,pkt_remain i,send_pos i,send_remain i,pkt_avail i,send_avail i"),
            Map.entry(
                    "pools",
                    "database s,user s,cl_active i,cl_waiting i,cl_active_cancel_req i,cl_waiting_cancel_req i,sv_active i,"
                            + "sv_active_cancel i,sv_being_canceled i,sv_idle i,sv_used i,sv_tested i,sv_login i,maxwait i,"
                            + "maxwait_us i,pool_mode s,load_balance_hosts s"),
            Map.entry(
                    "peer_pools",
                    "peer_id i,cl_active_cancel_req i,cl_waiting_cancel_req i,sv_active_cancel i,sv_login i"),
            Map.entry("peers", "peer_id i,host s,port i,pool_size i"),
            Map.entry("lists", "list s,items i"),
            Map.entry(
                    "users",
                    "name s,pool_size s,reserve_pool_size s,pool_mode s,max_user_connections i,current_connections i,"
                            + "max_user_client_connections i,current_client_connections i"),
            Map.entry(
                    "databases",
                    "name s,host s,port i,database s,force_user s,pool_size i,min_pool_size i,reserve_pool_size i,"
                            + "server_lifetime i,pool_mode s,load_balance_hosts s,max_connections i,current_connections i,"
                            + "max_client_connections i,current_client_connections i,paused i,disabled i"),
            Map.entry("config", "key s,value s,default s,changeable s"),
            Map.entry("state", "key s,value s"),
            Map.entry("mem", "name s,size i,used i,free i,memtotal i"),
            Map.entry("dns_hosts", "hostname s,ttl q,addrs s"),
            Map.entry("dns_zones", "zonename s,serial q,count i"));

    private final List<String> called = new ArrayList<>();
    private final PgPoolConfig config = PgPool.builder()
            .database("app", db -> {})
            .peerId(1)
            .peer(2, "other", 6_432)
            .config();

    private final AdminControl control = (AdminControl) Proxy.newProxyInstance(
            TablesTest.class.getClassLoader(),
            new Class<?>[] {AdminControl.class},
            (proxy, method, arguments) -> switch (method.getName()) {
                case "config" -> config;
                case "settings" -> List.<Setting>of();
                case "names" -> List.<DnsInfo>of();
                case "snapshot" -> CompletableFuture.completedFuture(PgPoolSnapshot.EMPTY);
                case "clients" -> CompletableFuture.completedFuture(List.<ClientInfo>of());
                case "servers" -> CompletableFuture.completedFuture(List.<ServerInfo>of());
                case "set" -> {
                    called.add("set" + Arrays.toString(arguments));
                    yield CompletableFuture.completedFuture(List.<String>of());
                }
                default -> {
                    called.add(method.getName() + (arguments == null ? "" : Arrays.toString(arguments)));
                    yield CompletableFuture.completedFuture(null);
                }
            });

    private final AdminConsole console = new AdminConsole(control, new TrafficHistory(0));

    private ByteBuf run(String sql, boolean admin) {
        return console.run(sql, admin, UnpooledByteBufAllocator.DEFAULT)
                .answer()
                .toCompletableFuture()
                .join();
    }

    private String text(String sql, boolean admin) {
        ByteBuf answer = run(sql, admin);
        try {
            return answer.toString(StandardCharsets.ISO_8859_1);
        } finally {
            answer.release();
        }
    }

    @Test
    void columnsAreThoseOfPgBouncer() {
        COLUMNS.forEach((what, columns) -> assertThat(columns("SHOW " + what.toUpperCase(Locale.ROOT)))
                .as(what)
                .startsWith(columns.split(",", -1)));
        assertThat(columns("SHOW ACTIVE_SOCKETS")).isEqualTo(columns("SHOW SOCKETS"));
    }

    /** Name and type of each column, out of the RowDescription. */
    private List<String> columns(String sql) {
        ByteBuf answer = run(sql, false);
        try {
            assertThat(answer.readByte()).as(sql).isEqualTo((byte) 'T');
            answer.readInt();
            int count = answer.readShort();
            List<String> columns = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                int end = answer.bytesBefore((byte) 0);
                String name =
                        answer.readCharSequence(end, StandardCharsets.UTF_8).toString();
                answer.readByte();
                assertThat(answer.readInt()).as("table").isZero();
                assertThat(answer.readShort()).as("attribute").isZero();
                columns.add(name + " " + TYPES.get(answer.readInt()));
                answer.readShort();
                assertThat(answer.readInt()).as("modifier").isEqualTo(-1);
                assertThat(answer.readShort()).as("format").isZero();
            }
            return columns;
        } finally {
            answer.release();
        }
    }

    @Test
    void listsHasPgBouncersRowsInOrder() {
        assertThat(text("SHOW LISTS", false).replaceAll("[^a-z_]+", " "))
                .containsSubsequence(
                        "databases",
                        "users",
                        "peers",
                        "pools",
                        "peer_pools",
                        "free_clients",
                        "used_clients",
                        "login_clients",
                        "free_servers",
                        "used_servers",
                        "dns_names",
                        "dns_zones",
                        "dns_queries",
                        "dns_pending");
    }

    @ParameterizedTest
    @CsvSource({
        "PAUSE, PAUSE, pause[Optional.empty]",
        "PAUSE app, PAUSE, pause[Optional[app]]",
        "RESUME, RESUME, resume[Optional.empty]",
        "DISABLE app, DISABLE, disable[app]",
        "ENABLE app, ENABLE, enable[app]",
        "RECONNECT, RECONNECT, reconnect[Optional.empty]",
        "KILL app, KILL, kill[Optional[app]]",
        "KILL_CLIENT 7, KILL_CLIENT, killClient[7]",
        "KILL_CLIENT 0x10, KILL_CLIENT, killClient[16]",
        "RELOAD, RELOAD, reload",
        "WAIT_CLOSE app, WAIT_CLOSE, waitClose[Optional[app]]",
        "SUSPEND, SUSPEND, suspend",
        "SET query_timeout = 5, SET query_timeout=5, 'set[query_timeout, 5]'",
        "SHUTDOWN, SHUTDOWN, shutdown[IMMEDIATE]",
        "SHUTDOWN WAIT_FOR_SERVERS, SHUTDOWN, shutdown[WAIT_FOR_SERVERS]",
        "shutdown wait_for_clients, SHUTDOWN, shutdown[WAIT_FOR_CLIENTS]",
    })
    void commandsAreCarriedOutAndHaveTheirTags(String sql, String tag, String call) {
        assertThat(text(sql, true)).startsWith("C").endsWith(tag + "\0");
        assertThat(called).containsExactly(call);
    }

    @ParameterizedTest
    @CsvSource({
        "PAUSE, admin access needed",
        "SET query_timeout = 5, admin access needed",
        "SHOW FDS, admin access needed",
        "KILL_CLIENT 1, admin access needed",
        "NONSENSE, admin access needed",
    })
    void whoMayOnlyLookChangesNothing(String sql, String error) {
        assertThat(text(sql, false)).startsWith("E").contains("42501", error);
        assertThat(called).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "NONSENSE, 'invalid command ''NONSENSE'', use SHOW HELP;'",
        "SHOW NONSENSE, 'invalid command ''SHOW NONSENSE'', use SHOW HELP;'",
        "SHUTDOWN SOON, 'invalid command ''SHUTDOWN SOON'', use SHOW HELP;'",
        "SET, 'invalid command ''SET'', use SHOW HELP;'",
        "SET query_timeout, 'invalid command ''SET query_timeout'', use SHOW HELP;'",
        "RELOAD app, 'invalid command ''RELOAD app'', use SHOW HELP;'",
        "SUSPEND app, 'invalid command ''SUSPEND app'', use SHOW HELP;'",
        "SHOW POOLS app, 'invalid command ''SHOW POOLS app'', use SHOW HELP;'",
        "PAUSE app other, 'invalid command ''PAUSE app other'', use SHOW HELP;'",
        "DISABLE, a database is required",
        "ENABLE, a database is required",
        "KILL_CLIENT, invalid client pointer supplied",
        "KILL_CLIENT app, invalid client pointer supplied",
        "SHOW FDS, hands over sockets",
    })
    void whatMakesNoSenseIsSaidInPgBouncersWords(String sql, String error) {
        assertThat(text(sql, true)).startsWith("E").contains(error);
        assertThat(called).isEmpty();
    }

    @Test
    void whatDriversSetIsIgnoredAndWhatTheyAskIsAnswered() {
        assertThat(text("SET extra_float_digits = 3", false))
                .startsWith("N")
                .contains("SET ignored")
                .endsWith("SET\0");
        assertThat(text("SET datestyle TO 'ISO'", true)).contains("SET ignored");
        assertThat(text("SHOW timezone", false)).startsWith("T").contains("GMT").endsWith("SHOW\0");
        assertThat(called).isEmpty();
    }

    @Test
    void helpIsANotice() {
        assertThat(text("SHOW HELP", false))
                .startsWith("N")
                .contains("Console usage", "SHOW HELP|CONFIG|DATABASES")
                .endsWith("SHOW\0");
    }

    @Test
    void emptyStatementIsAnswered() {
        assertThat(text(";", false)).isEqualTo("I\0\0\0\u0004");
    }

    @Test
    void nullAndTextAreWrittenAsTheyAre() {
        ByteBuf out = Unpooled.buffer();
        new ResultTable("a s, b i").row(null, 7).row("ä", 0).writeTo(out);
        byte[] rows = new byte[out.readableBytes() - out.getInt(1) - 1];
        out.getBytes(out.getInt(1) + 1, rows);
        assertThat(rows)
                .containsExactly(
                        'D', 0, 0, 0, 15, 0, 2, -1, -1, -1, -1, 0, 0, 0, 1, '7', //
                        'D', 0, 0, 0, 17, 0, 2, 0, 0, 0, 2, 0xc3, 0xa4, 0, 0, 0, 1, '0');
        out.release();
    }

    @Test
    void optionalIsNotConfusedWithAName() {
        assertThat(AdminCommand.parse("PAUSE \"\"")).isNull();
        assertThat(Optional.ofNullable(AdminCommand.parse("PAUSE"))
                        .orElseThrow()
                        .argument())
                .isEmpty();
    }
}
