package dev.pgpool.examples.probe;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import net.javacrumbs.shedlock.core.LockAssert;
import net.javacrumbs.shedlock.core.LockProvider;
import net.javacrumbs.shedlock.provider.jdbctemplate.JdbcTemplateLockProvider;
import net.javacrumbs.shedlock.spring.annotation.EnableSchedulerLock;
import net.javacrumbs.shedlock.spring.annotation.SchedulerLock;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/** ShedLock: a task that only one request runs at a time. */
@RestController
public class ShedLockProbes {
    private final Task task;

    ShedLockProbes(Task task) {
        this.task = task;
    }

    /** Runs the task, unless it runs already; tells how many have run it. */
    @PostMapping("/shedlock/run")
    public int run() throws InterruptedException {
        task.run();
        return task.runs();
    }

    @GetMapping("/shedlock/runs")
    public int runs() {
        return task.runs();
    }

    @PostMapping("/shedlock/release")
    public void release() {
        task.release();
    }

    /** Its beans. */
    @Configuration(proxyBeanMethods = false)
    @EnableSchedulerLock(defaultLockAtMostFor = "PT1M")
    public static class Setup {
        @Bean
        LockProvider lockProvider(DataSource dataSource) {
            return new JdbcTemplateLockProvider(JdbcTemplateLockProvider.Configuration.builder()
                    .withJdbcTemplate(new JdbcTemplate(dataSource))
                    .usingDbTime()
                    .build());
        }

        @Bean
        Task task() {
            return new Task();
        }
    }

    /** Waits for the release while it holds the lock. */
    public static class Task {
        private final AtomicInteger runs = new AtomicInteger();
        private final CountDownLatch released = new CountDownLatch(1);

        @SchedulerLock(name = "task")
        public void run() throws InterruptedException {
            LockAssert.assertLocked();
            runs.incrementAndGet();
            if (!released.await(60, TimeUnit.SECONDS)) {
                throw new IllegalStateException("not released");
            }
        }

        public int runs() {
            return runs.get();
        }

        public void release() {
            released.countDown();
        }
    }
}
