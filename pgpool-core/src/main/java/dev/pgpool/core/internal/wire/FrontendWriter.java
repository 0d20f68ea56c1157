package dev.pgpool.core.internal.wire;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** Appends messages that a client sends to a server. Never takes ownership of the buffer. */
public final class FrontendWriter {
    private static final int CANCEL_REQUEST_CODE = 80877102;

    private FrontendWriter() {}

    /**
     * StartupMessage of protocol 3.0.
     *
     * @param settings further parameters, byte by byte as a client has sent them
     */
    public static void startup(ByteBuf out, Map<String, String> parameters, List<StartupPacket.Setting> settings) {
        int start = out.writerIndex();
        out.writeInt(0).writeInt(StartupPacket.PROTOCOL_3_0);
        parameters.forEach((name, value) -> {
            MessageWriter.string(out, name);
            MessageWriter.string(out, value);
        });
        settings.forEach(setting -> {
            RawText.write(out, setting.name());
            RawText.write(out, setting.value());
        });
        out.writeByte(0);
        out.setInt(start, out.writerIndex() - start);
    }

    /** CancelRequest with the key that the server gave. */
    public static void cancelRequest(ByteBuf out, int processId, byte[] secret) {
        out.writeInt(12 + secret.length)
                .writeInt(CANCEL_REQUEST_CODE)
                .writeInt(processId)
                .writeBytes(secret);
    }

    /** Parse of a named or (empty name) unnamed statement; body is query, zero, count and types as in the message. */
    public static void parse(ByteBuf out, byte[] name, byte[] body, int bodyLength) {
        out.writeByte(FrontendType.PARSE).writeInt(4 + name.length + 1 + bodyLength);
        out.writeBytes(name).writeByte(0).writeBytes(body, 0, bodyLength);
    }

    /** Close of a prepared statement; an empty name is the unnamed one. */
    public static void closeStatement(ByteBuf out, byte[] name) {
        statement(out, FrontendType.CLOSE, name);
    }

    /** Describe of a prepared statement. */
    public static void describeStatement(ByteBuf out, byte[] name) {
        statement(out, FrontendType.DESCRIBE, name);
    }

    /** Bind of the unnamed statement to the unnamed portal: one parameter, and the results, as text. */
    public static void bindText(ByteBuf out, String parameter) {
        int start = MessageWriter.begin(out, FrontendType.BIND);
        // portal, statement, no formats, one parameter
        out.writeByte(0).writeByte(0).writeShort(0).writeShort(1);
        int length = out.writerIndex();
        out.writeInt(0);
        out.setInt(length, out.writeCharSequence(parameter, StandardCharsets.UTF_8));
        out.writeShort(0);
        MessageWriter.end(out, start);
    }

    /** Describe of the unnamed portal. */
    public static void describePortal(ByteBuf out) {
        out.writeByte(FrontendType.DESCRIBE)
                .writeInt(6)
                .writeByte(FrontendType.TARGET_PORTAL)
                .writeByte(0);
    }

    /** Execute of the unnamed portal. */
    public static void execute(ByteBuf out, int maxRows) {
        out.writeByte(FrontendType.EXECUTE).writeInt(9).writeByte(0).writeInt(maxRows);
    }

    private static void statement(ByteBuf out, byte type, byte[] name) {
        out.writeByte(type).writeInt(4 + 1 + name.length + 1).writeByte(FrontendType.TARGET_STATEMENT);
        out.writeBytes(name).writeByte(0);
    }

    /** Simple Query. */
    public static void query(ByteBuf out, String sql) {
        int start = MessageWriter.begin(out, FrontendType.QUERY);
        MessageWriter.string(out, sql);
        MessageWriter.end(out, start);
    }

    public static void sync(ByteBuf out) {
        out.writeByte(FrontendType.SYNC).writeInt(4);
    }

    public static void flush(ByteBuf out) {
        out.writeByte(FrontendType.FLUSH).writeInt(4);
    }

    public static void copyFail(ByteBuf out, String reason) {
        int start = MessageWriter.begin(out, FrontendType.COPY_FAIL);
        MessageWriter.string(out, reason);
        MessageWriter.end(out, start);
    }

    public static void terminate(ByteBuf out) {
        out.writeByte(FrontendType.TERMINATE).writeInt(4);
    }
}
