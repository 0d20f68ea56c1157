package dev.pgpool.core.config;

import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * What clients are told and asked beside their login.
 *
 * @param applicationNameAddHost whether the name that a client gives its application is followed by where it comes from
 * @param loginNotice what each client is told at the end of its login, by a NOTICE; empty for nothing
 * @param simpleQueries whether clients may send simple queries
 * @param ignoredStartupParameters names of start-up parameters that are dropped instead of applied; {@code options} stands
 *     for all that clients give in {@code options}
 * @param trackedStartupParameters names of those that are applied all the same
 */
public record ClientsConfig(
        boolean applicationNameAddHost,
        String loginNotice,
        boolean simpleQueries,
        List<String> ignoredStartupParameters,
        List<String> trackedStartupParameters) {

    /** Those that are applied whatever is ignored, as PgBouncer tracks them: clients rely on what they are told of them. */
    private static final Set<String> ALWAYS_APPLIED =
            Set.of("client_encoding", "datestyle", "timezone", "standard_conforming_strings", "application_name");

    /** {@code options} as a name of what is ignored. */
    private static final String OPTIONS = "options";

    /** Names as they are given, no notice, queries of both kinds. */
    public static final ClientsConfig DEFAULT = new ClientsConfig(false, "", true, List.of(), List.of("intervalstyle"));

    public ClientsConfig {
        ignoredStartupParameters = names(ignoredStartupParameters);
        trackedStartupParameters = names(trackedStartupParameters);
    }

    /** Names of parameters are the same in any letters. */
    private static List<String> names(List<String> given) {
        return given.stream()
                .map(name -> name.toLowerCase(Locale.ROOT))
                .distinct()
                .toList();
    }

    /**
     * Whether a start-up parameter of a client is dropped.
     *
     * @param name in any letters
     * @param inOptions whether it is given within {@code options}
     */
    public boolean ignores(String name, boolean inOptions) {
        if (ignoredStartupParameters.isEmpty()) {
            return false;
        }
        String known = name.toLowerCase(Locale.ROOT);
        return !ALWAYS_APPLIED.contains(known)
                && !trackedStartupParameters.contains(known)
                && (ignoredStartupParameters.contains(known)
                        || (inOptions && ignoredStartupParameters.contains(OPTIONS)));
    }

    void check(Problems problems) {
        problems.require(
                loginNotice.indexOf('\0') < 0, "clients.loginNotice", "a text with a NUL", "a text without one");
    }
}
