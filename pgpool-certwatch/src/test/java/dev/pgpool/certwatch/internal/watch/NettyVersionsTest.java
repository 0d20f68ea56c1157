package dev.pgpool.certwatch.internal.watch;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the jars of Netty say of their versions. */
class NettyVersionsTest {
    @TempDir
    Path jars;

    @Test
    void thoseOfTheBuildAreContent() {
        assertThatCode(NettyVersions::check).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "netty-common=4.1.118.Final",
                "netty-common=4.1.137.Final netty-handler=4.1.137.Final netty-codec=4.1.137.Final",
                "netty-common=4.2.0.Final netty-codec-base=4.2.0.Final",
                "netty-common=4.2.18.Final netty-codec-http=4.1.137.Final netty-pkitesting=4.2.1.Final",
                "netty-common=4.2.18.Final-redhat-00001 netty-handler=4.2.18.Final-redhat-00001",
                "netty-common=5.0.0.Alpha6"
            })
    void versionsThatGoTogether(String present) {
        assertThatCode(() -> NettyVersions.check(classPath(present))).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            netty-common=4.1.137.Final netty-codec-base=4.2.18.Final | netty-codec-base 4.2.18.Final, netty-common 4.1.137.Final (expected: one version
            netty-transport=4.2.18.Final netty-transport-native-unix-common=4.2.17.Final | netty-transport 4.2.18.Final, netty-transport-native-unix-common 4.2.17.Final
            netty-common=4.2.18.Final netty-handler=4.2.18.Final netty-buffer=4.1.137.Final | netty-buffer 4.1.137.Final
            netty-transport=4.1.137.Final netty-transport=4.2.18.Final | netty-transport 4.1.137.Final, netty-transport 4.2.18.Final (expected: one version
            netty-transport=4.2.18.Final netty-transport=4.1.137.Final netty-transport=4.2.18.Final | netty-transport 4.1.137.Final, netty-transport 4.2.18.Final
            netty-common=4.1.117.Final | Netty 4.1.117.Final is on the class path (expected: 4.1 from 4.1.118.Final on, or 4.2)
            netty-common=4.0.56.Final | Netty 4.0.56.Final is on the class path
            """)
    void versionsThatDoNot(String present, String told) {
        assertThatThrownBy(() -> NettyVersions.check(classPath(present)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(told);
    }

    /** One folder for each jar. */
    private ClassLoader classPath(String present) throws IOException {
        String[] parts = present.isEmpty() ? new String[0] : present.split(" ");
        URL[] folders = new URL[parts.length];
        for (int i = 0; i < parts.length; i++) {
            String name = parts[i].substring(0, parts[i].indexOf('='));
            Path folder = Files.createDirectories(jars.resolve(i + name).resolve("META-INF"));
            Files.writeString(folder.resolve("io.netty.versions.properties"), """
                    %1$s.version=%2$s
                    %1$s.buildDate=2026-08-06 13\\:05\\:09 +0000
                    %1$s.commitDate=2026-08-06 11\\:59\\:38 +0000
                    %1$s.shortCommitHash=5471f0a
                    %1$s.longCommitHash=5471f0a6ffa4ab39db22c468c6c851af4ecae709
                    %1$s.repoStatus=clean
                    """.formatted(
                            name, parts[i].substring(name.length() + 1)));
            folders[i] = folder.getParent().toUri().toURL();
        }
        return new URLClassLoader(folders, null);
    }
}
