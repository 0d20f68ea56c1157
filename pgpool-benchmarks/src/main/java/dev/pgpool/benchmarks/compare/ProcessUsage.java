package dev.pgpool.benchmarks.compare;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * CPU time that a process with all its threads has used so far, from Linux's {@code /proc/PID/stat}.
 *
 * @param userMicros time in the program
 * @param systemMicros time in the kernel on its behalf
 */
record ProcessUsage(long userMicros, long systemMicros) {
    static final ProcessUsage NONE = new ProcessUsage(0, 0);

    /** The kernel reports ticks of 1/100 s to programs on every architecture that this runs on. */
    private static final long MICROS_PER_TICK = 10_000;

    static ProcessUsage of(long pid) {
        String stat = read(Path.of("/proc", Long.toString(pid), "stat"));
        // The second field is the program's name in brackets and may hold blanks; fields 14 and 15 are wanted.
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return new ProcessUsage(
                Long.parseLong(fields[11]) * MICROS_PER_TICK, Long.parseLong(fields[12]) * MICROS_PER_TICK);
    }

    static long residentBytes(long pid) {
        return read(Path.of("/proc", Long.toString(pid), "status"))
                .lines()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("process " + pid + " has no memory: it ended"));
    }

    /** How many files this process may have open. */
    static long mostFiles() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
                ? unix.getMaxFileDescriptorCount()
                : Long.MAX_VALUE;
    }

    ProcessUsage since(ProcessUsage earlier) {
        return new ProcessUsage(userMicros - earlier.userMicros, systemMicros - earlier.systemMicros);
    }

    ProcessUsage plus(ProcessUsage other) {
        return new ProcessUsage(userMicros + other.userMicros, systemMicros + other.systemMicros);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
