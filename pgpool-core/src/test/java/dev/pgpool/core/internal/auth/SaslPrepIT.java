package dev.pgpool.core.internal.auth;

import static org.assertj.core.api.Assertions.assertThat;

import com.ongres.stringprep.Tables;
import dev.pgpool.core.auth.Credential;
import dev.pgpool.core.fixture.OnEveryPostgres;
import dev.pgpool.core.fixture.TestPostgres;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Passwords are prepared as PostgreSQL prepares them: what it stores is the judge. */
@OnEveryPostgres
class SaslPrepIT {
    private static final int FIRST_WITH_SCRAM_ITERATIONS = 16;
    private static final int SAMPLES_OF_OLD = 300;

    private final TestPostgres postgres;
    private final Random random = new Random(7);

    SaslPrepIT(TestPostgres postgres) {
        this.postgres = postgres;
    }

    @Test
    void theServerDerivesTheSameKeys() throws SQLException {
        List<String> passwords = passwords();
        boolean fast = postgres.version() >= FIRST_WITH_SCRAM_ITERATIONS;
        if (!fast) {
            // each costs 4096 iterations on both sides
            passwords = passwords.subList(0, SAMPLES_OF_OLD);
        }
        String role = TestPostgres.uniqueName("prep");
        KeyDeriver deriver = KeyDeriver.SHARED;
        List<String> different = new ArrayList<>();
        try (Connection connection = postgres.superuser();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE ROLE " + role);
            statement.execute("SET password_encryption = 'scram-sha-256'");
            if (fast) {
                statement.execute("SET scram_iterations = 1");
            }
            for (String password : passwords) {
                statement.execute("ALTER ROLE " + role + " PASSWORD '" + password.replace("'", "''") + "'");
                Credential.ScramVerifier stored = stored(statement, role);
                ScramKeys ours =
                        deriver.derive(password, Base64.getDecoder().decode(stored.salt()), stored.iterations());
                if (!ours.sameServerKey(ScramKeys.ofVerifier(stored))) {
                    different.add(written(password));
                }
            }
            statement.execute("DROP ROLE " + role);
        }
        assertThat(different).isEmpty();
    }

    private static Credential.ScramVerifier stored(Statement statement, String role) throws SQLException {
        try (ResultSet row =
                statement.executeQuery("SELECT rolpassword FROM pg_authid WHERE rolname = '" + role + "'")) {
            row.next();
            return (Credential.ScramVerifier) Credential.parse(role, row.getString(1));
        }
    }

    /** Both ends of every range of the tables, their neighbours, and mixtures of them; in random order. */
    private List<String> passwords() {
        int[] ends = Stream.of(
                        SaslPrepTables.SPACES,
                        SaslPrepTables.NOTHING,
                        SaslPrepTables.PROHIBITED,
                        SaslPrepTables.RIGHT_TO_LEFT,
                        SaslPrepTables.LEFT_TO_RIGHT)
                .flatMapToInt(CodePoints::bounds)
                .flatMap(c -> IntStream.rangeClosed(c - 1, c + 1))
                .filter(c -> c > 0 && c <= Character.MAX_CODE_POINT && (c < 0xD800 || c > 0xDFFF))
                .distinct()
                .toArray();
        List<String> passwords = new ArrayList<>(List.of("pass\u00adword", "\u00ad", "\u2168", "\u00aa", "pa\u0308ss"));
        for (int end : ends) {
            passwords.add("a" + Character.toString(end) + "b");
            passwords.add(Character.toString(end));
        }
        for (int i = 0; i < 2_000; i++) {
            StringBuilder mixture = new StringBuilder();
            for (int length = 1 + random.nextInt(4); length > 0; length--) {
                mixture.appendCodePoint(
                        random.nextInt(4) == 0 ? 'a' + random.nextInt(26) : ends[random.nextInt(ends.length)]);
            }
            passwords.add(mixture.toString());
        }
        Collections.shuffle(passwords, random);
        return passwords;
    }

    /** The tables are those that the library of other drivers has. */
    @Test
    void tablesAreThoseOfTheStandard() {
        IntStream.rangeClosed(0, Character.MAX_CODE_POINT).forEach(c -> {
            boolean prohibited = Tables.prohibitionNonAsciiSpace(c)
                    || Tables.prohibitionAsciiControl(c)
                    || Tables.prohibitionNonAsciiControl(c)
                    || Tables.prohibitionPrivateUse(c)
                    || Tables.prohibitionNonCharacterCodePoints(c)
                    || Tables.prohibitionSurrogateCodes(c)
                    || Tables.prohibitionInappropriatePlainText(c)
                    || Tables.prohibitionInappropriateCanonicalRepresentation(c)
                    || Tables.prohibitionChangeDisplayProperties(c)
                    || Tables.prohibitionTaggingCharacters(c)
                    || Tables.unassignedCodePoints(c);
            if (SaslPrepTables.SPACES.contains(c) != Tables.prohibitionNonAsciiSpace(c)
                    || SaslPrepTables.NOTHING.contains(c) != Tables.mapToNothing(c)
                    || SaslPrepTables.PROHIBITED.contains(c) != prohibited
                    || SaslPrepTables.RIGHT_TO_LEFT.contains(c) != Tables.bidirectionalPropertyRorAL(c)
                    || SaslPrepTables.LEFT_TO_RIGHT.contains(c) != Tables.bidirectionalPropertyL(c)) {
                throw new AssertionError("U+" + Integer.toHexString(c));
            }
        });
    }

    private static String written(String text) {
        StringBuilder written = new StringBuilder();
        text.codePoints()
                .forEach(
                        c -> written.append("U+").append(Integer.toHexString(c)).append(' '));
        return written.toString();
    }
}
