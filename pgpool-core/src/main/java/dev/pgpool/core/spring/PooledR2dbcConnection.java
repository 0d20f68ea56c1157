package dev.pgpool.core.spring;

import dev.pgpool.core.PgPool;
import io.r2dbc.spi.ConnectionFactoryOptions;
import org.springframework.boot.r2dbc.autoconfigure.R2dbcConnectionDetails;

/** Leads Boot's connection factory to the pooler. */
final class PooledR2dbcConnection implements R2dbcConnectionDetails {
    private final ConnectionFactoryOptions options;

    PooledR2dbcConnection(PgPool pool, ApplicationLogin login) {
        PooledAddress address = PooledAddress.of(pool);
        ConnectionFactoryOptions.Builder builder = ConnectionFactoryOptions.builder()
                .option(ConnectionFactoryOptions.DRIVER, "postgresql")
                .option(ConnectionFactoryOptions.HOST, address.host())
                .option(ConnectionFactoryOptions.PORT, address.port())
                .option(ConnectionFactoryOptions.DATABASE, login.database());
        login.user().ifPresent(user -> builder.option(ConnectionFactoryOptions.USER, user));
        login.password().ifPresent(password -> builder.option(ConnectionFactoryOptions.PASSWORD, password));
        this.options = builder.build();
    }

    @Override
    public ConnectionFactoryOptions getConnectionFactoryOptions() {
        return options;
    }
}
