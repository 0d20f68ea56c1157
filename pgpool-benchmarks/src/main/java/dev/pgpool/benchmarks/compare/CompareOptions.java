package dev.pgpool.benchmarks.compare;

import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What to measure and for how long.
 *
 * @param rounds how often each cell is measured; the median is reported
 * @param seconds length of one measurement
 * @param warmUpSeconds length of the warm-up of each contender in each mode
 * @param modes pgbench's query modes: simple, extended, prepared
 * @param clients numbers of concurrent clients
 * @param jobs threads of pgbench
 * @param poolSize server connections of each pooler
 * @param idleClients clients of the memory measurement
 * @param chapters what is measured, of {@link Chapters#NAMES}
 * @param only names of the contenders under traffic
 * @param jvmArgs options of the JVM of the contender {@code tuned}; empty without it
 * @param beforeClassPath where the pgpool of the contender {@code before} is, an older one; empty without it
 */
record CompareOptions(
        int rounds,
        int seconds,
        int warmUpSeconds,
        List<String> modes,
        List<Integer> clients,
        int jobs,
        int poolSize,
        int idleClients,
        Set<String> chapters,
        Set<String> only,
        List<String> jvmArgs,
        String beforeClassPath) {

    static final String USAGE = """
        options (defaults):
          --chapters traffic,tls,logins,bulk,memory,cold
                              what is measured, in this order
          --rounds 5          measurements per cell, interleaved; the median is reported
          --seconds 2         length of one measurement of traffic
          --warm-up 12        seconds of warm-up per contender and mode, for those that get faster with time
          --modes simple,extended,prepared
          --clients 8,64
          --jobs 1            threads of pgbench
          --pool-size 20      server connections of each pooler
          --idle-clients 5000 clients of the memory measurement
          --only direct,pgbouncer,pgpool,embedded,relay
                              contenders under traffic: pgpool is the standalone by its launcher, embedded the library
                              with its defaults in a JVM without options
          --jvm-args "..."    adds "tuned" to them: the library in a JVM with these options
          --before PATH       adds "before" to them: an older library, of this class path (its scripts/classpath.sh
                              prints it)
        """;

    private static final Set<String> MODES = Set.of("simple", "extended", "prepared");
    private static final Set<String> CONTENDERS =
            new LinkedHashSet<>(List.of("direct", "pgbouncer", "pgpool", "embedded", "relay"));

    CompareOptions {
        modes = List.copyOf(modes);
        clients = List.copyOf(clients);
        jvmArgs = List.copyOf(jvmArgs);
        requireKnown("--modes", modes, MODES);
        requireKnown("--only", only, CONTENDERS);
        requireKnown("--chapters", chapters, Set.copyOf(Chapters.NAMES));
        if (!jvmArgs.isEmpty()) {
            only = new LinkedHashSet<>(only);
            only.add("tuned");
        }
        if (!beforeClassPath.isEmpty()) {
            only = new LinkedHashSet<>(only);
            only.add("before");
        }
    }

    /** Reads the command line; throws {@link IllegalArgumentException} with the option and what was expected. */
    static CompareOptions parse(String[] args) {
        int rounds = 5;
        int seconds = 2;
        int warmUpSeconds = 12;
        List<String> modes = List.of("simple", "extended", "prepared");
        List<Integer> clients = List.of(8, 64);
        int jobs = 1;
        int poolSize = 20;
        int idleClients = 5000;
        Set<String> chapters = new LinkedHashSet<>(Chapters.NAMES);
        Set<String> only = CONTENDERS;
        List<String> jvmArgs = List.of();
        String beforeClassPath = "";
        for (int i = 0; i < args.length; i += 2) {
            String option = args[i];
            if (i + 1 == args.length) {
                throw new IllegalArgumentException(option + ": no value given\n" + USAGE);
            }
            String value = args[i + 1];
            switch (option) {
                case "--rounds" -> rounds = number(option, value, 1);
                case "--seconds" -> seconds = number(option, value, 1);
                case "--warm-up" -> warmUpSeconds = number(option, value, 0);
                case "--modes" -> modes = words(value);
                case "--clients" ->
                    clients = words(value).stream()
                            .map(word -> number(option, word, 1))
                            .toList();
                case "--jobs" -> jobs = number(option, value, 1);
                case "--pool-size" -> poolSize = number(option, value, 1);
                case "--idle-clients" -> idleClients = number(option, value, 1);
                case "--chapters" -> chapters = new LinkedHashSet<>(words(value));
                case "--only" -> only = new LinkedHashSet<>(words(value));
                case "--before" -> beforeClassPath = value;
                case "--jvm-args" -> jvmArgs = Arrays.asList(value.trim().split("\\s+"));
                default -> throw new IllegalArgumentException(option + ": unknown option\n" + USAGE);
            }
        }
        return new CompareOptions(
                rounds,
                seconds,
                warmUpSeconds,
                modes,
                clients,
                jobs,
                poolSize,
                idleClients,
                chapters,
                only,
                jvmArgs,
                beforeClassPath);
    }

    private static List<String> words(String value) {
        return List.of(value.split(","));
    }

    private static int number(String option, String value, int least) {
        try {
            int number = Integer.parseInt(value);
            if (number >= least) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(option + ": " + value + " (expected: a number)", e);
        }
        throw new IllegalArgumentException(option + ": " + value + " (expected: >= " + least + ")");
    }

    private static void requireKnown(String option, Iterable<String> words, Set<String> known) {
        for (String word : words) {
            if (!known.contains(word)) {
                throw new IllegalArgumentException(option + ": " + word + " (expected: some of " + known + ")");
            }
        }
    }
}
