package dev.pgpool.core.internal.auth.hba;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/** Addresses that have the masked bits in common; or any address at all. */
final class AddressRange {

    static final AddressRange ALL = new AddressRange(new byte[0], new byte[0]);

    private static final String EXPECTED =
            "all, an address with its prefix length as in 10.0.0.0/8, or an address and a mask";

    private final byte[] address;
    private final byte[] mask;

    private AddressRange(byte[] address, byte[] mask) {
        this.address = address;
        this.mask = mask;
    }

    /** Whether a mask has to follow in a field of its own. */
    static boolean needsMask(Token token) {
        return !token.isKeyword("all") && token.text().indexOf('/') < 0;
    }

    /** @param maskToken the next field, if the address came without a prefix length */
    static AddressRange parse(Token token, @Nullable Token maskToken) throws RuleError {
        String seen = "\"" + token.text() + "\"";
        if (token.isKeyword("all")) {
            return ALL;
        }
        if (token.isKeyword("samehost") || token.isKeyword("samenet")) {
            throw new RuleError("address", seen, EXPECTED + "; the pooler does not know the server's networks");
        }
        int slash = token.text().indexOf('/');
        String literal = slash < 0 ? token.text() : token.text().substring(0, slash);
        byte[] address = NetUtil.createByteArrayFromIpAddressString(literal);
        if (address == null) {
            throw new RuleError("address", seen, EXPECTED + "; host names are not looked up");
        }
        if (slash >= 0) {
            return new AddressRange(address, mask(token.text().substring(slash + 1), address.length, seen));
        }
        if (maskToken == null) {
            throw new RuleError("address", seen, EXPECTED);
        }
        byte[] mask = NetUtil.createByteArrayFromIpAddressString(maskToken.text());
        if (mask == null || mask.length != address.length) {
            throw new RuleError(
                    "mask", "\"" + maskToken.text() + "\"", "a mask of " + address.length + " bytes like the address");
        }
        return new AddressRange(address, mask);
    }

    private static byte[] mask(String digits, int bytes, String seen) throws RuleError {
        int bits = digits.matches("[0-9]{1,3}") ? Integer.parseInt(digits) : -1;
        if (bits < 0 || bits > bytes * Byte.SIZE) {
            throw new RuleError("address", seen, "a prefix length from 0 to " + bytes * Byte.SIZE);
        }
        byte[] mask = new byte[bytes];
        for (int i = 0; i < bits; i++) {
            mask[i / Byte.SIZE] |= (byte) (0x80 >>> i % Byte.SIZE);
        }
        return mask;
    }

    boolean contains(InetAddress candidate) {
        if (this == ALL) {
            return true;
        }
        byte[] bytes = candidate.getAddress();
        if (bytes.length != address.length) {
            return false;
        }
        for (int i = 0; i < bytes.length; i++) {
            if (((bytes[i] ^ address[i]) & mask[i]) != 0) {
                return false;
            }
        }
        return true;
    }
}
