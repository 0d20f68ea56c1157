package dev.pgpool.core.auth;

import java.net.SocketAddress;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Judges a client by the password or token that it sends: the host's own authentication. Asked once for each login by
 * the method {@link ClientAuthentication#AUTHENTICATOR}.
 *
 * <p>The client sends the password in clear, so the method is refused on TCP without TLS, unless {@code
 * PgPoolBuilder.authenticatorWithoutTls} allows it.
 *
 * <p>Called on a thread that is there for it, never on an event loop: an implementation may block, and it may complete
 * the stage later and on any thread. Whatever it throws, a stage that fails, and null are refusals. A login that takes
 * too long ends by {@code loginTimeout}, whatever the implementation does; what it says afterwards is ignored.
 */
@FunctionalInterface
public interface Authenticator {

    /** Judges a login. */
    CompletionStage<Verdict> authenticate(Request request);

    /**
     * A client wants to log in.
     *
     * @param user who the client says it is
     * @param database the database that it asked for, by the name that clients use
     * @param remote where it comes from; an address of a unix socket says nothing
     * @param encrypted whether the connection has TLS
     * @param applicationName as the client says, empty if it does not
     * @param password the password or token that it sent, not empty
     */
    record Request(
            String user,
            String database,
            SocketAddress remote,
            boolean encrypted,
            String applicationName,
            String password) {
        @Override
        public String toString() {
            return "Request[user=" + user + ", database=" + database + ", remote=" + remote + ", encrypted=" + encrypted
                    + ", applicationName=" + applicationName + ", password=<redacted>]";
        }
    }

    /** What becomes of a login. */
    sealed interface Verdict {

        /**
         * Lets the client in; servers are logged in to as configured: as the user of the database or else the client's
         * own, with the secret that the {@link CredentialStore} or the database's auth query has for that user.
         */
        static Verdict accept() {
            return new Accepted(Optional.empty(), Optional.empty());
        }

        /**
         * Lets the client in as a user of the server, whatever the user of the database is. All clients that are let in
         * as this user share a pool, and its new server connections use the credential that was given last.
         *
         * @param serverUser the user for server connections
         * @param credential the user's secret; null if the {@link CredentialStore} knows it or the server does not ask
         */
        static Verdict acceptAs(String serverUser, @Nullable Credential credential) {
            UserNames.check(serverUser);
            return new Accepted(Optional.of(serverUser), Optional.ofNullable(credential));
        }

        /**
         * Refuses the client, which is told no more than that its password is wrong.
         *
         * @param reason for the log; no secret
         */
        static Verdict reject(String reason) {
            return new Rejected(reason);
        }
    }

    /**
     * The client is let in; see {@link Verdict#accept} and {@link Verdict#acceptAs}.
     *
     * @param serverUser the user for server connections, if the authenticator chose one
     * @param credential the user's secret, if the authenticator gave one; only with a user
     */
    record Accepted(Optional<String> serverUser, Optional<Credential> credential) implements Verdict {
        public Accepted {
            if (credential.isPresent() && serverUser.isEmpty()) {
                throw new IllegalArgumentException(
                        "a credential without a server user (expected: both, or no credential)");
            }
        }
    }

    /**
     * The client is not let in.
     *
     * @param reason for the log
     */
    record Rejected(String reason) implements Verdict {}
}
