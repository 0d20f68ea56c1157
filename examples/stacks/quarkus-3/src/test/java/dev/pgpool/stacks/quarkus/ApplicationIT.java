package dev.pgpool.stacks.quarkus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.main.Launch;
import io.quarkus.test.junit.main.LaunchResult;
import io.quarkus.test.junit.main.QuarkusMainTest;
import org.junit.jupiter.api.Test;

/** The whole life of the application: Flyway, Agroal and the reactive driver through the pooler, and the end. */
@QuarkusMainTest
@QuarkusTestResource(Database.class)
class ApplicationIT {

    @Test
    @Launch({})
    void dataSourcesGoThroughThePoolerWhichBeginsBeforeThemAndEndsAfterThem(LaunchResult result) {
        String said = result.getOutput() + result.getErrorOutput();
        assertEquals(0, result.exitCode(), said);
        for (String expected : new String[] {
            "refused: ada has not as much",
            "ada has 70, bob has 30",
            "reactive: 2 accounts",
            "clients of the pooler: some",
            "backup: taken",
            "certificates: ",
            "at the end: data source closed, pooler serves"
        }) {
            assertTrue(said.contains(expected), said);
        }
        assertFalse(said.contains("WARN") || said.contains("ERROR"), said);
    }
}
