package dev.pgpool.core.internal.tls;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;

/** As much of ASN.1's distinguished encoding as private keys are made of. */
final class Der {
    static final int INTEGER = 0x02;
    static final int OCTETS = 0x04;
    static final int OID = 0x06;
    static final int SEQUENCE = 0x30;
    /** The first of the optional members that are told from each other by a number. */
    static final int MEMBER_0 = 0xA0;

    private final ByteBuffer bytes;

    Der(byte[] bytes) {
        this.bytes = ByteBuffer.wrap(bytes);
    }

    private Der(ByteBuffer bytes) {
        this.bytes = bytes;
    }

    /** What it has not got, or not all of. */
    static final class Malformed extends Exception {
        private static final long serialVersionUID = 1L;
    }

    /** Whether the next element has this tag. */
    boolean is(int tag) {
        return bytes.hasRemaining() && (bytes.get(bytes.position()) & 0xFF) == tag;
    }

    /** The contents of the next element, which must have this tag. */
    Der next(int tag) throws Malformed {
        if (!is(tag)) {
            throw new Malformed();
        }
        bytes.get();
        int length = length();
        if (length > bytes.remaining()) {
            throw new Malformed();
        }
        ByteBuffer contents = bytes.slice().limit(length);
        bytes.position(bytes.position() + length);
        return new Der(contents);
    }

    /** Everything that is left. */
    byte[] toBytes() {
        byte[] rest = new byte[bytes.remaining()];
        bytes.duplicate().get(rest);
        return rest;
    }

    /** Everything that is left, as a number that is not negative. */
    int toInt() throws Malformed {
        if (!bytes.hasRemaining() || bytes.remaining() > Integer.BYTES) {
            throw new Malformed();
        }
        int number = 0;
        for (byte b : toBytes()) {
            number = (number << 8) | (b & 0xFF);
        }
        return number;
    }

    private int length() throws Malformed {
        if (!bytes.hasRemaining()) {
            throw new Malformed();
        }
        int first = bytes.get() & 0xFF;
        if (first < 0x80) {
            return first;
        }
        int count = first & 0x7F;
        if (count == 0 || count > 3 || count > bytes.remaining()) {
            throw new Malformed();
        }
        int length = 0;
        for (int i = 0; i < count; i++) {
            length = (length << 8) | (bytes.get() & 0xFF);
        }
        return length;
    }

    /** An element of these contents, one after the other. */
    static byte[] element(int tag, byte[]... contents) {
        ByteArrayOutputStream inside = new ByteArrayOutputStream();
        for (byte[] part : contents) {
            inside.writeBytes(part);
        }
        ByteArrayOutputStream element = new ByteArrayOutputStream();
        element.write(tag);
        int length = inside.size();
        if (length < 0x80) {
            element.write(length);
        } else if (length < 0x100) {
            element.write(0x81);
            element.write(length);
        } else {
            element.write(0x82);
            element.write(length >> 8);
            element.write(length);
        }
        element.writeBytes(inside.toByteArray());
        return element.toByteArray();
    }
}
