package dev.pgpool.benchmarks;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Benchmarks reach into internals of core only. */
@AnalyzeClasses(packages = "dev.pgpool.benchmarks", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    @ArchTest
    static final ArchRule BENCHMARKS_ARE_OF_CORE = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("dev.pgpool.backup..", "dev.pgpool.certwatch..")
            .allowEmptyShould(true);
}
