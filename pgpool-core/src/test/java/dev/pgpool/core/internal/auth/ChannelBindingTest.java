package dev.pgpool.core.internal.auth;

import static dev.pgpool.core.internal.auth.Steps.saslInitial;
import static dev.pgpool.core.internal.auth.Steps.text;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.ongres.scram.client.ScramClient;
import com.ongres.scram.common.StringPreparation;
import dev.pgpool.core.auth.ClientAuthentication;
import dev.pgpool.core.auth.Credential;
import dev.pgpool.core.config.ChannelBinding;
import dev.pgpool.core.internal.auth.ClientAuthenticator.Verdict;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** SCRAM-SHA-256-PLUS, as server and as client: bound, or refused. */
class ChannelBindingTest {

    private static final String PLUS = "SCRAM-SHA-256-PLUS";
    private static final String PLAIN = "SCRAM-SHA-256";
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final Credential SECRET = new Credential.Plain("sesame");
    private static final byte[] HERE = "hash of our certificate, 32 bytes".getBytes(ISO_8859_1);
    private static final byte[] ELSEWHERE = "hash of somebody else's, 32 bytes".getBytes(ISO_8859_1);

    private static ClientAuthenticator server(byte @Nullable [] endPoint, ChannelBinding wanted) {
        var authenticator = new ClientAuthenticator(ClientAuthentication.SCRAM_SHA_256, "user", SECRET, RANDOM);
        authenticator.encrypted(endPoint, wanted);
        return authenticator;
    }

    private static ServerAuthenticator client(byte @Nullable [] endPoint, ChannelBinding wanted) {
        var authenticator = new ServerAuthenticator("user", SECRET, RANDOM, wanted);
        authenticator.encrypted(endPoint);
        return authenticator;
    }

    // ---- we are the server

    @ParameterizedTest
    @CsvSource({
        "PREFER, 'SCRAM-SHA-256-PLUS SCRAM-SHA-256 '",
        "REQUIRE, 'SCRAM-SHA-256-PLUS '",
        "DISABLE, 'SCRAM-SHA-256 '"
    })
    void anEncryptedClientIsOfferedWhatIsWanted(ChannelBinding wanted, String offered) {
        assertThat(Steps.payload(10, Steps.begin(server(HERE, wanted))).replace('\0', ' '))
                .isEqualTo(offered + " ");
    }

    @Test
    void aCertificateThatCannotBeBoundToIsNotOffered() {
        assertThat(Steps.payload(10, Steps.begin(server(null, ChannelBinding.PREFER))))
                .isEqualTo(PLAIN + "\0\0");
    }

    @Test
    void theDriversBoundClientIsAccepted() throws Exception {
        assertThat(driver(server(HERE, ChannelBinding.PREFER), HERE)).isEqualTo(Verdict.ACCEPTED);
    }

    @Test
    void aClientThatIsBoundToAnotherServerIsRefused() {
        assertRefused(
                () -> driver(server(HERE, ChannelBinding.PREFER), ELSEWHERE),
                "28000",
                "SCRAM channel binding check failed");
    }

    @Test
    void withoutAnythingToBindToABoundClientIsRefused() {
        assertRefused(
                () -> driver(server(null, ChannelBinding.REQUIRE), HERE),
                "28000",
                "SCRAM channel binding check failed");
    }

    /** pgjdbc's library, told that the server offers both. */
    private static Verdict driver(ClientAuthenticator server, byte[] endPoint) throws Exception {
        Steps.begin(server);
        ScramClient driver = ScramClient.builder()
                .advertisedMechanisms(List.of(PLUS, PLAIN))
                .username("*")
                .password("sesame".toCharArray())
                .channelBinding("tls-server-end-point", endPoint)
                .stringPreparation(StringPreparation.POSTGRESQL_PREPARATION)
                .build();
        assertThat(driver.getScramMechanism().getName()).isEqualTo(PLUS);
        var answer = Steps.respond(
                server, saslInitial(PLUS, driver.clientFirstMessage().toString()));
        driver.serverFirstMessage(Steps.payload(11, answer.message()));
        answer = Steps.respond(server, text(driver.clientFinalMessage().toString()));
        if (answer.verdict() == Verdict.ACCEPTED) {
            driver.serverFinalMessage(Steps.payload(12, answer.message()));
        }
        return answer.verdict();
    }

    /** Somebody in between has taken PLUS out of our list. */
    @Test
    void aClientThatWouldBindAndSawNoOfferIsRefusedWhereOneWasMade() {
        var server = server(HERE, ChannelBinding.PREFER);
        Steps.begin(server);
        assertRefused(
                () -> Steps.respond(server, saslInitial(PLAIN, "y,,n=,r=abc")),
                "28000",
                "SCRAM channel binding negotiation error");
    }

    @Test
    void aClientThatWouldBindIsServedWhereNoOfferWasMade() {
        var server = server(HERE, ChannelBinding.DISABLE);
        Steps.begin(server);
        assertThat(Steps.respond(server, saslInitial(PLAIN, "y,,n=,r=abc")).verdict())
                .isEqualTo(Verdict.CONTINUE);
    }

    @ParameterizedTest
    @CsvSource({
        "SCRAM-SHA-256-PLUS, 'n,,n=,r=abc', does not include channel binding data",
        "SCRAM-SHA-256-PLUS, 'y,,n=,r=abc', does not include channel binding data",
        "SCRAM-SHA-256, 'p=tls-server-end-point,,n=,r=abc', but the SCRAM message includes channel binding data",
        "SCRAM-SHA-256-PLUS, 'p=tls-unique,,n=,r=abc', unsupported SCRAM channel-binding type",
        "SCRAM-SHA-256-PLUS, 'p=tls-server-end-pointed,,n=,r=abc', unsupported SCRAM channel-binding type",
        "SCRAM-SHA-256-PLUS, 'p=tls-server-end-point', unsupported SCRAM channel-binding type"
    })
    void mechanismAndFlagMustAgree(String mechanism, String first, String why) {
        var server = server(HERE, ChannelBinding.PREFER);
        Steps.begin(server);
        assertRefused(() -> Steps.respond(server, saslInitial(mechanism, first)), "08P01", why);
    }

    @Test
    void whatWasNotOfferedCannotBeSelected() {
        var server = server(HERE, ChannelBinding.DISABLE);
        Steps.begin(server);
        assertRefused(
                () -> Steps.respond(server, saslInitial(PLUS, "p=tls-server-end-point,,n=,r=abc")),
                "08P01",
                "invalid SASL authentication mechanism");
        var strict = server(HERE, ChannelBinding.REQUIRE);
        Steps.begin(strict);
        assertRefused(
                () -> Steps.respond(strict, saslInitial(PLAIN, "n,,n=,r=abc")),
                "08P01",
                "offered: SCRAM-SHA-256-PLUS)");
    }

    @Test
    void aBindingWithoutOurDataIsRefused() {
        var server = server(HERE, ChannelBinding.PREFER);
        Steps.begin(server);
        String first = Steps.payload(
                11,
                Steps.respond(server, saslInitial(PLUS, "p=tls-server-end-point,,n=,r=abc"))
                        .message());
        String nonce = first.substring(2, first.indexOf(','));
        String header = Base64.getEncoder().encodeToString("p=tls-server-end-point,,".getBytes(ISO_8859_1));
        String proof = Base64.getEncoder().encodeToString(new byte[32]);
        assertRefused(
                () -> Steps.respond(server, text("c=" + header + ",r=" + nonce + ",p=" + proof)),
                "28000",
                "SCRAM channel binding check failed");
    }

    // ---- we are the client

    @ParameterizedTest
    @EnumSource(
            value = ChannelBinding.class,
            names = {"PREFER", "REQUIRE"})
    void weBindWhereTheServerOffersIt(ChannelBinding wanted) {
        var us = client(HERE, wanted);
        assertThat(firstMessage(us, PLUS + '\0' + PLAIN + "\0\0"))
                .startsWith(PLUS + "\0")
                .contains("p=tls-server");
    }

    @Test
    void bothOurSidesAgree() {
        var server = server(HERE, ChannelBinding.REQUIRE);
        var us = client(HERE, ChannelBinding.REQUIRE);
        byte[] request = Steps.begin(server);
        Verdict verdict = Verdict.CONTINUE;
        while (verdict == Verdict.CONTINUE) {
            byte[] response = Steps.authenticate(us, Steps.body('R', request));
            var answer = Steps.respond(server, Steps.body('p', response));
            verdict = answer.verdict();
            request = answer.message();
        }
        assertThat(verdict).isEqualTo(Verdict.ACCEPTED);
        assertThat(Steps.authenticate(us, Steps.body('R', request))).isEmpty();
        assertThat(Steps.isDone(us, Steps.request(0, ""))).isTrue();
    }

    @Test
    void weSayThatWeWouldBindWhereNothingIsOffered() {
        assertThat(firstMessage(client(HERE, ChannelBinding.PREFER), PLAIN + "\0\0"))
                .startsWith(PLAIN + "\0")
                .contains("y,,n=");
    }

    @Test
    void weDoNotBindWhereWeAreToldNotTo() {
        assertThat(firstMessage(client(HERE, ChannelBinding.DISABLE), PLUS + '\0' + PLAIN + "\0\0"))
                .startsWith(PLAIN + "\0")
                .contains("n,,n=");
    }

    @Test
    void weDoNotBindToWhatCannotBeBoundTo() {
        assertThat(firstMessage(client(null, ChannelBinding.PREFER), PLUS + '\0' + PLAIN + "\0\0"))
                .startsWith(PLAIN + "\0")
                .contains("n,,n=");
    }

    @Test
    void anOfferToBindInClearIsRefused() {
        var us = new ServerAuthenticator("user", SECRET, RANDOM, ChannelBinding.PREFER);
        assertRefused(
                () -> Steps.authenticate(us, Steps.request(10, PLUS + '\0' + PLAIN + "\0\0")),
                "28000",
                "server offered SCRAM-SHA-256-PLUS authentication over a non-SSL connection");
    }

    @Test
    void whereBindingIsRequiredNothingElseIsAnswered() {
        assertRefused(
                () -> firstMessage(client(HERE, ChannelBinding.REQUIRE), PLAIN + "\0\0"),
                "28000",
                "server did not offer an authentication method that supports channel binding");
        assertRefused(
                () -> firstMessage(client(null, ChannelBinding.REQUIRE), PLUS + '\0' + PLAIN + "\0\0"),
                "28000",
                "channel binding is required");
        var inClear = new ServerAuthenticator("user", SECRET, RANDOM, ChannelBinding.REQUIRE);
        assertRefused(
                () -> firstMessage(inClear, PLAIN + "\0\0"), "28000", "channel binding required, but SSL not in use");
        for (int request : new int[] {3, 5}) {
            var us = client(HERE, ChannelBinding.REQUIRE);
            assertRefused(
                    () -> Steps.authenticate(us, Steps.request(request, request == 5 ? "salt" : "")),
                    "28000",
                    "channel binding required but not supported by server's authentication request");
        }
        var trusted = client(HERE, ChannelBinding.REQUIRE);
        assertRefused(
                () -> Steps.isDone(trusted, Steps.request(0, "")),
                "28000",
                "server authenticated client without channel binding");
    }

    private static String firstMessage(ServerAuthenticator us, String mechanisms) {
        byte[] message = Steps.body('p', Steps.authenticate(us, Steps.request(10, mechanisms)));
        return new String(Arrays.copyOf(message, message.length), ISO_8859_1);
    }

    private static void assertRefused(ThrowingCallable call, String sqlState, String why) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        AuthenticationProtocolException.class,
                        e -> assertThat(e.sqlState()).isEqualTo(sqlState))
                .hasMessageContaining(why);
    }
}
