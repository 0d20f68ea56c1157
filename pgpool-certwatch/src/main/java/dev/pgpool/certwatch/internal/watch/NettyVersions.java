package dev.pgpool.certwatch.internal.watch;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Properties;
import java.util.SortedSet;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which Netty the host has put on the class path. 4.1 and 4.2 do; a mixture of two versions fails late and at odd places,
 * so that it is found here.
 *
 * <p>The jars tell by {@code META-INF/io.netty.versions.properties}; where they are merged into one and the file is lost
 * nothing is known, and nothing refused.
 */
final class NettyVersions {

    /** The oldest that has all that is used here. */
    static final String MINIMUM = "4.1.118.Final";

    private static final String VERSION = ".version";
    private static final Logger LOGGER = LoggerFactory.getLogger(NettyVersions.class);

    private NettyVersions() {}

    /** @throws IllegalStateException if jars of different versions are there, or of one that is too old */
    static void check() {
        check(NettyVersions.class.getClassLoader());
    }

    static void check(ClassLoader classPath) {
        SortedSet<String> parts = new TreeSet<>();
        SortedSet<String> versions = new TreeSet<>();
        for (Properties jar : jars(classPath)) {
            for (String property : jar.stringPropertyNames()) {
                String artifact = property.substring(0, Math.max(0, property.length() - VERSION.length()));
                if (property.endsWith(VERSION) && isOurs(artifact)) {
                    String version = jar.getProperty(property);
                    parts.add(artifact + " " + version);
                    versions.add(version);
                }
            }
        }
        if (versions.size() > 1) {
            throw new IllegalStateException("jars of different Netty versions are on the class path: "
                    + String.join(", ", parts) + " (expected: one version; io.netty:netty-bom sets it for all)");
        }
        versions.stream().filter(NettyVersions::isTooOld).findFirst().ifPresent(version -> {
            throw new IllegalStateException(
                    "Netty " + version + " is on the class path (expected: 4.1 from " + MINIMUM + " on, or 4.2)");
        });
    }

    /** What each jar says; Netty's own {@code Version.identify} shows one version of a jar that is there in two. */
    private static List<Properties> jars(ClassLoader classPath) {
        List<Properties> jars = new ArrayList<>();
        try {
            for (URL file : Collections.list(classPath.getResources("META-INF/io.netty.versions.properties"))) {
                try (InputStream in = file.openStream()) {
                    Properties jar = new Properties();
                    jar.load(in);
                    jars.add(jar);
                }
            }
        } catch (IOException | IllegalArgumentException e) {
            LOGGER.debug("the versions of Netty's jars can't be read: {}", e.toString());
        }
        return jars;
    }

    /** The parts that work together here; others, such as codecs of the host, may have their own versions. */
    private static boolean isOurs(String artifact) {
        return switch (artifact) {
            case "netty-common",
                    "netty-buffer",
                    "netty-resolver",
                    "netty-transport",
                    "netty-codec",
                    "netty-codec-base",
                    "netty-handler",
                    "netty-transport-native-unix-common" -> true;
            default -> false;
        };
    }

    private static boolean isTooOld(String version) {
        int[] seen = numbers(version);
        int[] least = numbers(MINIMUM);
        return Arrays.compare(seen, least) < 0;
    }

    /** The leading numbers: 4, 1 and 118 of {@code 4.1.118.Final}. */
    private static int[] numbers(String version) {
        return Arrays.stream(version.split("[.-]"))
                .takeWhile(part -> part.matches("[0-9]{1,9}"))
                .mapToInt(Integer::parseInt)
                .toArray();
    }
}
