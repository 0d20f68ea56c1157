package dev.pgpool.core.sidebyside;

import dev.pgpool.core.fixture.Message;
import dev.pgpool.core.fixture.WireClient;
import java.io.EOFException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;

/** A client's seat before one of the poolers: what it does there, and the record of what it saw. */
final class Seat implements AutoCloseable {
    static final String BOSS = "boss";
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private static final Pattern VERSION = Pattern.compile("PgBouncer \\d+\\.\\d+\\.\\d+");
    private static final Pattern COLUMN = Pattern.compile("\"[^\"]+\" \\d+");

    private final InetSocketAddress address;
    private final List<Seen> seen = new ArrayList<>();
    private final List<WireClient> clients = new ArrayList<>();

    Seat(InetSocketAddress address) {
        this.address = address;
    }

    List<Seen> seen() {
        return seen;
    }

    /** A line of the record; the port of the pooler is another at each, and its version may be. */
    void note(String text) {
        note(new Seen(text, null));
    }

    void note(Seen what) {
        String text = what.text().replace(String.valueOf(address.getPort()), "PORT");
        seen.add(new Seen(VERSION.matcher(text).replaceAll("PgBouncer VERSION"), what.told()));
    }

    private void note(Message message) {
        note(Seen.of(message));
    }

    // ---- logins

    /** Tries to log in, and notes the refusal, or who and where the client is then. */
    void login(String user, String database, String password, String... parameters) {
        WireClient client = connect().startup(user, database, parameters);
        Message last = client.authenticate(password);
        while (last.type() != 'Z' && !last.isError()) {
            last = client.read();
        }
        if (last.isError()) {
            note(last);
            note("closed: " + client.isClosedByPeer());
        } else {
            run(client, "SELECT current_user, current_database()");
        }
        client.close();
    }

    /** A client that nothing was sent on; closed with the seat. */
    WireClient connect() {
        WireClient client = WireClient.connect(address);
        clients.add(client);
        return client;
    }

    /** A client of the database that is logged in without a password, or fails the case. */
    WireClient enter(String user, String database, String... parameters) {
        return connect().startup(user, database, parameters).awaitLogin("");
    }

    WireClient app(String... parameters) {
        return enter("app", "app", parameters);
    }

    WireClient boss() {
        return enter(BOSS, "pgbouncer");
    }

    // ---- queries

    /** Runs a query to its ReadyForQuery, or to the end of the connection, and notes all but headings and statuses. */
    void run(WireClient client, String sql) {
        client.query(sql).send();
        answer(client);
    }

    /** Notes the answers up to a ReadyForQuery, or to the end of the connection. */
    void answer(WireClient client) {
        while (true) {
            Message message;
            try {
                message = client.readOrEnd();
            } catch (EOFException end) {
                note("closed");
                return;
            }
            if (message.type() == 'Z') {
                note("ready " + message.status());
                return;
            }
            if (message.type() != 'T' && message.type() != 'S') {
                note(message);
            }
        }
    }

    /** Notes names and types of the columns. */
    void columns(WireClient client, String sql) {
        columnsBut(client, sql, "no column has this name");
    }

    /** The same without those in whose name this is. */
    void columnsBut(WireClient client, String sql, String ours) {
        for (Message message : client.query(sql).exchangeMessages()) {
            if (message.isError()) {
                note(message);
            } else if (message.type() == 'T') {
                // name and type of each, behind their number
                Matcher column = COLUMN.matcher(message.toString());
                while (column.find()) {
                    if (!column.group().contains(ours)) {
                        note(column.group());
                    }
                }
            }
        }
    }

    /** Notes the values of some columns of all rows. */
    void values(WireClient client, String sql, String... columns) {
        rows(client, sql, columns).forEach(this::note);
    }

    /** The values of some columns of all rows, each row a line. */
    List<String> rows(WireClient client, String sql, String... columns) {
        List<Integer> places = new ArrayList<>();
        List<String> rows = new ArrayList<>();
        for (Message message : client.query(sql).exchangeMessages()) {
            if (message.type() == 'T') {
                List<String> names = message.columns();
                for (String column : columns) {
                    places.add(names.indexOf(column));
                }
            } else if (message.type() == 'D') {
                List<String> values = message.values();
                rows.add(String.join(
                        " ",
                        places.stream()
                                .map(place -> String.valueOf(values.get(place)))
                                .toList()));
            }
        }
        return rows;
    }

    /** Waits, for what it takes a while to come to. */
    void await(Callable<Boolean> condition) {
        Awaitility.await()
                .atMost(PATIENCE)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(20))
                .until(condition);
    }

    /** Whether nothing comes for a moment. */
    void silence(WireClient client) {
        note(client.isReadable(Duration.ofMillis(150)) ? "an answer" : "no answer");
    }

    @Override
    public void close() {
        clients.forEach(WireClient::close);
    }
}
