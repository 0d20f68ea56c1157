package dev.pgpool.examples.standalone;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.config.ConfigException;
import dev.pgpool.core.stats.PgPoolSnapshot;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * PgBouncer's signals. {@code QUIT} can't be caught by a JVM and {@code INT} not by one in the background: the launcher
 * sends others in their place.
 */
final class Signals {
    private static final Logger LOGGER = LoggerFactory.getLogger(Signals.class);

    private final PgPool pool;
    private final Runnable reload;
    private final ExecutorService commands = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "signals");
        thread.setDaemon(true);
        return thread;
    });
    private final AtomicBoolean ending = new AtomicBoolean();

    Signals(PgPool pool, Runnable reload) {
        this.pool = pool;
        this.reload = reload;
    }

    void listen() {
        Map<String, Runnable> all = Map.of(
                "TERM", this::waitForClients,
                "INT", this::waitForServers,
                "VTALRM", this::waitForServers,
                "ALRM", this::exit,
                "HUP", this::reload,
                "USR1", this::pause,
                "USR2", this::resume);
        all.forEach((name, task) -> {
            try {
                handle(name, () -> commands.execute(() -> run(name, task)));
            } catch (ReflectiveOperationException e) {
                LOGGER.atWarn()
                        .addKeyValue("signal", name)
                        .addKeyValue("error", e.getCause())
                        .log("this JVM keeps the signal for itself");
            }
        });
    }

    /** {@code sun.misc.Signal.handle}, not called by its name: javac warns of that, and can't be told not to. */
    private static void handle(String name, Runnable task) throws ReflectiveOperationException {
        Class<?> signal = Class.forName("sun.misc.Signal");
        Class<?> handler = Class.forName("sun.misc.SignalHandler");
        Object ours = Proxy.newProxyInstance(
                Signals.class.getClassLoader(),
                new Class<?>[] {handler},
                (self, method, arguments) -> switch (method.getName()) {
                    case "handle" -> {
                        task.run();
                        yield null;
                    }
                    case "equals" -> self == arguments[0];
                    case "hashCode" -> System.identityHashCode(self);
                    default -> "handler of a signal";
                });
        signal.getMethod("handle", signal, handler)
                .invoke(null, signal.getConstructor(String.class).newInstance(name), ours);
    }

    private static void run(String name, Runnable task) {
        try {
            task.run();
        } catch (RuntimeException e) {
            LOGGER.atWarn()
                    .addKeyValue("signal", name)
                    .addKeyValue("error", e.getMessage())
                    .log("signal not obeyed");
        }
    }

    /** The second one does not wait. */
    private void waitForClients() {
        if (ending.getAndSet(true)) {
            LOGGER.info("got SIGTERM while shutting down, fast exit");
            pool.close();
        } else {
            LOGGER.info("got SIGTERM, shutting down, waiting for all clients disconnect");
            pool.awaitClients();
        }
    }

    private void waitForServers() {
        if (ending.getAndSet(true)) {
            LOGGER.info("got SIGINT while shutting down, fast exit");
            pool.close();
        } else {
            LOGGER.info("got SIGINT, shutting down, waiting for all servers connections to be released");
            pool.drain(Duration.ofDays(365));
        }
    }

    private void exit() {
        LOGGER.info("got SIGQUIT, fast exit");
        pool.close();
    }

    private void resume() {
        if (ending.get()) {
            LOGGER.info("got SIGUSR2 while shutting down, ignoring");
        } else if (pool.snapshot().status() == PgPoolSnapshot.Status.ACTIVE) {
            LOGGER.info("got SIGUSR2, but not paused/suspended");
        } else {
            LOGGER.info("got SIGUSR2, continuing from PAUSE");
            pool.resume();
        }
    }

    private void pause() {
        if (pool.snapshot().status() != PgPoolSnapshot.Status.ACTIVE) {
            LOGGER.info("got SIGUSR1, but already paused/suspended");
            return;
        }
        LOGGER.info("got SIGUSR1, pausing all activity");
        pool.pause().whenComplete((done, problem) -> {
            if (problem == null) {
                LOGGER.atInfo().log("paused");
            } else {
                LOGGER.atWarn().addKeyValue("error", problem.getMessage()).log("not paused");
            }
        });
    }

    private void reload() {
        LOGGER.info("got SIGHUP, re-reading config");
        try {
            reload.run();
        } catch (ConfigException e) {
            e.problems().forEach(problem -> LOGGER.atError().log(problem));
            LOGGER.atError().log("configuration not changed");
        }
    }
}
