package dev.pgpool.backup.spring;

import dev.pgpool.backup.config.RestoreOptions;

/** What verification leaves out and tolerates, as properties say it. */
final class RestoreSettings {
    private RestoreOptions options = RestoreOptions.defaults();

    /** Default true. Whether owners are restored. */
    public RestoreSettings owners(boolean restored) {
        options = restored ? options : options.withoutOwners();
        return this;
    }

    /** Default true. Whether grants are restored. */
    public RestoreSettings privileges(boolean restored) {
        options = restored ? options : options.withoutPrivileges();
        return this;
    }

    /** Default true. Whether comments are restored. */
    public RestoreSettings comments(boolean restored) {
        options = restored ? options : options.withoutComments();
        return this;
    }

    /** Default true. Whether subscriptions are restored. */
    public RestoreSettings subscriptions(boolean restored) {
        options = restored ? options : options.withoutSubscriptions();
        return this;
    }

    /** Default true. Whether tablespaces are restored. */
    public RestoreSettings tablespaces(boolean restored) {
        options = restored ? options : options.withoutTablespaces();
        return this;
    }

    /** Default 0. Errors of pg_restore that are tolerated. */
    public RestoreSettings toleratedErrors(int most) {
        options = options.toleratingErrors(most);
        return this;
    }

    RestoreOptions options() {
        return options;
    }
}
