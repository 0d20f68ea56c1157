package dev.pgpool.core.embedded;

import java.util.Optional;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;

/** Virtual threads, for code that is compiled for a Java that has none. */
final class VirtualThreads {
    private VirtualThreads() {}

    /** Makes virtual threads; empty before Java 21. */
    static Optional<ThreadFactory> factory() {
        try {
            Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
            return Optional.of((ThreadFactory) Class.forName("java.lang.Thread$Builder")
                    .getMethod("factory")
                    .invoke(builder));
        } catch (ReflectiveOperationException e) {
            return Optional.empty();
        }
    }

    /** Makes platform threads and, where there are any, virtual ones in turns. */
    static ThreadFactory mixed() {
        Optional<ThreadFactory> virtual = factory();
        AtomicInteger made = new AtomicInteger();
        return task -> virtual.isPresent() && made.incrementAndGet() % 2 == 0
                ? virtual.get().newThread(task)
                : new Thread(task);
    }
}
