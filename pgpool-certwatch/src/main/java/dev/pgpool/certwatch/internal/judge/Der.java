package dev.pgpool.certwatch.internal.judge;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * An element of DER, read in place. Just enough for the three extensions that Java has no class for (TLS feature, CRL
 * distribution points and the issuing distribution point of a list), for which a whole ASN.1 library would be too much. What
 * is garbled reads as empty.
 *
 * @param tag first byte
 */
record Der(Bytes bytes, int tag, int start, int end) {

    static final int INTEGER = 0x02;
    /** {@code [6] uniformResourceIdentifier} of a GeneralName. */
    static final int URI = 0x86;

    /** The bytes under an element; a class, because records compare arrays by identity. */
    static final class Bytes {
        private final byte[] array;

        Bytes(byte[] array) {
            this.array = array;
        }
    }

    static Der of(byte[] encoded) {
        List<Der> read = read(new Bytes(encoded), 0, encoded.length);
        return read.isEmpty() ? new Der(new Bytes(encoded), 0, 0, 0) : read.get(0);
    }

    /** The one element inside this one, such as the value inside the OCTET STRING of an extension. */
    Der content() {
        List<Der> children = children();
        return children.isEmpty() ? new Der(bytes, 0, 0, 0) : children.get(0);
    }

    List<Der> children() {
        return read(bytes, start, end);
    }

    int length() {
        return end - start;
    }

    int firstByte() {
        return length() == 0 ? -1 : bytes.array[start] & 0xff;
    }

    String text() {
        return new String(bytes.array, start, length(), StandardCharsets.ISO_8859_1);
    }

    /** All URIs of general names at any depth. */
    List<String> uris() {
        List<String> found = new ArrayList<>();
        collect(found, 0);
        return found;
    }

    private void collect(List<String> found, int depth) {
        if (tag == URI) {
            found.add(text());
        } else if ((tag & 0x20) != 0 && depth < 8) {
            children().forEach(child -> child.collect(found, depth + 1));
        }
    }

    private static List<Der> read(Bytes bytes, int from, int to) {
        List<Der> elements = new ArrayList<>();
        int at = from;
        while (at + 2 <= to) {
            int tag = bytes.array[at] & 0xff;
            int length = bytes.array[at + 1] & 0xff;
            int start = at + 2;
            if (length > 0x80) {
                int octets = length & 0x7f;
                if (octets > 3 || start + octets > to) {
                    return List.of();
                }
                length = 0;
                for (int i = 0; i < octets; i++) {
                    length = (length << 8) | (bytes.array[start + i] & 0xff);
                }
                start += octets;
            } else if (length == 0x80) {
                return List.of();
            }
            if (start + length > to) {
                return List.of();
            }
            elements.add(new Der(bytes, tag, start, start + length));
            at = start + length;
        }
        return elements;
    }
}
