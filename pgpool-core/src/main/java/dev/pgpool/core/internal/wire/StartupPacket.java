package dev.pgpool.core.internal.wire;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a connection may send before it is known: packets without a type byte, bounded like PostgreSQL's
 * MAX_STARTUP_PACKET_LENGTH.
 *
 * @see <a href="https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-START-UP">Start-up</a>
 */
public sealed interface StartupPacket {
    int PROTOCOL_3_0 = 3 << 16;
    /** The newest minor version of protocol 3 that we speak. */
    int NEWEST_MINOR = 2;
    /** PostgreSQL's MAX_STARTUP_PACKET_LENGTH. */
    int MAX_LENGTH = 10_000;

    /** Asks for TLS. */
    record SslRequest() implements StartupPacket {}

    /** Asks for GSSAPI encryption. */
    record GssEncRequest() implements StartupPacket {}

    /** Asks to cancel what another connection runs. */
    @SuppressWarnings("ArrayRecordComponent") // lives for one call and is never compared
    record Cancel(int processId, byte[] secret) implements StartupPacket {
        @Override
        public String toString() {
            return "Cancel[processId=" + processId + "]";
        }
    }

    /** A parameter of a start-up packet, as {@link RawText}: what encoding it is in only the server may know. */
    record Setting(String name, String value) {}

    /**
     * A client introduces itself.
     *
     * @param minor      minor version of protocol 3 that it asked for
     * @param parameters what it sent, in order, without {@code _pq_.} options; the last one of a name
     * @param protocolOptions names of the {@code _pq_.} options: none is known to us
     * @param settings the same as {@code parameters} byte by byte, and all of those with the same name
     */
    record Startup(int minor, Map<String, String> parameters, List<String> protocolOptions, List<Setting> settings)
            implements StartupPacket {
        public Startup {
            parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
            protocolOptions = List.copyOf(protocolOptions);
            settings = List.copyOf(settings);
        }
    }

    /**
     * What does not begin like a packet: its length is impossible, or a cancel request has no key of a possible length.
     * PostgreSQL answers it with silence (COMMERROR): it may be a Terminate, or another protocol.
     */
    record Unintelligible(String why) implements StartupPacket {}

    /** Consumes one packet; null while it is incomplete. */
    static @Nullable StartupPacket decode(ByteBuf in) {
        if (in.readableBytes() < 4) {
            return null;
        }
        int length = in.getInt(in.readerIndex());
        if (length < 8 || length > MAX_LENGTH) {
            return new Unintelligible("length " + length);
        }
        if (in.readableBytes() < length) {
            return null;
        }
        int end = in.readerIndex() + length;
        in.skipBytes(4);
        int code = in.readInt();
        StartupPacket packet = decode(code, in, end);
        in.readerIndex(end);
        return packet;
    }

    private static StartupPacket decode(int code, ByteBuf in, int end) {
        return switch (code) {
            case 80877103 -> requireEmpty(in, end, new SslRequest());
            case 80877104 -> requireEmpty(in, end, new GssEncRequest());
            case 80877102 -> cancel(in, end);
            default -> {
                if (code >>> 16 != 3) {
                    throw new WireViolation(PoolerError.UNSUPPORTED_PROTOCOL, (code >>> 16) + "." + (code & 0xffff));
                }
                yield startup(code & 0xffff, in, end);
            }
        };
    }

    private static StartupPacket requireEmpty(ByteBuf in, int end, StartupPacket packet) {
        if (in.readerIndex() != end) {
            throw new WireViolation(PoolerError.INVALID_STARTUP_PACKET, "length of an encryption request");
        }
        return packet;
    }

    private static StartupPacket cancel(ByteBuf in, int end) {
        int secretLength = end - in.readerIndex() - 4;
        // protocol 3.2: 4 to 256 bytes
        if (secretLength < 4 || secretLength > 256) {
            return new Unintelligible("length of a cancel request");
        }
        int processId = in.readInt();
        byte[] secret = new byte[secretLength];
        in.readBytes(secret);
        return new Cancel(processId, secret);
    }

    private static StartupPacket startup(int minor, ByteBuf in, int end) {
        Map<String, String> parameters = new LinkedHashMap<>();
        List<String> options = new ArrayList<>();
        List<Setting> settings = new ArrayList<>();
        while (true) {
            int nameAt = in.readerIndex();
            String name = string(in, end);
            if (name.isEmpty()) {
                break;
            }
            int valueAt = in.readerIndex();
            String value = string(in, end);
            if (name.startsWith("_pq_.")) {
                options.add(name);
            } else {
                parameters.put(name, value);
                settings.add(new Setting(
                        RawText.read(in, nameAt, valueAt - 1), RawText.read(in, valueAt, in.readerIndex() - 1)));
            }
        }
        if (in.readerIndex() != end) {
            throw new WireViolation(
                    PoolerError.INVALID_STARTUP_PACKET,
                    "invalid startup packet layout: expected terminator as last byte");
        }
        return new Startup(minor, parameters, options, settings);
    }

    private static String string(ByteBuf in, int limit) {
        int end = MessageReader.endOfString(in, in.readerIndex(), limit);
        if (end < 0) {
            throw new WireViolation(
                    PoolerError.INVALID_STARTUP_PACKET,
                    "invalid startup packet layout: expected terminator as last byte");
        }
        String value = in.toString(in.readerIndex(), end - in.readerIndex(), StandardCharsets.UTF_8);
        in.readerIndex(end + 1);
        return value;
    }
}
