package dev.pgpool.examples.standalone;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * PgBouncer's command line.
 *
 * @param config the file to read; none for {@code --help} and {@code --version}
 * @param daemon whether the launcher runs it in the background
 * @param quiet whether standard error stays empty
 * @param verbosity how often {@code -v} was given
 * @param user the user that it is to run as
 * @param answer what is only to be said, if anything
 * @param task what is to be done with the file
 */
record Options(
        Optional<Path> config,
        boolean daemon,
        boolean quiet,
        int verbosity,
        Optional<String> user,
        Optional<String> answer,
        Task task) {

    /** What can be done with an ini file. */
    enum Task {
        /** Run the pooler. */
        SERVE,
        /** Say what is different from PgBouncer. */
        CHECK,
        /** Print the Java code that builds the same pooler. */
        EXPLAIN
    }

    /** As SHOW VERSION says it; PgBouncer's users look for both. */
    static final String VERSION = "PgBouncer 1.25.2";

    static final String USAGE = """
        pgpool-standalone is a connection pooler for PostgreSQL that takes PgBouncer's configuration.

        Usage:
          pgpool-standalone [OPTION]... CONFIG_FILE

        Options:
          -d, --daemon         run in background (as a daemon)
          -q, --quiet          run quietly
          -u, --user=USERNAME  refuse to run as anybody else than USERNAME
          -v, --verbose        increase verbosity
          -V, --version        show version, then exit
          --check              say what will differ from PgBouncer, then exit: with 1 if it would not start
          --explain            print the Java code that builds the same pooler, then exit
          --make-archive       leave an archive of classes for faster starts, then exit
          -h, --help           show this help, then exit
        """;

    /** The command line cannot be understood; the message says what was seen and what was expected. */
    static final class BadOptions extends Exception {
        private static final long serialVersionUID = 1L;

        BadOptions(String message) {
            super(message);
        }
    }

    static Options parse(String... arguments) throws BadOptions {
        Optional<Path> config = Optional.empty();
        boolean daemon = false;
        boolean quiet = false;
        int verbosity = 0;
        Optional<String> user = Optional.empty();
        Optional<String> answer = Optional.empty();
        Task task = Task.SERVE;
        Deque<String> rest = new ArrayDeque<>(Arrays.asList(arguments));
        while (!rest.isEmpty()) {
            String argument = rest.poll();
            if (argument.matches("-[dqvVh]{2,}")) {
                // several in one
                for (int i = argument.length() - 1; i > 0; i--) {
                    rest.push("-" + argument.charAt(i));
                }
                continue;
            }
            switch (argument) {
                case "-d", "--daemon" -> daemon = true;
                case "-q", "--quiet" -> quiet = true;
                case "-v", "--verbose" -> verbosity++;
                case "-V", "--version" ->
                    answer = Optional.of(VERSION + "\npgpool-standalone, Java " + Runtime.version() + "\n");
                case "--check" -> task = Task.CHECK;
                case "--explain" -> task = Task.EXPLAIN;
                case "-h", "--help" -> answer = Optional.of(USAGE);
                case "-u", "--user" -> user = Optional.of(required(argument, rest.poll()));
                default -> {
                    if (argument.startsWith("--user=")) {
                        user = Optional.of(required(argument, argument.substring(7)));
                    } else if (argument.startsWith("-")) {
                        throw new BadOptions("unknown option " + argument
                                + " (expected: one of -d -q -u -v -V -h --check --explain)");
                    } else if (config.isPresent()) {
                        throw new BadOptions(
                                "two configuration files: " + config.get() + " and " + argument + " (expected: one)");
                    } else {
                        config = Optional.of(Path.of(argument));
                    }
                }
            }
        }
        if (config.isEmpty() && answer.isEmpty()) {
            throw new BadOptions("no configuration file (expected: pgpool-standalone [OPTION]... CONFIG_FILE)");
        }
        return new Options(config, daemon, quiet, verbosity, user, answer, task);
    }

    private static String required(String option, @Nullable String value) throws BadOptions {
        if (value == null || value.isEmpty()) {
            throw new BadOptions(option + " without a name (expected: the user who may run it)");
        }
        return value;
    }
}
