package dev.pgpool.certwatch;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.junit.ArchTests;
import com.tngtech.archunit.lang.ArchRule;
import dev.pgpool.core.fixture.ModuleRules;
import java.util.ArrayList;
import java.util.List;

/** The module stands alone, and dependencies point one way: down the floors. */
@AnalyzeClasses(packages = "dev.pgpool.certwatch", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    private static final String ROOT = "dev.pgpool.certwatch";
    private static final String INTERNAL = ROOT + ".internal.";

    /** From the bottom up. A package uses those of lower floors; packages of one floor do not know each other. */
    private static final List<List<String>> FLOORS = List.of(
            List.of(INTERNAL + "text", INTERNAL + "x509", INTERNAL + "document"),
            List.of(ROOT + ".finding", ROOT + ".trust"),
            List.of(INTERNAL + "file"),
            List.of(ROOT + ".target"),
            List.of(ROOT + ".report", ROOT + ".config", INTERNAL + "starttls", INTERNAL + "tls", INTERNAL + "discover"),
            List.of(ROOT + ".event", INTERNAL + "probe"),
            List.of(ROOT + ".notify", INTERNAL + "judge"),
            List.of(INTERNAL + "state"),
            List.of(INTERNAL + "watch"),
            List.of(ROOT),
            List.of(ROOT + ".metrics"),
            List.of(ROOT + ".spring"));

    @ArchTest
    static final ArchTests MODULE = ArchTests.in(ModuleRules.class);

    @ArchTest
    static final ArchRule MODULES_DO_NOT_KNOW_EACH_OTHER = noClasses()
            .should()
            .dependOnClassesThat(resideInAPackage("dev.pgpool..").and(not(resideInAPackage(ROOT + ".."))));

    @ArchTest
    static final ArchRule EVERY_PACKAGE_HAS_A_FLOOR = classes()
            .should()
            .resideInAnyPackage(FLOORS.stream().flatMap(List::stream).toArray(String[]::new));

    @ArchTest
    static final ArchRule NO_PACKAGE_IS_IN_A_CIRCLE =
            slices().matching("dev.pgpool.(**)").should().beFreeOfCycles();

    @ArchTest
    static void packagesUseLowerFloorsOnly(JavaClasses all) {
        List<String> below = new ArrayList<>();
        for (List<String> floor : FLOORS) {
            for (String name : floor) {
                List<String> allowed = new ArrayList<>(below);
                allowed.add(name);
                noClasses()
                        .that()
                        .resideInAPackage(name)
                        .should()
                        .dependOnClassesThat(resideInAPackage(ROOT + "..")
                                .and(not(resideInAnyPackage(allowed.toArray(String[]::new)))))
                        .because("a package uses lower floors only")
                        .check(all);
            }
            below.addAll(floor);
        }
    }

    @ArchTest
    static final ArchRule THE_FACADE_KNOWS_ONLY_THE_WATCH = noClasses()
            .that()
            .resideInAPackage(ROOT)
            .should()
            .dependOnClassesThat(resideInAPackage(INTERNAL + ".").and(not(resideInAPackage(INTERNAL + "watch"))));

    @ArchTest
    static final ArchRule VALUES_KNOW_ONLY_THE_GROUND = noClasses()
            .that()
            .resideOutsideOfPackages(ROOT, INTERNAL + ".")
            .should()
            .dependOnClassesThat(resideInAPackage(INTERNAL + ".")
                    .and(not(resideInAnyPackage(INTERNAL + "text", INTERNAL + "file"))));

    @ArchTest
    static final ArchRule ONLY_A_TARGET_READS_FILES = noClasses()
            .that()
            .resideOutsideOfPackages(ROOT + ".target", INTERNAL + ".")
            .should()
            .dependOnClassesThat(resideInAPackage(INTERNAL + "file"));

    @ArchTest
    static final ArchRule ONLY_METRICS_KNOW_MICROMETER = noClasses()
            .that()
            .resideOutsideOfPackages(ROOT + ".metrics", ROOT + ".spring")
            .should()
            .dependOnClassesThat(resideInAPackage("io.micrometer.."));
}
