package dev.pgpool.certwatch.internal.discover;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The files of a directory, or those that match a pattern, in order of their paths. Goes from segment to segment, so that {@code
 * /srv/&#42;/tls/&#42;.pem} lists only what it must. Links are followed. Names that begin with a dot count only where the pattern's
 * segment does, and never those with two: Kubernetes keeps its generations there and swaps a link.
 */
final class FilePattern {

    /** Deeper trees have loops of links in them that lead round in several steps. */
    private static final int MAX_DEPTH = 20;

    /** Entries read in one reading. */
    private static final int MAX_ENTRIES = 200_000;

    private final Set<Path> found = new LinkedHashSet<>();
    private final boolean recursive;
    private int entries;

    private FilePattern(boolean recursive) {
        this.recursive = recursive;
    }

    /**
     * What was found.
     *
     * @param cut whether the search was ended early
     */
    record Matches(List<Path> files, boolean cut) {}

    /**
     * Searches.
     *
     * @throws NoSuchFileException if a directory named without a pattern does not exist
     * @throws IOException if such a directory cannot be read
     */
    static Matches expand(String pattern, boolean recursive) throws IOException {
        FilePattern search = new FilePattern(recursive);
        List<String> segments = new ArrayList<>();
        for (String segment : pattern.split("/", -1)) {
            if (!segment.isEmpty()) {
                segments.add(segment);
            }
        }
        int literal = 0;
        while (literal < segments.size() && !isPattern(segments.get(literal))) {
            literal++;
        }
        Path base = Path.of((pattern.startsWith("/") ? "/" : "") + String.join("/", segments.subList(0, literal)));
        boolean exists = Files.exists(base.toString().isEmpty() ? Path.of(".") : base, LinkOption.NOFOLLOW_LINKS);
        if (!exists) {
            throw new NoSuchFileException(base.toString());
        }
        // Only here: further down, what cannot be read is passed over.
        if (Files.isDirectory(base)) {
            Files.newDirectoryStream(base).close();
        }
        search.match(base, segments.subList(literal, segments.size()), 0);
        List<Path> files = new ArrayList<>(search.found);
        files.sort(null);
        return new Matches(files, search.entries > MAX_ENTRIES);
    }

    private static boolean isPattern(String segment) {
        return segment.chars().anyMatch(c -> "*?[{".indexOf(c) >= 0);
    }

    private void match(Path path, List<String> rest, int depth) {
        if (depth > MAX_DEPTH || entries > MAX_ENTRIES || leadsBack(path)) {
            return;
        }
        if (rest.isEmpty()) {
            if (Files.isDirectory(path)) {
                files(path, depth);
            } else if (isFile(path)) {
                found.add(path);
            }
            return;
        }
        String segment = rest.get(0);
        List<String> next = rest.subList(1, rest.size());
        if (segment.equals("**")) {
            match(path, next.isEmpty() ? List.of("*") : next, depth);
            for (Path entry : list(path, false)) {
                if (Files.isDirectory(entry)) {
                    match(entry, rest, depth + 1);
                }
            }
            return;
        }
        if (!isPattern(segment)) {
            Path there = path.resolve(segment);
            if (Files.exists(there, LinkOption.NOFOLLOW_LINKS)) {
                match(there, next, depth);
            }
            return;
        }
        PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + segment);
        for (Path entry : list(path, segment.startsWith("."))) {
            // A directory at the end of a pattern is not what was meant by it.
            if (matcher.matches(entry.getFileName()) && !(next.isEmpty() && Files.isDirectory(entry))) {
                match(entry, next, depth + 1);
            }
        }
    }

    /** Whether a link leads to a directory that it lies in: all below was found there, or will be. */
    private static boolean leadsBack(Path path) {
        try {
            if (!Files.isSymbolicLink(path) || !Files.isDirectory(path)) {
                return false;
            }
            Path parent = path.toAbsolutePath().getParent();
            return parent != null && parent.toRealPath().startsWith(path.toRealPath());
        } catch (IOException e) {
            return true;
        }
    }

    /** The files of a directory. */
    private void files(Path directory, int depth) {
        for (Path entry : list(directory, false)) {
            if (!Files.isDirectory(entry)) {
                if (isFile(entry)) {
                    found.add(entry);
                }
            } else if (recursive) {
                match(entry, List.of(), depth + 1);
            }
        }
    }

    /** A pipe or device would be read for ever; a link that points nowhere is something to report. */
    private static boolean isFile(Path path) {
        return Files.isRegularFile(path) || (Files.isSymbolicLink(path) && !Files.exists(path));
    }

    private List<Path> list(Path directory, boolean hidden) {
        List<Path> all = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
            for (Path entry : stream) {
                String name = entry.getFileName().toString();
                if (!name.startsWith("..") && (hidden || !name.startsWith("."))) {
                    all.add(entry);
                }
                if (++entries > MAX_ENTRIES) {
                    return all;
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            return all;
        }
        all.sort(null);
        return all;
    }
}
