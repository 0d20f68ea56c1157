package dev.pgpool.core.config;

import dev.pgpool.core.auth.Authenticator;
import dev.pgpool.core.auth.ClientAuthentication;
import dev.pgpool.core.auth.CredentialStore;
import java.nio.file.Path;
import java.util.Optional;

/**
 * How clients prove who they are, and where secrets come from.
 *
 * @param method how all clients prove who they are, unless there is an hba file
 * @param trustKnownUsersOnly whether {@link ClientAuthentication#TRUST} lets in only users that {@code credentials} or
 *     {@code query} know, PgBouncer's way
 * @param hbaFile rules in the format of {@code pg_hba.conf}, which choose the method for each client
 * @param identFile user maps in the format of {@code pg_ident.conf}; only with {@code hbaFile}
 * @param credentials knows the secrets of users
 * @param query asks the server for the secrets that {@code credentials} does not know; databases may have their own
 * @param ldap the directory that the method {@link ClientAuthentication#LDAP} asks; rules of an hba file name their own
 * @param authenticator the host's own, for the method {@link ClientAuthentication#AUTHENTICATOR}
 * @param authenticatorWithoutTls whether clients may send what it judges over TCP without TLS
 */
public record AuthConfig(
        ClientAuthentication method,
        boolean trustKnownUsersOnly,
        Optional<Path> hbaFile,
        Optional<Path> identFile,
        CredentialStore credentials,
        Optional<AuthQueryConfig> query,
        Optional<LdapConfig> ldap,
        Optional<Authenticator> authenticator,
        boolean authenticatorWithoutTls) {

    void check(Problems problems) {
        problems.require(
                identFile.isEmpty() || hbaFile.isPresent(),
                "auth.identFile",
                identFile.map(Path::toString).orElse(""),
                "none without an hbaFile, whose rules name the maps");
        problems.require(
                method != ClientAuthentication.AUTHENTICATOR || authenticator.isPresent(),
                "auth.method",
                method,
                "an authenticator with it");
        problems.require(
                method != ClientAuthentication.LDAP || ldap.isPresent(),
                "auth.method",
                method,
                "a directory with it: ldap");
        ldap.ifPresent(directory -> directory.check("auth.ldap", problems));
        query.ifPresent(auth -> auth.check("auth.query", problems));
    }
}
