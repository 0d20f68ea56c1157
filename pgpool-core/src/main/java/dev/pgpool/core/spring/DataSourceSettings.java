package dev.pgpool.core.spring;

import java.util.Optional;

/** How the application's own data source reaches the pooler. */
final class DataSourceSettings {
    private boolean enabled = true;
    private boolean ordered = true;
    private boolean inProcess;
    private Optional<String> database = Optional.empty();
    private Optional<String> user = Optional.empty();
    private Optional<String> password = Optional.empty();

    /** Default true, unless spring.datasource.url (or spring.r2dbc.url) is set. Whether the data source is pointed to the pooler. */
    public DataSourceSettings enabled(boolean enabled) {
        this.enabled = enabled;
        return this;
    }

    /** Default true. Whether every data source of the application begins after the pooler and ends before it. */
    public DataSourceSettings ordered(boolean ordered) {
        this.ordered = ordered;
        return this;
    }

    /**
     * Default false. Whether the data source reaches the pooler without a socket: each of its connections is a client, no other
     * pool is in front, and the pooler listens only where it is told to.
     */
    public DataSourceSettings inProcess(boolean inProcess) {
        this.inProcess = inProcess;
        return this;
    }

    /** Default: the only one. The database, as clients name it. */
    public DataSourceSettings database(String database) {
        this.database = Optional.of(database);
        return this;
    }

    /** Default: the only user of pgpool.credentials, else spring.datasource.username, else the forced user of the database. */
    public DataSourceSettings user(String user) {
        this.user = Optional.of(user);
        return this;
    }

    /** Default: what is known of the user. The password that the data source logs in with. */
    public DataSourceSettings password(String password) {
        this.password = Optional.of(password);
        return this;
    }

    boolean isEnabled() {
        return enabled;
    }

    boolean isOrdered() {
        return ordered;
    }

    boolean isInProcess() {
        return inProcess;
    }

    Optional<String> namedDatabase() {
        return database;
    }

    Optional<String> namedUser() {
        return user;
    }

    Optional<String> givenPassword() {
        return password;
    }
}
