package dev.pgpool.examples.quickstart;

import dev.pgpool.examples.BackupDemo;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The part of the quickstart that shows a backup's life; see {@link BackupDemo}. */
public final class BackupSection {

    private BackupSection() {}

    /**
     * Shows it.
     *
     * @param bank server of the quickstart
     * @param environment with the settings of S3, if that is to be used
     * @return false if something did not go as it should; what cannot be shown on this machine is only told
     */
    public static boolean show(BankServer bank, Map<String, String> environment, PrintStream out) throws IOException {
        Path directory = Files.createTempDirectory("pgpool-backups-");
        try (DumpableServer server = DumpableServer.beside(bank)) {
            out.printf("%npgpool quickstart: a backup's life%n%n");
            return new BackupDemo(server.server(), () -> BackupDemo.store(environment, directory), out).run()
                    != BackupDemo.Outcome.WRONG;
        } catch (IllegalArgumentException e) {
            out.println("  " + e.getMessage());
            return false;
        } finally {
            delete(directory);
        }
    }

    private static void delete(Path directory) throws IOException {
        List<Path> files;
        try (Stream<Path> walk = Files.walk(directory)) {
            files = walk.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : files) {
            Files.deleteIfExists(file);
        }
    }
}
