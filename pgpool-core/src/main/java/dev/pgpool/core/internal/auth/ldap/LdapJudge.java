package dev.pgpool.core.internal.auth.ldap;

import dev.pgpool.core.auth.Authenticator;
import dev.pgpool.core.config.LdapConfig;
import dev.pgpool.core.internal.log.LogLine;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import javax.naming.AuthenticationException;
import javax.naming.NamingException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Judges passwords by logging in to a directory with them. Blocks for a few seconds at most for each server and question.
 * Whatever goes wrong is a refusal.
 */
public final class LdapJudge implements Authenticator {
    private static final Logger LOGGER = LoggerFactory.getLogger(LdapJudge.class);

    private final LdapConfig directory;

    public LdapJudge(LdapConfig directory) {
        this.directory = directory;
    }

    @Override
    public CompletionStage<Verdict> authenticate(Request request) {
        try {
            judge(request.user(), request.password());
            return CompletableFuture.completedStage(Verdict.accept());
        } catch (LdapRefusal e) {
            String reason = String.valueOf(e.getMessage());
            if (e.isOfTheDirectory()) {
                LogLine.warn(LOGGER, "LDAP login failed")
                        .with("user", request.user())
                        .with("error", reason)
                        .write();
            }
            return CompletableFuture.completedStage(Verdict.reject(reason));
        }
    }

    private void judge(String user, String password) throws LdapRefusal {
        String entry = directory.isSearch() ? find(user) : LdapText.entry(directory, user);
        if (entry.isEmpty() || password.isEmpty()) {
            // an anonymous login would succeed
            throw new LdapRefusal("LDAP login without a name or a password", false);
        }
        Asked asked = connect();
        try (LdapConnection connection = asked.connection) {
            connection.bind(entry, password);
        } catch (AuthenticationException e) {
            throw new LdapRefusal(
                    "LDAP login failed for user \"" + entry + "\" on server \"" + asked.server + "\": " + words(e),
                    false);
        } catch (NamingException e) {
            throw new LdapRefusal(
                    "LDAP login failed for user \"" + entry + "\" on server \"" + asked.server + "\": " + words(e),
                    true);
        }
    }

    /** A connection, and to whom. */
    private record Asked(LdapConnection connection, String server) {}

    private Asked connect() throws LdapRefusal {
        LdapRefusal failure = null;
        for (String server : directory.servers()) {
            try {
                return new Asked(LdapConnection.open(directory, server), server);
            } catch (NamingException | IOException e) {
                failure = new LdapRefusal(
                        "could not connect to LDAP server \"" + server + "\": " + words(e)
                                + (failure == null ? "" : "; " + failure.getMessage()),
                        true);
            }
        }
        throw failure == null ? new LdapRefusal("no LDAP server is known", true) : failure;
    }

    /** The name of the user's entry. */
    private String find(String user) throws LdapRefusal {
        String filter = LdapText.filter(directory, user);
        List<String> found;
        Asked asked = connect();
        try (LdapConnection connection = asked.connection) {
            beforeSearch(asked);
            found = connection.search(directory, filter);
        } catch (NamingException e) {
            throw new LdapRefusal(
                    "could not search LDAP for filter \"" + filter + "\" on server \"" + asked.server + "\": "
                            + words(e),
                    true);
        }
        if (found.size() == 1) {
            return found.get(0);
        }
        throw new LdapRefusal(
                "LDAP user \"" + user + "\" " + (found.isEmpty() ? "does not exist" : "is not unique")
                        + ": search for filter \"" + filter + "\" on server \"" + asked.server + "\"",
                !found.isEmpty());
    }

    private void beforeSearch(Asked asked) throws LdapRefusal {
        String as = directory.bindDn().orElse("");
        String password = directory.bindPassword().orElse("");
        if (as.isEmpty() && password.isEmpty()) {
            // anonymously, which needs no bind
            return;
        }
        try {
            if (as.isEmpty() || password.isEmpty()) {
                throw new AuthenticationException("ldapbinddn and ldapbindpasswd go together");
            }
            asked.connection.bind(as, password);
        } catch (NamingException e) {
            throw new LdapRefusal(
                    "could not perform initial LDAP bind for ldapbinddn \"" + as + "\" on server \"" + asked.server
                            + "\": " + words(e),
                    true);
        }
    }

    private static String words(Exception problem) {
        Throwable cause = problem instanceof NamingException naming ? naming.getRootCause() : null;
        return words((Throwable) problem) + (cause == null ? "" : " (" + words(cause) + ")");
    }

    private static String words(@Nullable Throwable problem) {
        return problem == null
                ? ""
                : problem.getMessage() == null ? problem.getClass().getSimpleName() : problem.getMessage();
    }
}
