package dev.pgpool.certwatch.internal.judge;

import dev.pgpool.certwatch.internal.tls.EncodedStaple;
import dev.pgpool.certwatch.internal.x509.Der;
import dev.pgpool.certwatch.report.OcspStaple;
import java.math.BigInteger;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads the dates of a stapled response; Java checks it, but shows none of them (RFC 6960, section 4.2.1). */
final class OcspStaples {

    private static final int THIS_UPDATE = 2;
    private static final int NEXT_UPDATE = 0xa0;
    private static final int SERIAL = 3;
    private static final int REVOKED = 0xa1;

    private OcspStaples() {}

    /** What the response says; absent if there is none. */
    static @Nullable OcspStaple read(@Nullable EncodedStaple staple) {
        if (staple == null) {
            return null;
        }
        Der response = Der.of(staple.encoded());
        int code = response.child(0).firstByte();
        if (code != 0) {
            return new OcspStaple(error(code), null, null);
        }
        Der basic = Der.of(response.child(1).content().child(1).value());
        Der data = basic.child(0);
        Der single = null;
        for (Der part : data.children()) {
            // Only the responses are a SEQUENCE whose elements are SEQUENCEs of SEQUENCE, CHOICE, time.
            if (part.is(Der.SEQUENCE) && part.child(0).child(THIS_UPDATE).is(Der.GENERALIZED_TIME)) {
                single = part.child(0);
            }
        }
        if (single == null) {
            return new OcspStaple("garbled", null, null);
        }
        String status = switch (single.child(1).tag() & 0x1f) {
            case 0 -> "good";
            case 1 -> "revoked";
            default -> "unknown";
        };
        Der next = single.children().stream()
                .filter(part -> part.is(NEXT_UPDATE))
                .findFirst()
                .map(Der::content)
                .orElse(Der.of(new byte[0]));
        return new OcspStaple(status, single.child(THIS_UPDATE).time(), next.time());
    }

    /** Whether a response, whether or not its signature is right, says of this serial number that its certificate is revoked. */
    static boolean saysRevoked(EncodedStaple staple, BigInteger serial) {
        Der basic = Der.of(Der.of(staple.encoded()).child(1).content().child(1).value());
        for (Der part : basic.child(0).children()) {
            for (Der single : part.is(Der.SEQUENCE) ? part.children() : List.<Der>of()) {
                byte[] own = single.child(0).child(SERIAL).value();
                if (single.child(1).is(REVOKED) && own.length > 0 && new BigInteger(own).equals(serial)) {
                    return true;
                }
            }
        }
        return false;
    }

    private static String error(int code) {
        return switch (code) {
            case 1 -> "malformedRequest";
            case 2 -> "internalError";
            case 3 -> "tryLater";
            case 5 -> "sigRequired";
            case 6 -> "unauthorized";
            default -> "garbled";
        };
    }
}
