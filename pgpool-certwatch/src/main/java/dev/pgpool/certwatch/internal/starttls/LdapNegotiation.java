package dev.pgpool.certwatch.internal.starttls;

import dev.pgpool.certwatch.finding.FindingCode;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;

/**
 * LDAP: the StartTLS extended operation (RFC 4511, section 4.14). The request is a constant, and of the answer only the
 * result code is read, so no ASN.1 library is needed.
 */
final class LdapNegotiation implements Negotiation {

    private static final String START_TLS = "1.3.6.1.4.1.1466.20037";
    private static final int EXTENDED_REQUEST = 0x77;
    private static final int EXTENDED_RESPONSE = 0x78;

    @Override
    public void open(ByteBuf out) {
        out.writeByte(0x30).writeByte(7 + START_TLS.length());
        out.writeByte(0x02).writeByte(1).writeByte(1);
        out.writeByte(EXTENDED_REQUEST).writeByte(2 + START_TLS.length());
        out.writeByte(0x80).writeByte(START_TLS.length());
        ByteBufUtil.writeAscii(out, START_TLS);
    }

    @Override
    public boolean onBytes(ByteBuf in, ByteBuf out) throws NegotiationException {
        int start = in.readerIndex();
        int length = element(in, 0x30);
        if (length < 0 || in.readableBytes() < length) {
            in.readerIndex(start);
            return false;
        }
        ByteBuf message = in.readSlice(length);
        int idLength = inner(message, 0x02);
        message.skipBytes(idLength);
        inner(message, EXTENDED_RESPONSE);
        int codeLength = inner(message, 0x0a);
        if (codeLength != 1) {
            throw garbled();
        }
        int resultCode = message.readByte();
        if (resultCode != 0) {
            throw new NegotiationException(
                    FindingCode.TLS_UNAVAILABLE,
                    "the server answered StartTLS with result code " + resultCode + " (expected: 0)");
        }
        return true;
    }

    /** Length of an element inside a message that has all arrived. */
    private static int inner(ByteBuf in, int tag) throws NegotiationException {
        int length = element(in, tag);
        if (length < 0 || length > in.readableBytes()) {
            throw garbled();
        }
        return length;
    }

    /** Reads tag and length; -1 if they have not all arrived. */
    private static int element(ByteBuf in, int tag) throws NegotiationException {
        if (in.readableBytes() < 2) {
            return -1;
        }
        if (in.readUnsignedByte() != tag) {
            throw garbled();
        }
        int length = in.readUnsignedByte();
        if (length < 0x80) {
            return length;
        }
        int octets = length & 0x7f;
        if (octets < 1 || octets > 4) {
            throw garbled();
        }
        if (in.readableBytes() < octets) {
            return -1;
        }
        long value = 0;
        for (int i = 0; i < octets; i++) {
            value = (value << 8) | in.readUnsignedByte();
        }
        if (value > NegotiationHandler.MAX_BYTES) {
            throw garbled();
        }
        return (int) value;
    }

    private static NegotiationException garbled() {
        return new NegotiationException(
                FindingCode.STARTTLS_PROTOCOL_ERROR,
                "the answer to StartTLS is not an LDAP extended response (is it an LDAP server?)");
    }

    @Override
    public String expectation() {
        return "an answer to StartTLS";
    }
}
