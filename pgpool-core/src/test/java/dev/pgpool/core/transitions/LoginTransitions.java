package dev.pgpool.core.transitions;

import static dev.pgpool.core.transitions.Transition.change;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pgpool.core.auth.Authenticator;
import dev.pgpool.core.auth.ClientAuthentication;
import dev.pgpool.core.auth.CredentialStore;
import dev.pgpool.core.fixture.TestPooler;
import dev.pgpool.core.fixture.YesDirectory;
import dev.pgpool.core.transitions.Scene.Login;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** How clients prove who they are. */
final class LoginTransitions {
    private static final String OUTDATED = "the configuration changed while user \"app\" logged in";

    /** These go when the JVM goes. */
    static final YesDirectory DIRECTORY = new YesDirectory(Stage.SECRET);

    static final YesDirectory OTHER_DIRECTORY = new YesDirectory("other");
    private static final Authenticator ONE = judge(Stage.SECRET);
    private static final Authenticator OTHER = judge("other");

    private LoginTransitions() {}

    static List<Transition> all() {
        return List.of(
                change("pooler.clientAuthentication")
                        .after((stage, told) -> told.pooler(b -> b.clientAuthentication(ClientAuthentication.MD5)))
                        .asked(Outcome.refused(OUTDATED)),
                change("pooler.clientAuthentication", "trust before")
                        .before((stage, told) -> told.pooler(b -> b.clientAuthentication(ClientAuthentication.TRUST)))
                        .login(Login.CONNECTED, wrong())
                        .login(Login.ENCRYPTED, wrong())
                        .login(Login.LOOKING, Outcome.NONE),
                change("pooler.clientAuthentication", "trust after")
                        .after((stage, told) -> told.pooler(b -> b.clientAuthentication(ClientAuthentication.TRUST)))
                        .login(Login.CONNECTED, Outcome.inBy("whatever"))
                        .login(Login.LOOKING, Outcome.inBy("whatever")),
                change("pooler.clientAuthentication", "reject after")
                        .after((stage, told) -> told.pooler(b -> b.clientAuthentication(ClientAuthentication.REJECT)))
                        .logins(Outcome.refused("28000")),
                change("pooler.trustKnownUsersOnly")
                        .before((stage, told) -> told.pooler(b -> b.clientAuthentication(ClientAuthentication.TRUST)))
                        .after((stage, told) -> told.pooler(b -> b.clientAuthentication(ClientAuthentication.TRUST)
                                .trustKnownUsersOnly(true)))
                        .login(Login.LOOKING, Outcome.NONE)
                        .seen(scene -> {
                            assertThat(scene.refusal("nobody_knows", Stage.APP, ""))
                                    .contains("\"trust\" authentication failed");
                            assertThat(scene.refusal(Stage.LOOKED, Stage.APP, ""))
                                    .contains("Authentication 0");
                        }),
                change("pooler.credentials")
                        .after((stage, told) -> told.pooler(b -> b.credentials(
                                CredentialStore.of(Map.of(Stage.APP, "other", Stage.BOSS, Stage.SECRET)))))
                        .login(Login.CONNECTED, Outcome.inBy("other"))
                        .login(Login.ENCRYPTED, wrong())
                        .asked(Outcome.refused(OUTDATED)),
                change("pooler.hbaFile")
                        .before((stage, told) -> told.pooler(b -> b.hbaFile(file(stage, "a.hba", SCRAM))))
                        .after((stage, told) ->
                                told.pooler(b -> b.hbaFile(file(stage, "b.hba", "host all all all reject"))))
                        .logins(Outcome.refused("pg_hba.conf rejects")),
                change("pooler.hbaFile", "changed in place")
                        .before((stage, told) -> told.pooler(b -> b.hbaFile(file(stage, "c.hba", SCRAM))))
                        .after((stage, told) ->
                                told.pooler(b -> b.hbaFile(file(stage, "c.hba", "host all looked all reject", SCRAM))))
                        .login(Login.LOOKING, Outcome.refused("pg_hba.conf rejects")),
                change("pooler.hbaFile", "broken in place")
                        .before((stage, told) -> told.pooler(b -> b.hbaFile(file(stage, "d.hba", SCRAM))))
                        .after((stage, told) -> told.pooler(b -> b.hbaFile(file(stage, "d.hba", "host all all"))))
                        .refused("d.hba:1: "),
                change("pooler.identFile")
                        .before((stage, told) -> mapped(stage, told, "m app app"))
                        .after((stage, told) -> mapped(stage, told, "m somebody app"))
                        // the other one is in by then: its certificate was enough
                        .login(Login.ENCRYPTED, Outcome.refused("certificate authentication failed")),
                change("pooler.authQuery")
                        .after((stage, told) -> told.pooler(b -> b.authQuery(query -> query.user("postgres")
                                .database(Stage.APP)
                                .query("SELECT $1::text, 'found by another'::text"))))
                        .login(Login.LOOKING, Outcome.inBy("found by another")),
                change("database.authQuery")
                        .after((stage, told) -> told.app(db -> db.authQuery(
                                query -> query.user("postgres").query("SELECT $1::text, 'found by another'::text"))))
                        .login(Login.LOOKING, Outcome.inBy("found by another")),
                change("authQuery.user")
                        .after((stage, told) -> told.authQuery(query -> query.user("nobody_of_this_name")))
                        .login(Login.LOOKING, Outcome.refused("could not look up the credential")),
                change("authQuery.password")
                        .before((stage, told) -> asker(stage, told).authQuery(query -> query.password(ASKER)))
                        .after((stage, told) -> asker(stage, told).authQuery(query -> query.password("wrong")))
                        .login(Login.LOOKING, Outcome.refused("could not look up the credential")),
                change("authQuery.database")
                        .after((stage, told) -> told.pooler(
                                        b -> b.database("postgres", db -> TestPooler.at(db, stage.postgres)))
                                .authQuery(query ->
                                        query.database("postgres").query("SELECT $1::text, current_database()::text")))
                        .login(Login.LOOKING, Outcome.inBy("postgres")),
                change("authQuery.failAtLogin")
                        .after((stage, told) -> told.authQuery(
                                query -> query.database("not_served").failAtLogin(true)))
                        .login(Login.LOOKING, Outcome.refused("could not look up the credential")),
                change("authQuery.query")
                        .after((stage, told) ->
                                told.authQuery(query -> query.query("SELECT $1::text, 'changed'::text")))
                        .login(Login.LOOKING, Outcome.inBy("changed")),
                change("authQuery.timeout")
                        .after((stage, told) -> told.authQuery(query -> query.timeout(Duration.ofMillis(300))))
                        .early(scene -> assertThat(scene.refusal(Stage.LOOKED, Stage.APP, Stage.SECRET))
                                .contains("58000")),
                change("authQuery.maxConnections")
                        .before((stage, told) -> told.authQuery(query -> query.maxConnections(1)))
                        .after((stage, told) -> told.authQuery(query -> query.maxConnections(2)))
                        .early(scene -> {
                            // one of the old query, two of the new: the third of those has to wait
                            for (String user : List.of(Stage.LOOKED, "another", "a third")) {
                                scene.connect().startup(user, Stage.APP);
                            }
                            await().until(() -> scene.stage
                                    .postgres
                                    .query("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
                                    .equals(List.of("3")));
                        }),
                change("pooler.ldap")
                        .before((stage, told) -> asking(told, DIRECTORY))
                        .after((stage, told) -> asking(told, OTHER_DIRECTORY))
                        .login(Login.CONNECTED, Outcome.inBy("other"))
                        .login(Login.ENCRYPTED, new Outcome("wrong", "LDAP authentication failed", false))
                        .asked(Outcome.refused(OUTDATED))
                        .login(Login.LOOKING, Outcome.NONE),
                change("pooler.authenticator")
                        .before((stage, told) -> judged(told, ONE, true))
                        .after((stage, told) -> judged(told, OTHER, true))
                        .login(Login.CONNECTED, Outcome.inBy("other"))
                        .login(Login.ENCRYPTED, wrong())
                        .asked(Outcome.refused(OUTDATED))
                        .login(Login.LOOKING, Outcome.NONE),
                change("pooler.authenticatorWithoutTls")
                        .before((stage, told) -> judged(told, ONE, true))
                        .after((stage, told) -> judged(told, ONE, false))
                        .login(Login.CONNECTED, Outcome.refused("needs an encrypted connection"))
                        .login(Login.ASKED, Outcome.refused("needs an encrypted connection"))
                        .login(Login.LOOKING, Outcome.NONE));
    }

    private static final String SCRAM = "host all all all scram-sha-256";
    private static final String ASKER = "the asker's";

    private static Outcome wrong() {
        return new Outcome("wrong", "28P01", false);
    }

    private static Authenticator judge(String password) {
        return request -> CompletableFuture.completedFuture(
                request.password().equals(password)
                        ? Authenticator.Verdict.accept()
                        : Authenticator.Verdict.reject("not " + password.length() + " characters of the right kind"));
    }

    private static void asking(Told told, YesDirectory directory) {
        told.pooler(b ->
                b.ldap(ldap -> ldap.servers("127.0.0.1").port(directory.port()).prefix("uid=")));
    }

    private static void judged(Told told, Authenticator by, boolean withoutTls) {
        told.pooler(b -> b.authenticator(by).authenticatorWithoutTls(withoutTls));
    }

    private static Path file(Stage stage, String name, String... lines) {
        try {
            return Files.write(stage.directory.resolve(name), List.of(lines));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void mapped(Stage stage, Told told, String line) {
        told.pooler(b -> b.hbaFile(file(stage, "e.hba", "hostssl all all all cert map=m", SCRAM))
                .identFile(file(stage, "e.ident", line)));
    }

    /** The one who asks has to show a password. */
    private static Told asker(Stage stage, Told told) {
        if (stage.postgres
                .query("SELECT 1 FROM pg_roles WHERE rolname = 'asker'")
                .isEmpty()) {
            stage.postgres.execute("CREATE ROLE asker LOGIN SUPERUSER PASSWORD '" + ASKER.replace("'", "''") + "'");
            stage.postgres.addHbaEntry("host all asker all scram-sha-256");
        }
        return told.authQuery(query -> query.user("asker"));
    }
}
