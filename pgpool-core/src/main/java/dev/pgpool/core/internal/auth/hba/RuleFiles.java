package dev.pgpool.core.internal.auth.hba;

import dev.pgpool.core.auth.EditedText;
import dev.pgpool.core.auth.FileStamp;
import dev.pgpool.core.config.ConfigException;
import dev.pgpool.core.internal.log.LogLine;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The rules of a {@code pg_hba.conf} and a {@code pg_ident.conf}, looked at anew for each question and read anew when one
 * of them, or a file that they name, has changed. Thread-safe; blocks while it looks at files, so never to be called on
 * an event loop.
 *
 * <p>A new version with an error is not used, not even in part: the rules of before stay in force and the log says what
 * is wrong, as with PostgreSQL. To refuse every client instead would make an outage of each slip of an editor, and who
 * can write the file can open the doors anyway.
 */
public final class RuleFiles {
    private static final Logger LOGGER = LoggerFactory.getLogger(RuleFiles.class);
    private static final int MAX_BYTES = 16 << 20;

    private final Path hbaFile;
    private final @Nullable Path identFile;
    private final boolean hasAuthenticator;
    private AccessRules rules;
    /** The files that the last attempt looked at, as they were; empty if it must be made again. */
    private Map<String, FileStamp> seen = Map.of();

    private String lastProblem = "";

    /**
     * Reads the files for the first time.
     *
     * @param hasAuthenticator whether rules may name the host's own authenticator
     * @throws ConfigException with all problems of both files
     */
    public RuleFiles(Path hbaFile, Optional<Path> identFile, boolean hasAuthenticator) {
        this.hbaFile = hbaFile.toAbsolutePath();
        this.identFile = identFile.map(Path::toAbsolutePath).orElse(null);
        this.hasAuthenticator = hasAuthenticator;
        List<String> problems = new ArrayList<>();
        AccessRules first = read(problems);
        if (first == null || !problems.isEmpty()) {
            throw new ConfigException(problems);
        }
        this.rules = first;
    }

    /** The rules in force. */
    public synchronized AccessRules current() {
        if (!seen.isEmpty() && seen.equals(stamps(seen))) {
            return rules;
        }
        List<String> problems = new ArrayList<>();
        AccessRules changed = read(problems);
        if (changed != null && problems.isEmpty()) {
            rules = changed;
            lastProblem = "";
            return changed;
        }
        String problem = String.join("; ", problems);
        if (!problem.equals(lastProblem)) {
            lastProblem = problem;
            LogLine.warn(LOGGER, "access rules not reloaded")
                    .with("file", hbaFile)
                    .with("error", problem)
                    .write();
        }
        return rules;
    }

    private @Nullable AccessRules read(List<String> problems) {
        Reader reader = new Reader();
        long now = System.currentTimeMillis();
        try {
            AccessRules read = AccessRules.read(
                    reader,
                    hbaFile.toString(),
                    identFile == null ? null : identFile.toString(),
                    hasAuthenticator,
                    problems);
            boolean settled = reader.stamps.values().stream().allMatch(stamp -> stamp.isSettledAt(now));
            seen = settled ? Map.copyOf(reader.stamps) : Map.of();
            return read;
        } catch (IOException e) {
            seen = Map.of();
            problems.add(e.getMessage() + " (expected: a readable file of rules)");
            return null;
        }
    }

    private static Map<String, FileStamp> stamps(Map<String, FileStamp> files) {
        Map<String, FileStamp> now = new LinkedHashMap<>();
        files.keySet().forEach(file -> now.put(file, FileStamp.ofAny(Path.of(file))));
        return now;
    }

    /** Notes what each file was like when it was read. */
    private static final class Reader implements RuleSource {
        private final Map<String, FileStamp> stamps = new LinkedHashMap<>();

        @Override
        public String read(String file) throws IOException {
            Path path = Path.of(file);
            stamps.put(file, FileStamp.ofAny(path));
            try (InputStream in = Files.newInputStream(path)) {
                byte[] bytes = in.readNBytes(MAX_BYTES + 1);
                if (bytes.length > MAX_BYTES) {
                    throw new IOException(file + ": more than " + MAX_BYTES + " bytes");
                }
                return EditedText.decode(bytes);
            } catch (EditedText.NotUtf8 e) {
                throw new IOException(file + ": " + e.getMessage(), e);
            } catch (java.nio.file.FileSystemException e) {
                throw new IOException(file + ": " + e.getClass().getSimpleName(), e);
            }
        }

        @Override
        public String beside(String file, String name) {
            return Path.of(file).resolveSibling(name).toString();
        }
    }
}
