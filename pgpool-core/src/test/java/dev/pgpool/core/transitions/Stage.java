package dev.pgpool.core.transitions;

import dev.pgpool.core.auth.CredentialStore;
import dev.pgpool.core.fixture.TestPki;
import dev.pgpool.core.fixture.TestPostgres;
import dev.pgpool.core.fixture.Toxics;
import io.netty.pkitesting.X509Bundle;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What all scenes have in common: servers, an authority, secrets. */
final class Stage implements AutoCloseable {
    /** The database, its owner, and most clients. */
    static final String APP = TestPostgres.USER;

    /** The operator. */
    static final String BOSS = "boss";

    /** A user whose secret only the auth query knows. */
    static final String LOOKED = "looked";

    static final String SECRET = "secret";

    /** Advisory lock that the auth query waits for. */
    static final int LOCK = 4_711;

    final Path directory;
    final TestPki pki;
    final TestPki otherPki;
    final Path root;
    final Path otherRootFile;
    final TestPki.Issued server;
    final TestPki.Issued client;
    final TestPki.Issued stranger;
    private final TestPki.Issued renewed;
    final TestPostgres postgres;
    final TestPostgres standby;
    final TestPostgres older = TestPostgres.shared(15);
    final CredentialStore store = CredentialStore.of(Map.of(APP, SECRET, BOSS, SECRET));

    private @Nullable Toxics network;

    Stage(Path directory) {
        this.directory = directory;
        this.pki = new TestPki(directory, "authority");
        this.otherPki = new TestPki(directory, "other");
        this.root = pki.trust();
        this.otherRootFile = otherPki.trust();
        this.server = pki.localhost();
        this.stranger = pki.client("CN=stranger");
        this.renewed = pki.localhost();
        this.client = pki.client("CN=" + APP);
        Map<String, String> settings = new HashMap<>();
        settings.put("ssl", "on");
        settings.put("ssl_cert_file", server.certificate().toString());
        settings.put("ssl_key_file", server.key().toString());
        settings.put("ssl_ca_file", pki.trust().toString());
        this.postgres = TestPostgres.fresh(18, settings);
        postgres.execute(
                "CREATE ROLE " + LOOKED + " LOGIN",
                "CREATE TABLE secrets(u text, p text)",
                "INSERT INTO secrets VALUES ('" + LOOKED + "', '" + SECRET + "')",
                "CREATE FUNCTION slow_secret(name text) RETURNS TABLE(u text, p text) LANGUAGE plpgsql AS $$ BEGIN"
                        + " PERFORM pg_advisory_xact_lock(" + LOCK + ");"
                        + " RETURN QUERY SELECT s.u, s.p FROM public.secrets s WHERE s.u = name; END $$");
        this.standby = postgres.standby();
    }

    /** Another certificate of ours. */
    TestPki.Issued renewed() {
        return renewed;
    }

    /** The authority that nothing comes from. */
    X509Bundle otherRoot() {
        return otherPki.root();
    }

    /** What lies between the pooler and the server, for scenes that want to stop or watch it. */
    Toxics network() {
        Toxics known = network;
        if (known == null) {
            known = Toxics.before(postgres.address());
            network = known;
        }
        return known;
    }

    @Override
    public void close() {
        if (network != null) {
            network.close();
        }
        standby.close();
        postgres.close();
    }
}
