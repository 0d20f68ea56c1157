package dev.pgpool.examples.probe;

import java.util.concurrent.atomic.AtomicInteger;
import org.quartz.Job;
import org.quartz.JobBuilder;
import org.quartz.JobExecutionContext;
import org.quartz.Scheduler;
import org.quartz.SchedulerException;
import org.quartz.TriggerBuilder;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/** Quartz with its store in the database: jobs that run once. */
@RestController
public class QuartzProbes {
    private static final AtomicInteger RUNS = new AtomicInteger();

    private final Scheduler scheduler;
    /** Of applications before this one. */
    private final int before = RUNS.get();

    QuartzProbes(Scheduler scheduler) {
        this.scheduler = scheduler;
    }

    @PostMapping("/quartz/{name}")
    void schedule(@PathVariable String name) throws SchedulerException {
        scheduler.scheduleJob(
                JobBuilder.newJob(Counting.class).withIdentity(name).build(),
                TriggerBuilder.newTrigger().startNow().build());
    }

    @GetMapping("/quartz/runs")
    int runs() {
        return RUNS.get() - before;
    }

    /** Counts how often it runs. */
    public static final class Counting implements Job {
        @Override
        public void execute(JobExecutionContext context) {
            RUNS.incrementAndGet();
        }
    }
}
