package dev.pgpool.core.jdbc;

import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.TreeMap;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Connections of pgjdbc to a database of a pooler in this process, as one user, without a socket and without a password. Each
 * {@link #getConnection()} is a new client of the pooler. In transaction pooling it has a server only while it works, so that
 * thousands may be open, and no other pool is of use in front of it.
 *
 * <p>Thread-safe. Settings of the driver are passed through by {@link #with}.
 */
public final class InProcessDataSource implements DataSource {
    private final InProcessSocketFactory sockets;
    private final String database;
    private final String user;
    private final Map<String, String> settings;
    private volatile int loginTimeoutSeconds;
    private volatile @Nullable PrintWriter logWriter;

    /**
     * For {@link dev.pgpool.core.PgPool#dataSource(String, String)}, or with a factory that has a check.
     *
     * @param database as clients of the pooler name it
     * @param user who the connections are, as they would be by a password
     */
    public InProcessDataSource(InProcessSocketFactory sockets, String database, String user) {
        this(
                Objects.requireNonNull(sockets, "sockets"),
                InProcessSocketFactory.name("database", database),
                InProcessSocketFactory.whole("user", user),
                Map.of());
    }

    private InProcessDataSource(
            InProcessSocketFactory sockets, String database, String user, Map<String, String> settings) {
        this.sockets = sockets;
        this.database = database;
        this.user = user;
        this.settings = settings;
    }

    /**
     * The same with a setting of the driver, such as {@code socketTimeout}, {@code ApplicationName} or {@code
     * defaultRowFetchSize}.
     *
     * @param setting its name in pgjdbc's documentation
     * @throws IllegalArgumentException for a value with a zero byte, which to the driver would be the end of it
     */
    public InProcessDataSource with(String setting, String value) {
        Map<String, String> more = new TreeMap<>(settings);
        more.put(Objects.requireNonNull(setting, "setting"), InProcessSocketFactory.whole(setting, value));
        InProcessDataSource copy = new InProcessDataSource(sockets, database, user, Map.copyOf(more));
        copy.loginTimeoutSeconds = loginTimeoutSeconds;
        return copy;
    }

    /**
     * A new connection. Its SQL state is 08001 if the pooler is not running; what the pooler has against the client it says
     * as to any other.
     */
    @Override
    public Connection getConnection() throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("sslmode", "disable");
        properties.setProperty("gssEncMode", "disable");
        properties.setProperty("assumeMinServerVersion", InProcessSocketFactory.OLDEST_SERVER);
        if (loginTimeoutSeconds > 0) {
            properties.setProperty("loginTimeout", String.valueOf(loginTimeoutSeconds));
        }
        settings.forEach(properties::setProperty);
        properties.setProperty("user", user);
        properties.setProperty("socketFactory", InProcessSocketFactory.class.getName());
        properties.setProperty("socketFactoryArg", sockets.argument());
        return PgDriver.connect(InProcessSocketFactory.url(database), properties);
    }

    /**
     * As {@link #getConnection()}, for callers that always name a user.
     *
     * @param password is not looked at
     * @throws SQLException for another user than the one of this data source
     */
    @Override
    public Connection getConnection(@Nullable String username, @Nullable String password) throws SQLException {
        if (username != null && !username.equals(user)) {
            throw new SQLException("this data source is of the user \"" + user + "\"", "28000");
        }
        return getConnection();
    }

    @Override
    public @Nullable PrintWriter getLogWriter() {
        return logWriter;
    }

    /** Kept, but nothing is written to it: the driver and the pooler have their own logs. */
    @Override
    public void setLogWriter(@Nullable PrintWriter out) {
        logWriter = out;
    }

    @Override
    public int getLoginTimeout() {
        return loginTimeoutSeconds;
    }

    /** Default 0: the pooler's {@code loginTimeout} alone. With another the driver takes a thread for each login. */
    @Override
    public void setLoginTimeout(int seconds) {
        loginTimeoutSeconds = seconds;
    }

    @Override
    public Logger getParentLogger() throws SQLFeatureNotSupportedException {
        throw new SQLFeatureNotSupportedException("logs by slf4j");
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        if (type.isInstance(this)) {
            return type.cast(this);
        }
        throw new SQLException("no " + type.getName());
    }

    @Override
    public boolean isWrapperFor(Class<?> type) {
        return type.isInstance(this);
    }

    @Override
    public String toString() {
        return "InProcessDataSource[" + user + "@" + database + "]";
    }
}
