package dev.pgpool.examples.probe;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.springframework.jdbc.core.ConnectionCallback;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/** Takes locks in one request, and looks at them in others. */
@RestController
public class LockProbes {
    private final JdbcTemplate jdbc;
    private volatile CountDownLatch released = new CountDownLatch(1);

    LockProbes(JdbcTemplate jdbc) {
        this.jdbc = jdbc;
    }

    /** Holds the account until the release. */
    @PostMapping("/locks/row/{id}/hold")
    @Transactional
    public void holdRow(@PathVariable long id) {
        CountDownLatch release = released;
        jdbc.queryForList("SELECT id FROM account WHERE id = ? FOR UPDATE", id);
        await(release);
    }

    @GetMapping("/locks/row/{id}/try")
    @Transactional
    public int tryRow(@PathVariable long id) {
        return jdbc.queryForList("SELECT id FROM account WHERE id = ? FOR UPDATE NOWAIT", id)
                .size();
    }

    /** Holds a lock of the transaction until the release. */
    @PostMapping("/locks/advisory/{key}/hold")
    @Transactional
    public void holdAdvisory(@PathVariable long key) {
        CountDownLatch release = released;
        jdbc.queryForList("SELECT pg_advisory_xact_lock(?)", key);
        await(release);
    }

    /** Holds a lock of the session, without a transaction, until the release; tells whether it was still held then. */
    @PostMapping("/locks/session/{key}/hold")
    public Boolean holdSession(@PathVariable long key) {
        CountDownLatch release = released;
        return jdbc.execute((ConnectionCallback<Boolean>) connection -> {
            JdbcTemplate session = new JdbcTemplate(new SingleConnectionDataSource(connection, true));
            session.queryForList("SELECT pg_advisory_lock(?)", key);
            await(release);
            return session.queryForObject("SELECT pg_advisory_unlock(?)", Boolean.class, key);
        });
    }

    @GetMapping("/locks/advisory/{key}/try")
    @Transactional
    public boolean tryAdvisory(@PathVariable long key) {
        return jdbc.queryForObject("SELECT pg_try_advisory_xact_lock(?)", Boolean.class, key);
    }

    @PostMapping("/locks/release")
    public void release() {
        CountDownLatch now = released;
        released = new CountDownLatch(1);
        now.countDown();
    }

    private static void await(CountDownLatch release) {
        try {
            if (!release.await(60, TimeUnit.SECONDS)) {
                throw new IllegalStateException("not released");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
