package dev.pgpool.core.spring;

import dev.pgpool.core.PgPool;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;

/** Leads Boot's data source to the pooler. */
final class PooledJdbcConnection implements JdbcConnectionDetails {
    private final String url;
    private final @Nullable String user;
    private final @Nullable String password;

    private PooledJdbcConnection(String url, @Nullable String user, @Nullable String password) {
        this.url = url;
        this.user = user;
        this.password = password;
    }

    /** To the address of a running pooler. */
    static PooledJdbcConnection byTcp(PgPool pool, ApplicationLogin login) {
        PooledAddress address = PooledAddress.of(pool);
        String url = "jdbc:postgresql://" + address.hostInUrl() + ":" + address.port() + "/"
                + URLEncoder.encode(login.database(), StandardCharsets.UTF_8).replace("+", "%20");
        return new PooledJdbcConnection(
                url, login.user().orElse(null), login.password().orElse(null));
    }

    /** Without a socket: what makes connections of it is a client like those of the data source. */
    static PooledJdbcConnection inProcess(PgPool pool, ApplicationLogin login) {
        return new PooledJdbcConnection(
                pool.socketFactory().jdbcUrl(login.database()), login.user().orElse(null), null);
    }

    @Override
    public @Nullable String getUsername() {
        return user;
    }

    @Override
    public @Nullable String getPassword() {
        return password;
    }

    @Override
    public String getJdbcUrl() {
        return url;
    }
}
