package dev.pgpool.backup.internal.archive;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The table of contents at the head of an archive of pg_dump, in the custom or the tar format. It says exactly which schema and
 * name each entry has, and what it depends on, while the listing of {@code pg_restore --list} is for people: names with spaces
 * run together there, and an index does not say what table it belongs to.
 *
 * @param entries in the archive's order
 * @see <a href="https://github.com/postgres/postgres/blob/master/src/bin/pg_dump/pg_backup_archiver.c">{@code ReadHead},
 *     {@code ReadToc}</a>
 */
public record ArchiveToc(List<Entry> entries) {

    /**
     * An entry.
     *
     * @param id by which pg_restore and other entries name it
     * @param description its kind: {@code TABLE}, {@code TABLE DATA}, {@code FK CONSTRAINT}
     * @param schema empty if it is in none
     * @param tag its name
     * @param dependencies ids of entries that it needs
     */
    record Entry(int id, String description, String schema, String tag, List<Integer> dependencies) {
        Entry {
            dependencies = List.copyOf(dependencies);
        }
    }

    private static final byte[] MAGIC = "PGDMP".getBytes(StandardCharsets.US_ASCII);
    private static final Pattern CLIENT_ENCODING = Pattern.compile("client_encoding = '([^']*)'");

    /** Java's names of PostgreSQL's encodings. UTF8 needs none, and SQL_ASCII has none. */
    private static final Map<String, String> CHARSETS = Map.ofEntries(
            Map.entry("LATIN1", "ISO-8859-1"),
            Map.entry("LATIN2", "ISO-8859-2"),
            Map.entry("LATIN3", "ISO-8859-3"),
            Map.entry("LATIN4", "ISO-8859-4"),
            Map.entry("LATIN5", "ISO-8859-9"),
            Map.entry("LATIN7", "ISO-8859-13"),
            Map.entry("LATIN9", "ISO-8859-15"),
            Map.entry("LATIN10", "ISO-8859-16"),
            Map.entry("ISO_8859_5", "ISO-8859-5"),
            Map.entry("ISO_8859_6", "ISO-8859-6"),
            Map.entry("ISO_8859_7", "ISO-8859-7"),
            Map.entry("ISO_8859_8", "ISO-8859-8"),
            Map.entry("WIN1250", "windows-1250"),
            Map.entry("WIN1251", "windows-1251"),
            Map.entry("WIN1252", "windows-1252"),
            Map.entry("WIN1253", "windows-1253"),
            Map.entry("WIN1254", "windows-1254"),
            Map.entry("WIN1255", "windows-1255"),
            Map.entry("WIN1256", "windows-1256"),
            Map.entry("WIN1257", "windows-1257"),
            Map.entry("WIN1258", "windows-1258"),
            Map.entry("WIN866", "IBM866"),
            Map.entry("WIN874", "x-windows-874"),
            Map.entry("KOI8R", "KOI8-R"),
            Map.entry("KOI8U", "KOI8-U"),
            Map.entry("EUC_JP", "EUC-JP"),
            Map.entry("EUC_KR", "EUC-KR"),
            Map.entry("EUC_CN", "GB2312"),
            Map.entry("EUC_TW", "x-EUC-TW"));

    private static final int TAR_HEADER = 512;
    private static final int MAX_STRING = 1 << 30;
    private static final int OLDEST = version(1, 12);
    private static final int NEWEST = version(1, 16);
    private static final int HAS_TABLE_ACCESS_METHOD = version(1, 14);
    private static final int HAS_COMPRESSION_METHOD = version(1, 15);
    private static final int HAS_RELKIND = version(1, 16);
    private static final int DATE_FIELDS = 7;
    private static final int CUSTOM = 1;

    public ArchiveToc {
        entries = List.copyOf(entries);
    }

    private static int version(int major, int minor) {
        return major << 8 | minor;
    }

    /**
     * Reads it from the head of an archive.
     *
     * @throws IOException if it is none, or of a version that is not known here
     */
    public static ArchiveToc read(InputStream archive) throws IOException {
        byte[] magic = archive.readNBytes(MAGIC.length);
        if (!Arrays.equals(magic, MAGIC)) {
            // A tar file begins with a header of the member toc.dat.
            archive.skipNBytes(TAR_HEADER - (long) magic.length);
            magic = archive.readNBytes(MAGIC.length);
            if (!Arrays.equals(magic, MAGIC)) {
                throw new IOException("not an archive of pg_dump");
            }
        }
        return new Parser(archive).toc();
    }

    private static final class Parser {
        private final InputStream in;
        // Until the first entry says otherwise. Names in SQL_ASCII are bytes; what is not UTF-8 only has to stay
        // different.
        private Charset charset = StandardCharsets.UTF_8;
        private int version;
        private int intSize;
        private int offsetSize;
        private int format;

        Parser(InputStream in) {
            this.in = in;
        }

        ArchiveToc toc() throws IOException {
            version = version(octet(), octet());
            octet();
            if (version < OLDEST || version > NEWEST) {
                throw new IOException(
                        "archive version " + (version >> 8) + "." + (version & 0xff) + " (expected: 1.12 to 1.16)");
            }
            intSize = octet();
            offsetSize = octet();
            format = octet();
            if (version >= HAS_COMPRESSION_METHOD) {
                octet();
            } else {
                integer();
            }
            for (int i = 0; i < DATE_FIELDS; i++) {
                integer();
            }
            string();
            string();
            string();
            int count = integer();
            List<Entry> entries = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                entries.add(entry());
            }
            return new ArchiveToc(entries);
        }

        private Entry entry() throws IOException {
            int id = integer();
            integer();
            string();
            string();
            String tag = string();
            String description = string();
            integer();
            String definition = string();
            if (description.equals("ENCODING")) {
                charset = charset(definition);
            }
            string();
            string();
            String schema = string();
            string();
            if (version >= HAS_TABLE_ACCESS_METHOD) {
                string();
            }
            if (version >= HAS_RELKIND) {
                integer();
            }
            string();
            string();
            List<Integer> dependencies = new ArrayList<>();
            for (String dependency = nullable(); dependency != null; dependency = nullable()) {
                try {
                    dependencies.add(Integer.parseInt(dependency.strip()));
                } catch (NumberFormatException e) {
                    throw new IOException("dependency \"" + dependency + "\" of entry " + id, e);
                }
            }
            if (format == CUSTOM) {
                in.skipNBytes(1L + offsetSize);
            } else {
                string();
            }
            return new Entry(id, description, schema, tag, dependencies);
        }

        private static Charset charset(String definition) {
            Matcher encoding = CLIENT_ENCODING.matcher(definition);
            String name = encoding.find() ? CHARSETS.get(encoding.group(1)) : null;
            return name != null && Charset.isSupported(name) ? Charset.forName(name) : StandardCharsets.UTF_8;
        }

        private int octet() throws IOException {
            int b = in.read();
            if (b < 0) {
                throw new EOFException("the archive ends within its table of contents");
            }
            return b;
        }

        private int integer() throws IOException {
            boolean negative = octet() != 0;
            long value = 0;
            for (int i = 0; i < intSize; i++) {
                value |= (long) octet() << (8 * i);
            }
            return (int) (negative ? -value : value);
        }

        private String string() throws IOException {
            String value = nullable();
            return value == null ? "" : value;
        }

        private @Nullable String nullable() throws IOException {
            int length = integer();
            if (length < 0) {
                return null;
            }
            if (length > MAX_STRING) {
                throw new IOException("a string of " + length + " bytes in the table of contents");
            }
            byte[] bytes = in.readNBytes(length);
            if (bytes.length < length) {
                throw new EOFException("the archive ends within its table of contents");
            }
            return new String(bytes, charset);
        }
    }
}
