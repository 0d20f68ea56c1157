package dev.pgpool.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A pooler on a class path whose jars of Netty do not fit each other: some of their classes can't be linked. */
class MixedNettyTest {
    private static final String TRANSPORT = "io/netty/channel/";

    @TempDir
    Path jar;

    @ParameterizedTest
    @ValueSource(
            strings = {"kqueue/KQueueSocketChannel", "epoll/EpollEventLoopGroup", "epoll/Epoll", "nio/NioEventLoopGroup"
            })
    void theVersionsAreNamedBeforeAClassFailsToLink(String broken) throws Exception {
        breakClass(broken);
        Path versions = jar.resolve("META-INF/io.netty.versions.properties");
        Files.createDirectories(versions.getParent());
        Files.writeString(versions, "netty-transport-classes-kqueue.version=4.1.100.Final\n");

        assertThat(build())
                .startsWith("IllegalStateException: jars of different Netty versions")
                .contains("netty-transport-classes-kqueue 4.1.100.Final");
    }

    @Test
    void withoutVersionsTheClassIsNamed() throws Exception {
        breakClass("kqueue/KQueueSocketChannel");

        assertThat(build())
                .startsWith("IllegalStateException: the classes of Netty on the class path do not go together")
                .contains("KQueueSocketChannel");
    }

    private void breakClass(String name) throws IOException {
        Path file = jar.resolve(TRANSPORT + name + ".class");
        Files.createDirectories(file.getParent());
        Files.writeString(file, "of another version");
    }

    /**
     * What a process says that builds a pooler with these classes. A class loader would not do: when it is collected, Netty's
     * native library takes the methods of all loaders with it.
     */
    private String build() throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        jar + File.pathSeparator + System.getProperty("java.class.path"),
                        Build.class.getName())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isEqualTo(1);
        return said;
    }

    /** A process that builds a pooler, and tells what it fails with. */
    static final class Build {
        public static void main(String[] args) {
            try {
                PgPool.builder()
                        .listen("127.0.0.1", 0)
                        .database("app", db -> db.host("127.0.0.1"))
                        .build()
                        .close();
            } catch (IllegalStateException e) {
                System.out.println(e.getClass().getSimpleName() + ": " + e.getMessage());
                System.exit(1);
            }
        }
    }
}
