package dev.pgpool.examples.standalone;

import dev.pgpool.core.PgPool;
import dev.pgpool.core.config.ConfigException;
import dev.pgpool.core.stats.PgPoolSnapshot.Status;
import java.lang.reflect.Proxy;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * PgBouncer's signals, and its words for them. {@code QUIT} can't be caught by a JVM and {@code INT} not by one in the
 * background: the launcher sends others in their place.
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
                "TERM", () -> end("SIGTERM", "waiting for all clients disconnect", pool::awaitClients),
                "INT", this::waitForServers,
                "VTALRM", this::waitForServers,
                "ALRM", this::quit,
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

    private void waitForServers() {
        end("SIGINT", "waiting for all servers connections to be released", pool::awaitServers);
    }

    /** The second one does not wait. */
    private void end(String signal, String how, Runnable wait) {
        if (ending.getAndSet(true) || status() == Status.DRAINING) {
            LOGGER.atInfo().log("got {} while shutting down, fast exit", signal);
            pool.close();
        } else {
            LOGGER.atInfo().log("got {}, shutting down, {}", signal, how);
            wait.run();
        }
    }

    private void quit() {
        LOGGER.atInfo().log("got SIGQUIT, fast exit");
        pool.close();
    }

    private Status status() {
        return pool.snapshot().status();
    }

    private void pause() {
        if (status() != Status.ACTIVE) {
            LOGGER.atInfo().log("got SIGUSR1, but already paused/suspended");
            return;
        }
        LOGGER.atInfo().log("got SIGUSR1, pausing all activity");
        pool.pause().whenComplete((done, problem) -> {
            if (problem == null) {
                LOGGER.atInfo().log("paused");
            } else {
                LOGGER.atWarn().addKeyValue("error", problem.getMessage()).log("not paused");
            }
        });
    }

    private void resume() {
        switch (status()) {
            case DRAINING -> LOGGER.atInfo().log("got SIGUSR2 while shutting down, ignoring");
            case ACTIVE -> LOGGER.atInfo().log("got SIGUSR2, but not paused/suspended");
            case PAUSED -> resume("PAUSE");
            case SUSPENDED -> resume("SUSPEND");
        }
    }

    private void resume(String from) {
        LOGGER.atInfo().log("got SIGUSR2, continuing from {}", from);
        pool.resume();
    }

    private void reload() {
        LOGGER.atInfo().log("got SIGHUP, re-reading config");
        try {
            reload.run();
        } catch (ConfigException e) {
            e.problems().forEach(problem -> LOGGER.atError().log(problem));
            LOGGER.atError().log("configuration not changed");
        }
    }
}
