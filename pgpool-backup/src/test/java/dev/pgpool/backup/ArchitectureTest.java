package dev.pgpool.backup;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.junit.ArchTests;
import com.tngtech.archunit.lang.ArchRule;
import dev.pgpool.core.fixture.ModuleRules;

@AnalyzeClasses(packages = "dev.pgpool.backup", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    @ArchTest
    static final ArchTests MODULE = ArchTests.in(ModuleRules.class);

    @ArchTest
    static final ArchRule RETENTION_IS_PURE = noClasses()
            .that()
            .resideInAPackage("dev.pgpool.backup.retention")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("dev.pgpool.backup", "dev.pgpool.backup.internal..", "dev.pgpool.backup.store");

    @ArchTest
    static final ArchRule STORES_KNOW_NO_BACKUPS = noClasses()
            .that()
            .resideInAPackage("dev.pgpool.backup.store")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("dev.pgpool.backup", "dev.pgpool.backup.internal..");

    @ArchTest
    static final ArchRule ONLY_THE_S3_STORE_KNOWS_MINIO = noClasses()
            .that()
            .resideOutsideOfPackage("dev.pgpool.backup.store")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.minio..", "okhttp3..");

    @ArchTest
    static final ArchRule ONLY_METRICS_KNOW_MICROMETER = noClasses()
            .that()
            .resideOutsideOfPackage("dev.pgpool.backup.metrics")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.micrometer..");

    @ArchTest
    static final ArchRule BYTES_KNOW_NO_RUNS = noClasses()
            .that()
            .resideInAnyPackage("..internal.stream..", "..internal.dump..", "..internal.pg..", "..internal.catalog..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("..internal.run..", "..internal.restore..");

    @ArchTest
    static final ArchRule RESTORING_NEEDS_NO_RUN = noClasses()
            .that()
            .resideInAPackage("..internal.restore..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("..internal.run..");
}
