package dev.pgpool.backup.config;

/**
 * What is left out of a restore, and how many errors it may have. The same options can be given to verification
 * ({@link dev.pgpool.backup.BackupEngineBuilder#verifyOptions}), so that {@link VerifyLevel#CHECKED} means: restorable as it
 * will be restored. A plain dump is a script, of which nothing can be left out: such a restore is refused.
 *
 * @param owners false to make everything owned by the restoring role
 * @param privileges false to leave out grants
 * @param comments false to leave out comments
 * @param subscriptions false to leave out subscriptions of logical replication
 * @param tablespaces false to put everything into the database's default tablespace
 * @param toleratedErrors how many statements may fail; each is reported, and the rest is restored. Errors of a connection
 *     that is gone are not among them
 */
public record RestoreOptions(
        boolean owners,
        boolean privileges,
        boolean comments,
        boolean subscriptions,
        boolean tablespaces,
        int toleratedErrors) {

    /** Checks. */
    public RestoreOptions {
        if (toleratedErrors < 0) {
            throw new IllegalArgumentException("toleratedErrors: " + toleratedErrors + " (expected: >= 0)");
        }
    }

    /** Everything, and no error. */
    public static RestoreOptions defaults() {
        return new RestoreOptions(true, true, true, true, true, 0);
    }

    /** The same without owners. */
    public RestoreOptions withoutOwners() {
        return new RestoreOptions(false, privileges, comments, subscriptions, tablespaces, toleratedErrors);
    }

    /** The same without grants. */
    public RestoreOptions withoutPrivileges() {
        return new RestoreOptions(owners, false, comments, subscriptions, tablespaces, toleratedErrors);
    }

    /** The same without comments. */
    public RestoreOptions withoutComments() {
        return new RestoreOptions(owners, privileges, false, subscriptions, tablespaces, toleratedErrors);
    }

    /** The same without subscriptions. */
    public RestoreOptions withoutSubscriptions() {
        return new RestoreOptions(owners, privileges, comments, false, tablespaces, toleratedErrors);
    }

    /** The same without tablespaces. */
    public RestoreOptions withoutTablespaces() {
        return new RestoreOptions(owners, privileges, comments, subscriptions, false, toleratedErrors);
    }

    /** The same with up to so many errors. */
    public RestoreOptions toleratingErrors(int most) {
        return new RestoreOptions(owners, privileges, comments, subscriptions, tablespaces, most);
    }

    /** True if nothing is left out. */
    public boolean everything() {
        return owners && privileges && comments && subscriptions && tablespaces;
    }
}
