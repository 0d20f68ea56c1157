package dev.pgpool.core.internal.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.fixture.Backend;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ErrorFieldsTest {

    private static ErrorFields read(ByteBuf body) {
        return ErrorFields.read(body, body.readerIndex(), body.writerIndex());
    }

    private static ErrorFields read(String body) {
        return read(Unpooled.copiedBuffer(body, StandardCharsets.UTF_8));
    }

    @Test
    void fieldsAreReadInAnyOrderAndUnknownOnesPassedOver() {
        assertThat(read("Xsomething\0Hhint\0C22012\0Mdivision by zero\0P7\0SERROR\0Ddetail\0\0"))
                .isEqualTo(new ErrorFields("ERROR", "22012", "division by zero", "detail", "hint"));
    }

    /** CVE-2026-6666. */
    @Test
    void missingFieldsHaveDefaults() {
        assertThat(read("\0")).isEqualTo(new ErrorFields("ERROR", "XX000", "error without message", null, null));
        assertThat(read("")).isEqualTo(read("\0"));
        assertThat(read("SFATAL\0Mno end").isFatal()).isTrue();
    }

    @Test
    void fatalAndPanicEndTheConnection() {
        assertThat(read("SPANIC\0\0").isFatal()).isTrue();
        assertThat(read("SERROR\0\0").isFatal()).isFalse();
        assertThat(read("SERROR\0C1\0\0").asFatal().isFatal()).isTrue();
    }

    @Test
    void whatIsWrittenIsReadBack() {
        ErrorFields error = new ErrorFields("FATAL", "53300", "größer", "d", "h");
        ByteBuf out = Unpooled.buffer();

        BackendWriter.errorResponse(out, error);

        assertThat(read(out.skipBytes(MessageCursor.HEADER))).isEqualTo(error);
    }

    @Test
    void noiseIsTolerated() {
        Random random = new Random();
        byte[] error = Backend.error("ERROR", "22012", "boo");
        for (int i = 0; i < 20_000; i++) {
            byte[] noise = FuzzCorpus.mutant(java.util.List.of(error), random);
            assertThat(read(Unpooled.wrappedBuffer(noise))).isNotNull();
        }
    }
}
