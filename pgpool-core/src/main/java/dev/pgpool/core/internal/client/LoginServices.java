package dev.pgpool.core.internal.client;

import dev.pgpool.core.internal.auth.hba.RuleFiles;
import dev.pgpool.core.internal.secrets.Secrets;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * What logins share.
 *
 * @param secrets the secrets of users
 * @param rules how a client has to prove who it is; null if that is the same for all clients
 * @param blocking threads that may block: the host's authenticator is called there
 * @param directories threads that ask LDAP directories
 */
public record LoginServices(Secrets secrets, @Nullable RuleFiles rules, Executor blocking, Executor directories) {}
