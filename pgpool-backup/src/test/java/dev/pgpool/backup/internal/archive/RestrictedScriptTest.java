package dev.pgpool.backup.internal.archive;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A plain dump gets our lock in front of it in place of its own, and not a byte else is changed. */
class RestrictedScriptTest {

    private static final String HEAD = "--\n-- PostgreSQL database dump\n--\n\n";
    private static final String LOCK = "\\restrict aZ09\n";
    private static final String UNLOCK = "\\unrestrict aZ09\n";

    @Test
    void ownLockIsReplacedByOneWithAKeyOfOurs() throws IOException {
        String first = restricted(HEAD + LOCK + "SET x = 1;\n" + UNLOCK);
        String second = restricted(HEAD + LOCK + "SET x = 1;\n" + UNLOCK);

        assertThat(first).startsWith("\\restrict ").doesNotContain("aZ09").doesNotContain("unrestrict");
        assertThat(first.lines().findFirst()).isNotEqualTo(second.lines().findFirst());
        assertThat(withoutOurs(first)).isEqualTo(HEAD + "SET x = 1;\n");
    }

    @Test
    void whatLooksLikeALockInTheMiddleStays() throws IOException {
        for (String middle : new String[] {
            "SELECT 1;\n\\restrict aZ09\nSELECT 2;\n",
            "COPY t FROM stdin;\n\\restrict x\n\\.\n",
            "\\unrestrict other\n",
            "x\\unrestrict aZ09\n",
            "\\unrestrict aZ099\n",
            ""
        }) {
            assertThat(withoutOurs(restricted(HEAD + LOCK + middle + UNLOCK))).isEqualTo(HEAD + middle);
            assertThat(withoutOurs(restricted(HEAD + middle)))
                    .isEqualTo(middle.startsWith("\\restrict") ? HEAD : HEAD + middle);
        }
    }

    @Test
    void anyBytesInAnyPiecesComeThrough() throws IOException {
        Random random = new Random(5);
        for (int round = 0; round < 300; round++) {
            StringBuilder body = new StringBuilder("SET a = 1;\n");
            for (int i = random.nextInt(400); i > 0; i--) {
                body.append(new String[] {"\\", "\n", "\\unrestrict ", "aZ09", "aZ0", "x", "\\.\n"}[random.nextInt(7)]);
            }
            body.append('\n');
            String expected = body.toString().replace("\n" + UNLOCK, "\n");
            if (!expected.equals(body.toString())) {
                // A key that the dump's writer does not know cannot be in there.
                continue;
            }
            String script = HEAD + LOCK + body + UNLOCK;
            StringBuilder read = new StringBuilder();
            try (InputStream in = new RestrictedScript(new Trickle(script, random))) {
                byte[] piece = new byte[1 + random.nextInt(50)];
                for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
                    read.append(new String(piece, 0, n, StandardCharsets.ISO_8859_1));
                }
            }
            assertThat(withoutOurs(read.toString())).isEqualTo(HEAD + body);
        }
    }

    private static String restricted(String script) throws IOException {
        try (InputStream in =
                new RestrictedScript(new ByteArrayInputStream(script.getBytes(StandardCharsets.ISO_8859_1)))) {
            return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    private static String withoutOurs(String restricted) {
        assertThat(restricted).matches("(?s)\\\\restrict [0-9a-f]{64}\n.*");
        return restricted.substring(restricted.indexOf('\n') + 1);
    }

    /** Gives its bytes in small pieces. */
    private static final class Trickle extends ByteArrayInputStream {
        private final Random random;

        Trickle(String text, Random random) {
            super(text.getBytes(StandardCharsets.ISO_8859_1));
            this.random = random;
        }

        @Override
        public synchronized int read(byte[] target, int offset, int length) {
            return super.read(target, offset, Math.min(length, 1 + random.nextInt(7)));
        }
    }
}
