package dev.pgpool.certwatch.internal.tls;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.security.SecureRandom;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A ClientHello of TLS 1.2 that offers everything, old and exotic included, so that a server shows its certificate whatever that is
 * signed with. No key is ever made for it: up to TLS 1.2 the certificate comes in clear text, and the handshake goes no further.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc5246#section-7.4.1.2">RFC 5246, section 7.4.1.2</a>
 */
final class Tls12ClientHello {

    private static final int TLS_1_2 = 0x0303;
    private static final int TLS_1_0 = 0x0301;

    /** Key exchanges with a certificate, strongest first: ECDHE, DHE, static RSA; GCM, CCM, ChaCha, CBC, 3DES, RC4, Camellia, DSS. */
    private static final int[] CIPHERS = {
        0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc0ac, 0xc0ad, 0xc023, 0xc027, 0xc024, 0xc028, 0xc009, 0xc013,
        0xc00a, 0xc014, 0x009e, 0x009f, 0xccaa, 0x0067, 0x006b, 0x0033, 0x0039, 0x009c, 0x009d, 0x003c, 0x003d, 0x002f,
        0x0035, 0x00a2, 0x00a3, 0x0040, 0x006a, 0x0032, 0x0038, 0x0041, 0x0084, 0x0045, 0x0088, 0xc008, 0xc012, 0x0016,
        0x000a, 0xc007, 0xc011, 0x0005, 0x0004, 0xc02d, 0xc02e, 0xc031, 0xc032, 0xc004, 0xc005, 0xc00e, 0xc00f, 0x00ff
    };

    /** x25519, x448, the NIST curves, secp256k1 and other small ones, brainpool, finite fields. */
    private static final int[] GROUPS = {
        29, 30, 23, 24, 25, 22, 26, 27, 28, 21, 19, 20, 18, 16, 14, 13, 12, 11, 10, 9, 256, 257, 258
    };

    private static final int[] SIGNATURES = {
        0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0809, 0x080a, 0x080b, 0x0807, 0x0808, 0x081a, 0x081b, 0x081c,
        0x0401, 0x0501, 0x0601, 0x0303, 0x0301, 0x0203, 0x0201, 0x0101, 0x0402, 0x0502, 0x0602, 0x0302, 0x0202
    };

    private Tls12ClientHello() {}

    /**
     * Writes the record.
     *
     * @param serverName name for SNI; absent for an address
     */
    static void write(
            ByteBuf out, @Nullable String serverName, List<String> applicationProtocols, SecureRandom random) {
        byte[] nonce = new byte[32];
        random.nextBytes(nonce);
        out.writeByte(22).writeShort(TLS_1_0);
        int record = reserve(out, 2);
        out.writeByte(1);
        int message = reserve(out, 3);
        out.writeShort(TLS_1_2).writeBytes(nonce).writeByte(0);
        vector(out, CIPHERS);
        out.writeByte(1).writeByte(0);
        int extensions = reserve(out, 2);
        if (serverName != null) {
            out.writeShort(0);
            int name = reserve(out, 2);
            out.writeShort(serverName.length() + 3).writeByte(0).writeShort(serverName.length());
            ByteBufUtil.writeAscii(out, serverName);
            fill(out, name, 2);
        }
        out.writeShort(10);
        int groups = reserve(out, 2);
        vector(out, GROUPS);
        fill(out, groups, 2);
        out.writeShort(11).writeShort(4).writeByte(3).writeByte(0).writeByte(1).writeByte(2);
        out.writeShort(13);
        int signatures = reserve(out, 2);
        vector(out, SIGNATURES);
        fill(out, signatures, 2);
        out.writeShort(23).writeShort(0);
        if (!applicationProtocols.isEmpty()) {
            out.writeShort(16);
            int extension = reserve(out, 2);
            int list = reserve(out, 2);
            for (String protocol : applicationProtocols) {
                out.writeByte(protocol.length());
                ByteBufUtil.writeAscii(out, protocol);
            }
            fill(out, list, 2);
            fill(out, extension, 2);
        }
        fill(out, extensions, 2);
        fill(out, message, 3);
        fill(out, record, 2);
    }

    private static void vector(ByteBuf out, int[] values) {
        out.writeShort(values.length * 2);
        for (int value : values) {
            out.writeShort(value);
        }
    }

    private static int reserve(ByteBuf out, int bytes) {
        int at = out.writerIndex();
        out.writeZero(bytes);
        return at;
    }

    private static void fill(ByteBuf out, int at, int bytes) {
        int length = out.writerIndex() - at - bytes;
        if (bytes == 2) {
            out.setShort(at, length);
        } else {
            out.setMedium(at, length);
        }
    }
}
