package dev.pgpool.benchmarks.compare;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Finds installed programs: on PATH, where Debian keeps those of PostgreSQL, in the sbin directories. */
final class Programs {
    private static final Path DEBIAN_POSTGRES = Path.of("/usr/lib/postgresql");

    private Programs() {}

    static Optional<String> find(String name) {
        return Stream.of(path(), debianPostgres(), Stream.of(Path.of("/usr/sbin"), Path.of("/usr/local/sbin")))
                .flatMap(directories -> directories)
                .map(directory -> directory.resolve(name))
                .filter(Files::isExecutable)
                .map(Path::toString)
                .findFirst();
    }

    private static Stream<Path> path() {
        String path = System.getenv("PATH");
        return path == null
                ? Stream.of()
                : Stream.of(path.split(File.pathSeparator)).map(Path::of);
    }

    private static Stream<Path> debianPostgres() {
        if (!Files.isDirectory(DEBIAN_POSTGRES)) {
            return Stream.of();
        }
        try (Stream<Path> versions = Files.list(DEBIAN_POSTGRES)) {
            List<Path> directories = versions.sorted(Comparator.reverseOrder())
                    .map(version -> version.resolve("bin"))
                    .toList();
            return directories.stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
