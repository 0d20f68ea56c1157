package dev.pgpool.core.internal.wire;

import io.netty.buffer.ByteBuf;
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
        int start = MessageWriter.begin(out, BackendType.PARAMETER_STATUS);
        RawText.write(out, name);
        RawText.write(out, value);
        MessageWriter.end(out, start);
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
        int start = MessageWriter.begin(out, BackendType.NEGOTIATE_PROTOCOL_VERSION);
        out.writeInt(StartupPacket.PROTOCOL_3_0 | minor).writeInt(unknownOptions.size());
        unknownOptions.forEach(option -> MessageWriter.string(out, option));
        MessageWriter.end(out, start);
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
        int start = MessageWriter.begin(out, type);
        field(out, 'S', error.severity());
        field(out, 'V', error.severity());
        field(out, 'C', error.sqlState());
        field(out, 'M', error.message());
        field(out, 'D', error.detail());
        field(out, 'H', error.hint());
        field(out, 'R', routine);
        out.writeByte(0);
        MessageWriter.end(out, start);
    }

    private static void field(ByteBuf out, char code, @Nullable String value) {
        if (value != null) {
            out.writeByte(code);
            MessageWriter.string(out, value);
        }
    }
}
