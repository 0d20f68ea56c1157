package dev.pgpool.backup.store;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Lists the objects of a directory store, by key. */
final class DirectoryListing {

    private final DirectoryFiles files;
    private final Path root;

    DirectoryListing(DirectoryFiles files) {
        this.files = files;
        this.root = files.root();
    }

    void list(String prefix, Consumer<StoredObject> sink) {
        int slash = prefix.lastIndexOf('/');
        Path start = slash <= 0 ? root : files.path(prefix.substring(0, slash));
        List<String> keys = new ArrayList<>();
        if (Files.isDirectory(start)) {
            try {
                Files.walkFileTree(start, new KeyCollector(prefix, keys));
            } catch (IOException e) {
                throw DirectoryFiles.failure("list", prefix, e);
            }
        }
        keys.sort(null);
        for (String key : keys) {
            DirectoryFiles.stat(key, root.resolve(key)).ifPresent(sink);
        }
    }

    /** Collects keys; what vanishes during the walk was deleted meanwhile. */
    private final class KeyCollector extends SimpleFileVisitor<Path> {

        private final String prefix;
        private final List<String> keys;

        KeyCollector(String prefix, List<String> keys) {
            this.prefix = prefix;
            this.keys = keys;
        }

        @Override
        public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
            return directory.equals(files.uploads()) ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            String key = root.relativize(file).toString().replace('\\', '/');
            if (attributes.isRegularFile() && key.startsWith(prefix)) {
                keys.add(key);
            }
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
            if (e instanceof NoSuchFileException) {
                return FileVisitResult.CONTINUE;
            }
            throw e;
        }
    }
}
