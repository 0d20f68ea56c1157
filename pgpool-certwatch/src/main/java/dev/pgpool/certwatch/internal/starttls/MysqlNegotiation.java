package dev.pgpool.certwatch.internal.starttls;

import dev.pgpool.certwatch.finding.FindingCode;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/**
 * MySQL and MariaDB: the server's greeting tells whether it can do TLS; a 32-byte SSL request follows, which is not
 * answered.
 *
 * @see <a href="https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase.html">Connection phase</a>
 */
final class MysqlNegotiation implements Negotiation {

    private static final int CLIENT_PROTOCOL_41 = 0x200;
    private static final int CLIENT_SSL = 0x800;
    private static final int CLIENT_SECURE_CONNECTION = 0x8000;
    private static final int UTF8 = 33;

    @Override
    public boolean onBytes(ByteBuf in, ByteBuf out) throws NegotiationException {
        if (in.readableBytes() < 4) {
            return false;
        }
        int length = in.getUnsignedMediumLE(in.readerIndex());
        if (length < 1 || length > 4096) {
            throw garbled("a packet of " + length + " bytes");
        }
        if (in.readableBytes() < 4 + length) {
            return false;
        }
        in.skipBytes(4);
        ByteBuf greeting = in.readSlice(length);
        int version = greeting.readUnsignedByte();
        if (version == 0xff) {
            greeting.skipBytes(Math.min(2, greeting.readableBytes()));
            throw garbled("error " + Lines.quoted(greeting.toString(StandardCharsets.ISO_8859_1)));
        }
        if (version != 10) {
            throw garbled("protocol version " + version);
        }
        int versionLength = greeting.bytesBefore((byte) 0);
        int beforeCapabilities = versionLength + 1 + 4 + 8 + 1;
        if (versionLength < 0 || greeting.readableBytes() < beforeCapabilities + 2) {
            throw garbled("a greeting of " + length + " bytes");
        }
        int capabilities = greeting.getUnsignedShortLE(greeting.readerIndex() + beforeCapabilities);
        if ((capabilities & CLIENT_SSL) == 0) {
            throw new NegotiationException(
                    FindingCode.TLS_UNAVAILABLE, "the server's greeting does not offer TLS (expected: CLIENT_SSL)");
        }
        out.writeMediumLE(32).writeByte(1);
        out.writeIntLE(CLIENT_PROTOCOL_41 | CLIENT_SSL | CLIENT_SECURE_CONNECTION);
        out.writeIntLE(1 << 24).writeByte(UTF8).writeZero(23);
        return true;
    }

    private static NegotiationException garbled(String seen) {
        return new NegotiationException(
                FindingCode.STARTTLS_PROTOCOL_ERROR,
                "the server greeted with " + seen + " (expected: a MySQL greeting of protocol version 10)");
    }

    @Override
    public String expectation() {
        return "a MySQL greeting";
    }
}
