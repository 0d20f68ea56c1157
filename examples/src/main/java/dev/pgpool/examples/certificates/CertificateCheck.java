package dev.pgpool.examples.certificates;

import dev.pgpool.certwatch.CertWatch;
import dev.pgpool.certwatch.CertWatchBuilder;
import dev.pgpool.certwatch.CertWatchException;
import dev.pgpool.certwatch.finding.Level;
import dev.pgpool.certwatch.report.CertReport;
import dev.pgpool.certwatch.report.CertSnapshot;
import dev.pgpool.certwatch.target.Thresholds;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Probes the given targets once and ends with 0, 1, 2 or 3 for well, warning, critical and unknown: a check for Nagios, Icinga,
 * Zabbix and shell scripts.
 */
public final class CertificateCheck {

    static final int UNKNOWN = 3;

    static final String USAGE = """
            usage: CertificateCheck [--json | --table] [-w TIME] [-c TIME] target...
              -w, --warning   such as 30d; by default 30 days, or a quarter of short lifetimes
              -c, --critical  such as 7d; by default 7 days, or a tenth of short lifetimes
              --json          one JSON object instead of the lines of a check
              --table         a table instead of the lines of a check
              target          https://..., postgres://..., file:/etc/ssl/*.pem, targets:/etc/certwatch/targets.txt, ...
            """;

    private CertificateCheck() {}

    /** For example {@code -w 20d https://example.org file:/etc/ssl/private/}. */
    public static void main(String[] arguments) throws InterruptedException {
        System.exit(run(CertWatch.builder(), System.out, arguments));
    }

    /** Checks, prints, and gives the exit code. */
    static int run(CertWatchBuilder builder, PrintStream out, String... arguments) throws InterruptedException {
        String form = "";
        String warning = null;
        String critical = null;
        int targets = 0;
        Deque<String> rest = new ArrayDeque<>(Arrays.asList(arguments));
        while (!rest.isEmpty()) {
            String argument = rest.remove();
            switch (argument) {
                case "--json", "--table" -> form = argument;
                case "-w", "--warning", "-c", "--critical" -> {
                    String value = rest.poll();
                    if (value == null) {
                        return unknown(out, argument + " without a time");
                    }
                    warning = argument.endsWith("w") || argument.endsWith("warning") ? value : warning;
                    critical = argument.endsWith("c") || argument.endsWith("critical") ? value : critical;
                }
                default -> {
                    if (argument.startsWith("-")) {
                        return unknown(out, "no option " + argument);
                    }
                    builder.target(argument);
                    targets++;
                }
            }
        }
        if (targets == 0) {
            return unknown(out, "no target");
        }
        try {
            if (warning != null || critical != null) {
                builder.thresholds(Thresholds.parse(warning, critical));
            }
            CertSnapshot seen = builder.check();
            out.print(
                    switch (form) {
                        case "--json" -> seen.toJson() + "\n";
                        case "--table" -> seen.table();
                        default -> lines(seen);
                    });
            return seen.worst().exitCode();
        } catch (CertWatchException | IllegalArgumentException e) {
            return unknown(out, String.valueOf(e.getMessage()));
        }
    }

    private static int unknown(PrintStream out, String why) {
        out.println("CERTIFICATES UNKNOWN - " + oneLine(why));
        out.print(USAGE);
        return UNKNOWN;
    }

    /** The first line is what pagers show: state, how many, the worst of all, and behind the bar the seconds left of each. */
    private static String lines(CertSnapshot seen) {
        long bad = seen.reports().stream()
                .filter(report -> report.level() != Level.OK)
                .count();
        String worst = seen.reports().isEmpty() ? "" : why(seen.reports().get(0));
        String summary = bad == 0
                ? seen.reports().size() + " targets are well"
                : bad + " of " + seen.reports().size() + " targets: " + worst;
        String figures = seen.reports().stream()
                .map(report -> figure(report, seen))
                .filter(figure -> !figure.isEmpty())
                .collect(Collectors.joining(" "));
        return "CERTIFICATES " + state(seen.worst()) + " - " + summary + (figures.isEmpty() ? "" : " | " + figures)
                + "\n" + seen.table().replace('|', '/');
    }

    private static String state(Level level) {
        return level == Level.EXPIRED ? Level.CRITICAL.name() : level.name();
    }

    private static String why(CertReport report) {
        return oneLine(report.target().name()
                + (report.findings().isEmpty()
                        ? ""
                        : ": " + report.findings().get(0).message()));
    }

    private static String figure(CertReport report, CertSnapshot seen) {
        @Nullable Duration left = report.remaining(seen.at());
        return left == null
                ? ""
                : "'" + oneLine(report.target().name()).replaceAll("['=]", "_") + "'=" + left.toSeconds() + "s";
    }

    /** Nagios reads the first line up to the bar. */
    private static String oneLine(String text) {
        return text.replaceAll("\\p{Cntrl}", " ").replace('|', '/');
    }
}
