package dev.pgpool.core.internal.auth;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.internal.auth.ClientAuthenticator.Verdict;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/** Runs single steps of the authenticators with bytes in and bytes out. */
final class Steps {

    record Answer(Verdict verdict, byte[] message) {}

    private Steps() {}

    static byte[] begin(ClientAuthenticator client) {
        return written(client::begin);
    }

    static Answer respond(ClientAuthenticator client, byte[] body) {
        Verdict[] verdict = new Verdict[1];
        byte[] message = written(out -> lend(body, in -> verdict[0] = client.onResponse(in, out)));
        return new Answer(verdict[0], message);
    }

    /** What we answer; the server has not let us in yet. */
    static byte[] authenticate(ServerAuthenticator server, byte[] body) {
        boolean[] done = new boolean[1];
        byte[] message = written(out -> lend(body, in -> done[0] = server.onAuthentication(in, out)));
        assertThat(done[0]).isFalse();
        return message;
    }

    static boolean isDone(ServerAuthenticator server, byte[] body) {
        boolean[] done = new boolean[1];
        assertThat(written(out -> lend(body, in -> done[0] = server.onAuthentication(in, out))))
                .isEmpty();
        return done[0];
    }

    /** Whether the server has let us in, whatever we answer. */
    static boolean letsUsIn(ServerAuthenticator server, byte[] body) {
        boolean[] done = new boolean[1];
        written(out -> lend(body, in -> done[0] = server.onAuthentication(in, out)));
        return done[0];
    }

    static boolean needsOffload(ServerAuthenticator server, byte[] body) {
        boolean[] needed = new boolean[1];
        lend(body, in -> needed[0] = server.needsOffload(in));
        return needed[0];
    }

    /** The body of a whole message, whose type and length are checked. */
    static byte[] body(char type, byte[] message) {
        ByteBuffer buffer = ByteBuffer.wrap(message);
        assertThat((char) buffer.get()).isEqualTo(type);
        assertThat(buffer.getInt()).isEqualTo(message.length - 1);
        byte[] body = new byte[buffer.remaining()];
        buffer.get(body);
        return body;
    }

    /** The body of an R message. */
    static byte[] request(int code, String payload) {
        byte[] bytes = payload.getBytes(ISO_8859_1);
        return ByteBuffer.allocate(4 + bytes.length).putInt(code).put(bytes).array();
    }

    /** The text after the code of a whole R message. */
    static String payload(int code, byte[] message) {
        ByteBuffer body = ByteBuffer.wrap(body('R', message));
        assertThat(body.getInt()).isEqualTo(code);
        return new String(body.array(), 4, body.remaining(), ISO_8859_1);
    }

    static byte[] saslInitial(String mechanism, String response) {
        byte[] bytes = response.getBytes(ISO_8859_1);
        return ByteBuffer.allocate(mechanism.length() + 5 + bytes.length)
                .put(mechanism.getBytes(ISO_8859_1))
                .put((byte) 0)
                .putInt(bytes.length)
                .put(bytes)
                .array();
    }

    static byte[] text(String text) {
        return text.getBytes(ISO_8859_1);
    }

    private static byte[] written(Consumer<ByteBuf> writer) {
        ByteBuf out = Unpooled.buffer();
        try {
            writer.accept(out);
            return ByteBufUtil.getBytes(out);
        } finally {
            out.release();
        }
    }

    /** In the middle of a larger buffer, as a message arrives; it must be left as it was. */
    private static void lend(byte[] body, Consumer<ByteBuf> reader) {
        ByteBuf buffer = Unpooled.buffer();
        try {
            buffer.writeLong(-1).writeBytes(body).writeLong(-1);
            ByteBuf lent = buffer.slice(4, body.length + 4).skipBytes(4);
            reader.accept(lent);
            assertThat(lent.readerIndex()).isEqualTo(4);
            assertThat(lent.readableBytes()).isEqualTo(body.length);
            assertThat(lent.refCnt()).isEqualTo(1);
        } finally {
            buffer.release();
        }
    }
}
