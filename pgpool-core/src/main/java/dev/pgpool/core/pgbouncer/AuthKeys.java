package dev.pgpool.core.pgbouncer;

import dev.pgpool.core.PgPoolBuilder;
import dev.pgpool.core.auth.ClientAuthentication;
import dev.pgpool.core.auth.CredentialStore;
import dev.pgpool.core.config.AuthQueryBuilder;
import dev.pgpool.core.config.AuthQueryConfig;
import dev.pgpool.core.config.LdapBuilder;
import dev.pgpool.core.config.LdapConfig;
import dev.pgpool.core.config.PgPoolConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/** The keys {@code auth_*}. */
final class AuthKeys {
    private static final String KNOWN = "one of any, trust, plain, md5, scram-sha-256, cert, ldap, hba";

    /** Every client is let in, as the user of the database. */
    private static final String ANY = "any";

    private AuthKeys() {}

    private static String type(IniSettings settings) {
        return settings.text("auth_type", "md5").toLowerCase(Locale.ROOT);
    }

    /** Whether every database must have a user of its own. */
    static boolean needsUsers(IniSettings settings) {
        return type(settings).equals(ANY);
    }

    /** @param stores makes the store of a file, or gives the one that was made for it before */
    static void apply(IniSettings settings, PgPoolBuilder builder, Function<Path, CredentialStore> stores) {
        settings.file("auth_file").ifPresent(file -> {
            if (Files.isReadable(file)) {
                builder.credentials(stores.apply(file));
            } else {
                settings.problem("auth_file", "a file that this process may read");
            }
        });
        String type = type(settings);
        // as there, a user has to exist, whatever it has to prove
        builder.trustKnownUsersOnly(!type.equals(ANY));
        switch (type) {
            case "trust" -> builder.clientAuthentication(ClientAuthentication.TRUST);
            case "plain" -> builder.clientAuthentication(ClientAuthentication.PASSWORD);
            case "md5" -> builder.clientAuthentication(ClientAuthentication.MD5);
            case "scram-sha-256" -> builder.clientAuthentication(ClientAuthentication.SCRAM_SHA_256);
            case "cert" -> builder.clientAuthentication(ClientAuthentication.CERT);
            case "hba" -> hba(settings, builder);
            case ANY -> builder.clientAuthentication(ClientAuthentication.TRUST).everybodyIsAdmin(true);
            case "ldap" -> ldap(settings, builder);
            case "pam" ->
                settings.problem(
                        "auth_type", KNOWN + "; Java has no way to PAM, which a host's Authenticator may have");
            default -> settings.problem("auth_type", KNOWN);
        }
    }

    private static void ldap(IniSettings settings, PgPoolBuilder builder) {
        Optional<String> options = settings.text("auth_ldap_options");
        if (options.isEmpty()) {
            settings.problem("auth_type", "auth_ldap_options with it");
            return;
        }
        try {
            LdapConfig directory = new LdapBuilder().options(options.get()).build();
            if (directory.problems().isEmpty()) {
                builder.ldap(description -> description.options(options.get()));
            }
            directory.problems().forEach(problem -> settings.secretProblem("auth_ldap_options", problem));
        } catch (IllegalArgumentException e) {
            settings.secretProblem("auth_ldap_options", String.valueOf(e.getMessage()));
        }
    }

    private static void hba(IniSettings settings, PgPoolBuilder builder) {
        Optional<Path> rules = settings.file("auth_hba_file");
        if (rules.isEmpty()) {
            settings.problem("auth_type", "auth_hba_file with it");
        } else if (!Files.isReadable(rules.get())) {
            settings.problem("auth_hba_file", "a file that this process may read");
        } else {
            builder.hbaFile(rules.get());
            settings.file("auth_ident_file").ifPresent(maps -> {
                if (Files.isReadable(maps)) {
                    builder.identFile(maps);
                } else {
                    settings.problem("auth_ident_file", "a file that this process may read");
                }
            });
        }
    }

    /**
     * The query for all databases, and for the users of the console.
     *
     * @param needed whether an entry goes by it; else one that could find no user is left alone, as in PgBouncer
     */
    static void queryForAll(IniSettings all, PgPoolBuilder builder, boolean needed) {
        all.text("auth_dbname")
                .filter(PgPoolConfig::isConsole)
                .ifPresent(name -> all.problem(
                        "auth_dbname",
                        "a database: cannot use the reserved \"" + name + "\" database as an auth_dbname"));
        if (needed || all.text("auth_query", AuthQueryConfig.DEFAULT_QUERY).contains("$1")) {
            query(all, all).ifPresent(builder::authQuery);
        }
    }

    /** Whether an entry of a database says something of it; else the one for all databases serves. */
    static boolean hasOwnQuery(IniSettings own) {
        return own.has("auth_user") || own.has("auth_query") || own.has("auth_dbname");
    }

    /** The query that asks a database's servers for secrets; only where an {@code auth_user} is named. */
    static Optional<Consumer<AuthQueryBuilder>> query(IniSettings all, IniSettings own) {
        Optional<String> user = own.text("auth_user").or(() -> all.text("auth_user"));
        return user.map(name -> query -> {
            query.user(name);
            own.text("auth_query").or(() -> all.text("auth_query")).ifPresent(query::query);
            // as there, a database that can't be asked is an error of the logins that need it
            own.text("auth_dbname")
                    .or(() -> all.text("auth_dbname"))
                    .ifPresent(database -> query.database(database).failAtLogin(true));
        });
    }
}
