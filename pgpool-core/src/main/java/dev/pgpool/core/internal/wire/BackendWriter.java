package dev.pgpool.core.internal.wire;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Appends messages that a server sends to a client. Never takes ownership of the buffer. */
public final class BackendWriter {
    private BackendWriter() {}

    public static void authenticationOk(ByteBuf out) {
        out.writeByte(BackendType.AUTHENTICATION).writeInt(8).writeInt(0);
    }

    /** Name and value are {@link RawText}. */
    public static void parameterStatus(ByteBuf out, String name, String value) {
        int start = begin(out, BackendType.PARAMETER_STATUS);
        RawText.write(out, name);
        RawText.write(out, value);
        finish(out, start);
    }

    public static void backendKeyData(ByteBuf out, int processId, byte[] secret) {
        out.writeByte(BackendType.BACKEND_KEY_DATA)
                .writeInt(8 + secret.length)
                .writeInt(processId)
                .writeBytes(secret);
    }

    public static void readyForQuery(ByteBuf out, TransactionStatus status) {
        out.writeByte(BackendType.READY_FOR_QUERY).writeInt(5).writeByte(status.code());
    }

    /** ParseComplete, CloseComplete and other messages without a body. */
    public static void empty(ByteBuf out, byte type) {
        out.writeByte(type).writeInt(4);
    }

    /**
     * Tells the version that will be spoken and the protocol options that we don't know. The version is sent whole, as
     * PostgreSQL does it, although its documentation says minor version.
     */
    public static void negotiateProtocolVersion(ByteBuf out, int minor, List<String> unknownOptions) {
        int start = begin(out, BackendType.NEGOTIATE_PROTOCOL_VERSION);
        out.writeInt(StartupPacket.PROTOCOL_3_0 | minor).writeInt(unknownOptions.size());
        unknownOptions.forEach(option -> string(out, option));
        finish(out, start);
    }

    public static void errorResponse(ByteBuf out, ErrorFields error) {
        errorResponse(out, error, null);
    }

    /** @param routine name of the function in PostgreSQL's source that reports the error, which some drivers look at */
    public static void errorResponse(ByteBuf out, ErrorFields error, @Nullable String routine) {
        fields(out, BackendType.ERROR_RESPONSE, error, routine);
    }

    public static void noticeResponse(ByteBuf out, ErrorFields notice) {
        fields(out, BackendType.NOTICE_RESPONSE, notice, null);
    }

    private static void fields(ByteBuf out, byte type, ErrorFields error, @Nullable String routine) {
        int start = begin(out, type);
        field(out, 'S', error.severity());
        field(out, 'V', error.severity());
        field(out, 'C', error.sqlState());
        field(out, 'M', error.message());
        field(out, 'D', error.detail());
        field(out, 'H', error.hint());
        field(out, 'R', routine);
        out.writeByte(0);
        finish(out, start);
    }

    private static void field(ByteBuf out, char code, @Nullable String value) {
        if (value != null) {
            out.writeByte(code);
            string(out, value);
        }
    }

    private static int begin(ByteBuf out, byte type) {
        out.writeByte(type).writeInt(0);
        return out.writerIndex() - 4;
    }

    private static void finish(ByteBuf out, int lengthIndex) {
        out.setInt(lengthIndex, out.writerIndex() - lengthIndex);
    }

    private static void string(ByteBuf out, String value) {
        out.writeCharSequence(value, StandardCharsets.UTF_8);
        out.writeByte(0);
    }
}
