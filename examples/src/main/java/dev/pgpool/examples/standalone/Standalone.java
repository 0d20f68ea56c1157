package dev.pgpool.examples.standalone;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.PgPoolException;
import dev.pgpool.core.config.ConfigException;
import dev.pgpool.core.pgbouncer.ConnectionLog;
import dev.pgpool.core.pgbouncer.IniCheck;
import dev.pgpool.core.pgbouncer.PgBouncerIni;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs a pooler as PgBouncer is run: {@code pgpool-standalone [OPTION]... pgbouncer.ini}; or says, and starts nothing, what
 * will differ ({@code --check}) or what code is the same ({@code --explain}).
 */
public final class Standalone {
    /** The launcher waits until something stands in this file, before it leaves a daemon alone. */
    private static final String READY_FILE = "PGPOOL_READY_FILE";

    private static final int FAILED = 1;

    private final Options options;
    private final Logging logging;

    private Standalone(Options options) {
        this.options = options;
        this.logging = new Logging(options.verbosity());
    }

    /** Ends with 0 after an orderly end, and with 1 if it could not start. */
    public static void main(String[] arguments) {
        // threads of the pooler are daemons, and the log must be written to the end
        System.exit(run(arguments, System.out, System.err));
    }

    private static int run(String[] arguments, PrintStream out, PrintStream err) {
        try {
            Options options = Options.parse(arguments);
            if (options.answer().isPresent()) {
                out.print(options.answer().get());
                return 0;
            }
            Path file = options.config().orElseThrow();
            switch (options.task()) {
                case CHECK -> {
                    return check(file, out);
                }
                case EXPLAIN -> out.print(PgBouncerIni.read(file).builderCode());
                case SERVE -> new Standalone(options).serve();
            }
            return 0;
        } catch (Options.BadOptions e) {
            err.println("FATAL " + e.getMessage());
        } catch (ConfigException e) {
            e.problems().forEach(problem -> err.println("FATAL " + problem));
        } catch (PgPoolException | IOException e) {
            err.println("FATAL " + e.getMessage());
        }
        return FAILED;
    }

    /** Says what is different from PgBouncer, a line each. */
    private static int check(Path file, PrintStream out) {
        List<IniCheck.Finding> findings = IniCheck.of(file);
        findings.forEach(out::println);
        return findings.stream().anyMatch(finding -> finding.kind() == IniCheck.Kind.REFUSED) ? FAILED : 0;
    }

    private void serve() throws IOException {
        PgBouncerIni ini = PgBouncerIni.read(options.config().orElseThrow());
        check(ini);
        Optional<Path> pidfile = file(ini, "pidfile");
        logging.silence();
        WarmUp.Done warmUp = WarmUp.run();
        logging.start(file(ini, "logfile"), options.quiet(), ini);
        Logger logger = LoggerFactory.getLogger(Standalone.class);
        logger.atDebug().log("warmed up by {} logins, {} transactions", warmUp.logins(), warmUp.transactions());
        warn(logger, ini);
        try (PgPool pool = PgPool.of(new FollowedIni(ini, logging::adopt), new ConnectionLog(ini))) {
            start(pool, ini);
            if (pidfile.isPresent()) {
                Pids.write(pidfile.get());
            }
            new Signals(pool, () -> {
                        logging.reopen();
                        pool.reload();
                        warn(logger, ini);
                    })
                    .listen();
            Pids.launcher().ifPresent(launcher -> launcher.onExit().thenRun(pool::close));
            ready();
            logger.atInfo().log("process up: " + Options.VERSION + ", Java " + Runtime.version());
            await(pool, ini);
        } finally {
            if (pidfile.isPresent()) {
                Pids.remove(pidfile.get());
            }
        }
        logger.atInfo().log("process ends");
    }

    /** What the pooler itself does not know of. */
    private void check(PgBouncerIni ini) {
        String own = System.getProperty("user.name");
        String wanted = options.user().orElse(ini.setting("user"));
        if (!wanted.isEmpty() && !wanted.equals(own)) {
            throw problem(
                    options.user().isPresent() ? "-u" : ini.where("user") + ": user",
                    wanted,
                    "\"" + own + "\", who runs this: a JVM can't change its user");
        }
        file(ini, "logfile").flatMap(Logging::objection).ifPresent(expected -> {
            throw problem(ini.where("logfile") + ": logfile", ini.setting("logfile"), expected);
        });
        if (options.daemon() && ini.setting("logfile").isEmpty()) {
            throw problem(ini.where("logfile") + ": logfile", "", "a file, for -d");
        }
        file(ini, "pidfile").ifPresent(path -> {
            Pids.running(path).ifPresent(pid -> {
                throw problem(
                        ini.where("pidfile") + ": pidfile",
                        path.toString(),
                        "a file of nobody who runs: it names process " + pid);
            });
            if (Logging.objection(path).isPresent()) {
                throw problem(
                        ini.where("pidfile") + ": pidfile", path.toString(), "a file that this process may write");
            }
        });
    }

    private static ConfigException problem(String where, String seen, String expected) {
        return new ConfigException(List.of(where + ": \"" + seen + "\" (expected: " + expected + ")"));
    }

    private static Optional<Path> file(PgBouncerIni ini, String key) {
        return Optional.of(ini.setting(key)).filter(name -> !name.isEmpty()).map(Path::of);
    }

    private static void start(PgPool pool, PgBouncerIni ini) {
        try {
            pool.start();
        } catch (PgPoolException e) {
            // it names the setting at fault
            throw new ConfigException(ini.words(List.of(String.valueOf(e.getMessage()))));
        }
    }

    private static void warn(Logger logger, PgBouncerIni ini) {
        ini.warnings().forEach(warning -> logger.atWarn().log(warning));
    }

    private static void ready() throws IOException {
        String file = System.getenv(READY_FILE);
        if (file != null) {
            Files.writeString(Path.of(file), "ready\n");
        }
    }

    /** Waits until the pooler has ended, for whatever reason, and logs figures meanwhile. */
    private static void await(PgPool pool, PgBouncerIni ini) {
        StatsLog stats = new StatsLog(pool);
        AdviceLog advice = new AdviceLog(pool);
        while (true) {
            long millis = pool.config().admin().statsPeriod().toMillis();
            try {
                pool.whenClosed().toCompletableFuture().get(millis, TimeUnit.MILLISECONDS);
                return;
            } catch (TimeoutException e) {
                if (!ini.setting("log_stats").equals("0") && pool.healthy()) {
                    stats.log();
                }
                if (!ini.setting("log_advice").equals("0") && pool.healthy()) {
                    advice.logWhenDue();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            } catch (ExecutionException e) {
                throw new CompletionException(e.getCause());
            }
        }
    }
}
