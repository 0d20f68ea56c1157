package dev.pgpool.certwatch.internal.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PeerTextTest {

    @ParameterizedTest
    @ValueSource(
            ints = {
                0x00, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x1b, 0x7f, 0x80, 0x85, 0x9b, 0xad, 0x061c, 0x200b,
                0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202e, 0x2066, 0x2069, 0xd800, 0xdfff, 0xe000, 0xfeff, 0xfff9,
                0xe0001, 0x10ffff, 0xa0, 0x034f, 0x115f, 0x1160, 0x17b4, 0x180b, 0x2003, 0x2800, 0x3000, 0x3164, 0xfe0f,
                0xffa0, 0xe0100
            })
    void whatHasNoShapeIsEscaped(int point) {
        String given = "a" + new String(Character.toChars(point)) + "b";
        String safe = PeerText.escape(given);
        assertThat(safe).startsWith("a\\u").endsWith("b").matches("[ -~]+");
    }

    @Test
    void whatHasAShapeStays() {
        String given = "CN=Bücher & Söhne, O=会社 \\\"x\\\", C=🇩🇪 עברית";
        assertThat(PeerText.escape(given)).isEqualTo(given);
        String plain = "CN=plain";
        assertThat(PeerText.escape(plain)).isSameAs(plain);
    }

    @Test
    void randomTextIsAlwaysOneLineWithoutControls() {
        Random random = new Random(5);
        for (int round = 0; round < 5_000; round++) {
            char[] chars = new char[random.nextInt(40)];
            for (int i = 0; i < chars.length; i++) {
                chars[i] = (char) (random.nextInt(3) == 0 ? random.nextInt(0x10000) : random.nextInt(0x100));
            }
            String safe = PeerText.escape(new String(chars));
            assertThat(safe.codePoints())
                    .noneMatch(point -> Character.isISOControl(point)
                            || Character.getType(point) == Character.FORMAT
                            || Character.getType(point) == Character.SURROGATE
                            || Character.getType(point) == Character.LINE_SEPARATOR
                            || Character.getType(point) == Character.PARAGRAPH_SEPARATOR);
        }
    }

    @Test
    void aFailureForTheLogHasItsTraceAndNoNewline() {
        Throwable safe = PeerText.safe(new IllegalArgumentException("CN=a\n2026 INFO all is well\u001b[2J"));
        java.io.StringWriter printed = new java.io.StringWriter();
        safe.printStackTrace(new java.io.PrintWriter(printed));
        assertThat(printed.toString().lines().skip(1)).allMatch(line -> line.startsWith("\tat "));
        assertThat(safe).asString().contains("\\u000a2026").doesNotContain("\u001b");
    }
}
