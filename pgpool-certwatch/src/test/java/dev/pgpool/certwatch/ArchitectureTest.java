package dev.pgpool.certwatch;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.junit.ArchTests;
import com.tngtech.archunit.lang.ArchRule;
import dev.pgpool.core.fixture.ModuleRules;

/** The module stands alone, and only its facade knows its internals. */
@AnalyzeClasses(packages = "dev.pgpool.certwatch", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    private static final String ROOT = "dev.pgpool.certwatch";

    @ArchTest
    static final ArchTests MODULE = ArchTests.in(ModuleRules.class);

    @ArchTest
    static final ArchRule MODULES_DO_NOT_KNOW_EACH_OTHER = noClasses()
            .should()
            .dependOnClassesThat(resideInAPackage("dev.pgpool..")
                    .and(resideInAPackage(ROOT + "..").negate()))
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule ONLY_THE_FACADE_KNOWS_INTERNALS = noClasses()
            .that()
            .resideOutsideOfPackages(ROOT, ROOT + ".internal..")
            .should()
            .dependOnClassesThat(resideInAPackage(ROOT + ".internal.."))
            .allowEmptyShould(true);
}
