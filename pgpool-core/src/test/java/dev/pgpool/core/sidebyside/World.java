package dev.pgpool.core.sidebyside;

import dev.pgpool.core.fixture.TestPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What is around the poolers.
 *
 * @param postgres the server
 * @param role a role of the server with the password {@code secret}, which the server asks for by SCRAM and whom no file of the poolers knows
 */
record World(TestPostgres postgres, String role) {
    static final String SECRET = "secret";

    static World create() {
        TestPostgres postgres = TestPostgres.shared(18);
        return new World(postgres, postgres.createRole("scram-sha-256", SECRET));
    }

    String server() {
        return "host=" + postgres.host() + " port=" + postgres.port();
    }

    /** The files that an ini may name. */
    void writeFiles(Path directory) throws IOException {
        String verifier = postgres.query("SELECT rolpassword FROM pg_authid WHERE rolname = '" + role + "'")
                .get(0);
        String md5 = postgres.query("SELECT 'md5' || md5('secrethashed')").get(0);
        Files.write(
                directory.resolve("users.txt"),
                List.of(
                        "\"app\" \"\"",
                        "\"boss\" \"\"",
                        "\"watcher\" \"\"",
                        "\"postgres\" \"\"",
                        "\"plain\" \"secret\"",
                        "\"hashed\" \"" + md5 + "\"",
                        "\"verified\" \"" + verifier + "\"",
                        "\"limited\" \"\""));
        Files.write(
                directory.resolve("hba"),
                List.of(
                        "host all plain 127.0.0.1/32 md5",
                        "host all verified all scram-sha-256",
                        "host all hashed 127.0.0.1/32 password",
                        "host all app 10.0.0.0/8 trust",
                        "host all app 127.0.0.1/32 reject",
                        "host forced boss 127.0.0.1/32 trust"));
    }
}
