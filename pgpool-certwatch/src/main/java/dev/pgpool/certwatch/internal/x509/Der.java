package dev.pgpool.certwatch.internal.x509;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An element of DER, read in place. Just enough for what Java has no class for or refuses: some extensions, certificates and keys
 * that break a rule, key containers. A whole ASN.1 library would be too much. What is garbled reads as empty.
 *
 * @param tag first byte
 * @param from where the element begins, its tag included
 * @param start where its contents begin
 * @param end behind its contents
 */
public record Der(Bytes bytes, int tag, int from, int start, int end) {

    public static final int BOOLEAN = 0x01;
    public static final int INTEGER = 0x02;
    public static final int BIT_STRING = 0x03;
    public static final int OCTET_STRING = 0x04;
    public static final int OID = 0x06;
    public static final int ENUMERATED = 0x0a;
    public static final int UTC_TIME = 0x17;
    public static final int GENERALIZED_TIME = 0x18;
    public static final int SEQUENCE = 0x30;
    public static final int SET = 0x31;
    /** {@code [6] uniformResourceIdentifier} of a GeneralName. */
    public static final int URI = 0x86;

    private static final int MAX_DEPTH = 8;

    /** The bytes under an element; a class, because records compare arrays by identity. */
    static final class Bytes {
        private final byte[] array;

        Bytes(byte[] array) {
            this.array = array;
        }
    }

    /** The first element; an empty one if there is none. */
    public static Der of(byte[] encoded) {
        List<Der> read = read(new Bytes(encoded), 0, encoded.length, 1);
        return read.isEmpty() ? none(new Bytes(encoded)) : read.get(0);
    }

    /** All elements that stand one behind the other; what is cut or garbled at the end is left out. */
    public static List<Der> all(byte[] encoded) {
        return read(new Bytes(encoded), 0, encoded.length, Integer.MAX_VALUE);
    }

    private static Der none(Bytes bytes) {
        return new Der(bytes, 0, 0, 0, 0);
    }

    /** The one element inside this one, such as the value inside the OCTET STRING of an extension. */
    public Der content() {
        return child(0);
    }

    /** The nth element inside this one; an empty one of tag 0 if there are fewer. */
    public Der child(int index) {
        List<Der> children = children();
        return index < children.size() ? children.get(index) : none(bytes);
    }

    public List<Der> children() {
        return read(bytes, start, end, Integer.MAX_VALUE);
    }

    public boolean is(int wanted) {
        return tag == wanted;
    }

    public int length() {
        return end - start;
    }

    public int firstByte() {
        return length() == 0 ? -1 : bytes.array[start] & 0xff;
    }

    /** The contents; a copy. */
    public byte[] value() {
        return Arrays.copyOfRange(bytes.array, start, end);
    }

    /** The element with its tag and length; a copy. */
    public byte[] encoded() {
        return Arrays.copyOfRange(bytes.array, from, end);
    }

    /** Where the element ends in what was read. */
    public int endOffset() {
        return end;
    }

    public String text() {
        return new String(bytes.array, start, length(), StandardCharsets.ISO_8859_1);
    }

    /** A time in whole seconds; absent if this is none. */
    public @Nullable Instant time() {
        return DerTime.of(this);
    }

    /** An object identifier with dots; empty if this is none. */
    public String oid() {
        if (tag != OID || length() == 0) {
            return "";
        }
        StringBuilder dotted = new StringBuilder();
        long arc = 0;
        boolean first = true;
        for (int i = start; i < end; i++) {
            arc = (arc << 7) | (bytes.array[i] & 0x7f);
            if (arc > Integer.MAX_VALUE) {
                return "";
            }
            if ((bytes.array[i] & 0x80) == 0) {
                if (first) {
                    long top = Math.min(arc / 40, 2);
                    dotted.append(top).append('.').append(arc - top * 40);
                    first = false;
                } else {
                    dotted.append('.').append(arc);
                }
                arc = 0;
            }
        }
        return dotted.toString();
    }

    /** All URIs of general names at any depth. */
    public List<String> uris() {
        List<String> found = new ArrayList<>();
        collect(found, 0);
        return found;
    }

    private void collect(List<String> found, int depth) {
        if (tag == URI) {
            found.add(text());
        } else if ((tag & 0x20) != 0 && depth < MAX_DEPTH) {
            children().forEach(child -> child.collect(found, depth + 1));
        }
    }

    private static List<Der> read(Bytes bytes, int from, int to, int most) {
        List<Der> elements = new ArrayList<>();
        int at = from;
        while (at + 2 <= to && elements.size() < most) {
            int tag = bytes.array[at] & 0xff;
            long length = bytes.array[at + 1] & 0xff;
            int start = at + 2;
            if (length > 0x80) {
                int octets = (int) length & 0x7f;
                if (octets > 4 || start + octets > to) {
                    return elements;
                }
                length = 0;
                for (int i = 0; i < octets; i++) {
                    length = (length << 8) | (bytes.array[start + i] & 0xff);
                }
                start += octets;
            } else if (length == 0x80) {
                return elements;
            }
            if (start + length > to) {
                return elements;
            }
            int end = start + (int) length;
            elements.add(new Der(bytes, tag, at, start, end));
            at = end;
        }
        return elements;
    }
}
