package dev.pgpool.examples;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Examples may use all, but only what users may. */
@AnalyzeClasses(packages = "dev.pgpool.examples", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    @ArchTest
    static final ArchRule EXAMPLES_USE_ONLY_THE_PUBLIC_API = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAPackage("dev.pgpool.*.internal..")
            .allowEmptyShould(true);
}
