package dev.pgpool.backup.catalog;

import dev.pgpool.backup.config.DumpFormat;
import dev.pgpool.backup.config.RowCounts;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The object that makes a backup exist: everything needed to restore it, to check it, and to decide how long it is kept.
 *
 * @param formatVersion of this document
 * @param engineVersion of the library that wrote it
 * @param id of the run
 * @param startedAt when the data was as it is in the dump; its age for retention
 * @param finishedAt when the last byte was stored
 * @param source where it came from
 * @param tool what made it
 * @param objects what it consists of, data first
 * @param encryption how they are encrypted, or {@code null}
 * @param contents what is in the database
 * @param warnings of pg_dump
 * @param lockedUntil end of the object lock, or {@code null}
 */
public record BackupManifest(
        int formatVersion,
        String engineVersion,
        BackupId id,
        Instant startedAt,
        Instant finishedAt,
        Source source,
        Tool tool,
        List<StoredPart> objects,
        @Nullable Encryption encryption,
        Contents contents,
        List<String> warnings,
        @Nullable Instant lockedUntil) {

    /** The version written by this library. */
    public static final int FORMAT_VERSION = 1;

    /** Copies the lists. */
    public BackupManifest {
        objects = List.copyOf(objects);
        warnings = List.copyOf(warnings);
    }

    /** The same backup with other objects, as another store describes them. */
    public BackupManifest with(List<StoredPart> stored) {
        return new BackupManifest(
                formatVersion,
                engineVersion,
                id,
                startedAt,
                finishedAt,
                source,
                tool,
                stored,
                encryption,
                contents,
                warnings,
                lockedUntil);
    }

    /** The database. */
    public String database() {
        return source.database();
    }

    /** The dump itself. */
    public StoredPart data() {
        return objects.get(0);
    }

    /** Bytes of all objects. */
    public long totalBytes() {
        return objects.stream().mapToLong(StoredPart::bytes).sum();
    }

    /**
     * The database a backup was taken of.
     *
     * @param cluster the catalog's name for the server
     * @param systemIdentifier of the server, empty if it may not be read
     * @param database name
     * @param oid of the database
     * @param serverVersion {@code server_version_num}
     * @param walPosition {@code pg_current_wal_lsn} or the replay position, empty if it may not be read
     * @param encoding server encoding
     * @param collate {@code lc_collate}
     * @param ctype {@code lc_ctype}
     * @param localeProvider {@code libc}, {@code icu} or {@code builtin}
     * @param locale of that provider, or {@code null} for libc
     * @param collationVersion the provider's, or {@code null}
     * @param dataChecksums whether the server checks its pages
     * @param runner host that ran it
     */
    public record Source(
            String cluster,
            String systemIdentifier,
            String database,
            long oid,
            int serverVersion,
            String walPosition,
            String encoding,
            String collate,
            String ctype,
            String localeProvider,
            @Nullable String locale,
            @Nullable String collationVersion,
            boolean dataChecksums,
            String runner) {}

    /**
     * The program and how it was called.
     *
     * @param version its version, as {@code 150018}
     * @param versionText as it printed it
     * @param arguments all of them; none is secret
     * @param format of the dump
     */
    public record Tool(int version, String versionText, List<String> arguments, DumpFormat format) {
        /** Copies the arguments. */
        public Tool {
            arguments = List.copyOf(arguments);
        }
    }

    /**
     * One stored object.
     *
     * @param role {@code data} or {@code globals}
     * @param key its full key
     * @param bytes stored
     * @param plainBytes before encryption
     * @param sha256 of the stored bytes, hex
     * @param etag the store's
     * @param versionId the store's, or {@code null}
     * @param parts in how many it was sent
     */
    public record StoredPart(
            String role,
            String key,
            long bytes,
            long plainBytes,
            String sha256,
            String etag,
            @Nullable String versionId,
            int parts) {}

    /**
     * How the objects are encrypted.
     *
     * @param algorithm and framing
     * @param keyId whose key
     * @param keyCheck a value by which a wrong key is told before anything is read
     */
    public record Encryption(String algorithm, String keyId, String keyCheck) {}

    /**
     * What the database held.
     *
     * @param rowCounts what the counts are
     * @param tables rows by qualified name, in quotes where SQL needs them; -1 if not counted
     * @param sequences by qualified name; those that could be read
     * @param largeObjects how many
     * @param extensions name to version
     * @param roles that the database depends on
     * @param databaseBytes {@code pg_database_size}
     * @param missingSchemas schemas that a dump of some tables only needs and does not hold; a restore makes them first
     * @param createsPublic whether the dump creates the schema public, which a new database has already
     * @param notCompared why nothing of this can be compared with what is restored, or {@code null} if it can
     */
    public record Contents(
            RowCounts rowCounts,
            Map<String, Long> tables,
            Map<String, SequenceRange> sequences,
            long largeObjects,
            Map<String, String> extensions,
            List<String> roles,
            long databaseBytes,
            @Nullable List<String> missingSchemas,
            @Nullable Boolean createsPublic,
            @Nullable String notCompared) {
        /** Copies. */
        public Contents {
            tables = Map.copyOf(tables);
            sequences = Map.copyOf(sequences);
            extensions = Map.copyOf(extensions);
            roles = List.copyOf(roles);
            missingSchemas = missingSchemas == null ? List.of() : List.copyOf(missingSchemas);
            createsPublic = createsPublic != null && createsPublic;
        }

        /** Contents of a whole database. */
        public Contents(
                RowCounts rowCounts,
                Map<String, Long> tables,
                Map<String, SequenceRange> sequences,
                long largeObjects,
                Map<String, String> extensions,
                List<String> roles,
                long databaseBytes) {
            this(rowCounts, tables, sequences, largeObjects, extensions, roles, databaseBytes, List.of(), false, null);
        }

        /** The same, of which nothing can be compared, and why. */
        public Contents notCompared(String why) {
            return new Contents(
                    RowCounts.NONE,
                    Map.of(),
                    Map.of(),
                    0,
                    Map.of(),
                    roles,
                    databaseBytes,
                    missingSchemas,
                    createsPublic,
                    why);
        }
    }

    /**
     * Where a sequence stood. Sequences are not part of a snapshot, so it is two readings, before and after the dump.
     *
     * @param before the dump
     * @param after the dump
     */
    public record SequenceRange(long before, long after) {}
}
