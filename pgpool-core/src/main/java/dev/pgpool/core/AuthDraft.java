package dev.pgpool.core;

import dev.pgpool.core.auth.Authenticator;
import dev.pgpool.core.auth.ClientAuthentication;
import dev.pgpool.core.auth.CredentialStore;
import dev.pgpool.core.config.AuthConfig;
import dev.pgpool.core.config.AuthQueryConfig;
import dev.pgpool.core.config.LdapConfig;
import java.nio.file.Path;
import java.util.Optional;

/** How clients prove who they are, as far as a {@link PgPoolBuilder} has been told. Not checked. */
final class AuthDraft {
    ClientAuthentication authentication = ClientAuthentication.SCRAM_SHA_256;
    boolean trustKnownUsersOnly;
    Optional<Path> hbaFile = Optional.empty();
    Optional<Path> identFile = Optional.empty();
    CredentialStore credentials = CredentialStore.empty();
    Optional<AuthQueryConfig> authQuery = Optional.empty();
    Optional<LdapConfig> ldap = Optional.empty();
    Optional<Authenticator> authenticator = Optional.empty();
    boolean authenticatorWithoutTls;

    AuthConfig build() {
        return new AuthConfig(
                authentication,
                trustKnownUsersOnly,
                hbaFile,
                identFile,
                credentials,
                authQuery,
                ldap,
                authenticator,
                authenticatorWithoutTls);
    }
}
