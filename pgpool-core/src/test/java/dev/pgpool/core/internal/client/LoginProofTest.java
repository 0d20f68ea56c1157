package dev.pgpool.core.internal.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.auth.ClientAuthentication;
import dev.pgpool.core.auth.Credential;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What of an answer outlives a change of the configuration. */
class LoginProofTest {

    private static final LoginExchange.Admission ADMISSION =
            new LoginExchange.Admission(null, null, new Credential.Plain("secret"));

    private final LoginProof proof = new LoginProof();

    private static LoginProof.Asked secret(String judge) {
        return new LoginProof.Asked(ClientAuthentication.SCRAM_SHA_256, Optional.empty(), judge);
    }

    @Test
    void answerCountsForTheSameQuestion() {
        proof.asked(secret("a"));
        proof.accepted(ADMISSION);

        proof.keep(Unpooled.EMPTY_BUFFER);

        assertThat(proof.isFromBefore()).isTrue();
        assertThat(proof.stillGoodFor(secret("a"))).isSameAs(ADMISSION);
    }

    @Test
    void answerDoesNotCountForAnotherSecret() {
        proof.asked(secret("a"));
        proof.accepted(ADMISSION);

        proof.keep(Unpooled.EMPTY_BUFFER);

        assertThat(proof.stillGoodFor(secret("b"))).isNull();
    }

    @Test
    void clientThatWasNotAskedMayBeAskedAnew() {
        proof.accepted(LoginExchange.Admission.PLAIN);

        proof.keep(false);

        assertThat(proof.isFromBefore()).isFalse();
    }

    @Test
    void clientThatWasToldThatItIsLetInCanNotBeAskedAnew() {
        proof.accepted(LoginExchange.Admission.PLAIN);

        proof.keep(true);

        assertThat(proof.isFromBefore()).isTrue();
        assertThat(proof.stillGoodFor(secret("a"))).isNull();
    }

    @Test
    void lastMessageIsOwedOnce() {
        ByteBuf last = Unpooled.buffer();
        proof.asked(secret("a"));
        proof.accepted(ADMISSION);
        proof.keep(last);

        ByteBuf taken = proof.takeLastMessage();

        assertThat(taken).isSameAs(last);
        assertThat(proof.takeLastMessage()).isNull();
        last.release();
    }

    @Test
    void lastMessageIsReleasedWithAClientThatLeaves() {
        ByteBuf last = Unpooled.buffer();
        proof.asked(secret("a"));
        proof.accepted(ADMISSION);
        proof.keep(last);

        proof.release();

        assertThat(last.refCnt()).isZero();
    }
}
