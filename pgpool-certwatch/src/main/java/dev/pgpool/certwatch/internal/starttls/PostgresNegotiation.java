package dev.pgpool.certwatch.internal.starttls;

import dev.pgpool.certwatch.finding.FindingCode;
import io.netty.buffer.ByteBuf;

/**
 * SSLRequest: exactly eight bytes, answered by exactly one. A ninth byte would be logged by the server at every probe as
 * "received unencrypted data after SSL request".
 *
 * @see <a href="https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL">SSL session encryption</a>
 */
final class PostgresNegotiation implements Negotiation {

    private static final int SSL_REQUEST_CODE = (1234 << 16) | 5679;

    @Override
    public void open(ByteBuf out) {
        out.writeInt(8).writeInt(SSL_REQUEST_CODE);
    }

    @Override
    public boolean onBytes(ByteBuf in, ByteBuf out) throws NegotiationException {
        byte answer = in.readByte();
        switch (answer) {
            case 'S':
                return true;
            case 'N':
                throw new NegotiationException(
                        FindingCode.TLS_UNAVAILABLE,
                        "the server answered N to SSLRequest: ssl is off, or a device in between removes TLS"
                                + " (expected: S)");
            case 'E':
                throw new NegotiationException(
                        FindingCode.STARTTLS_PROTOCOL_ERROR,
                        "the server answered SSLRequest with an error message (expected: S or N)");
            default:
                throw new NegotiationException(
                        FindingCode.STARTTLS_PROTOCOL_ERROR,
                        "the server answered SSLRequest with byte 0x" + Integer.toHexString(answer & 0xff)
                                + " (expected: S or N; is it a PostgreSQL server?)");
        }
    }

    @Override
    public String expectation() {
        return "one byte in answer to SSLRequest";
    }
}
