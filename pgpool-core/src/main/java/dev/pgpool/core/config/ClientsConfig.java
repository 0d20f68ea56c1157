package dev.pgpool.core.config;

/**
 * What clients are told and asked beside their login.
 *
 * @param applicationNameAddHost whether the name that a client gives its application is followed by where it comes from
 * @param loginNotice what each client is told at the end of its login, by a NOTICE; empty for nothing
 * @param simpleQueries whether clients may send simple queries
 */
public record ClientsConfig(boolean applicationNameAddHost, String loginNotice, boolean simpleQueries) {

    /** Names as they are given, no notice, queries of both kinds. */
    public static final ClientsConfig DEFAULT = new ClientsConfig(false, "", true);

    void check(Problems problems) {
        problems.require(
                loginNotice.indexOf('\0') < 0, "clients.loginNotice", "a text with a NUL", "a text without one");
    }
}
