package dev.pgpool.backup;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.junit.ArchTests;
import com.tngtech.archunit.lang.ArchRule;
import dev.pgpool.core.fixture.ModuleRules;
import java.util.List;
import java.util.stream.Stream;

/** Dependencies point one way, from the facade down to the stores; {@link #FLOORS} is the picture. */
@AnalyzeClasses(packages = "dev.pgpool.backup", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    private static final String BACKUP = "dev.pgpool.backup";
    private static final String INTERNAL = BACKUP + ".internal.";

    /** From the bottom up; each may be used by all floors above it, and the packages of one floor do not know each other. */
    private static final List<List<String>> FLOORS = List.of(
            List.of("stream", "dump", "schedule"),
            List.of("catalog", "pg", "settings"),
            List.of("globals", "context"),
            List.of("archive", "lock"),
            List.of("restore", "prune"),
            List.of("verify", "run"),
            List.of("engine"));

    /** What every package may use; it uses none of the floors. */
    private static final List<String> GROUND = List.of("log", "text", "json", "bytes", "check");

    /** Values, listeners and stores: what a host sees beside the façade. */
    private static final String[] PUBLIC = {
        BACKUP + ".config..",
        BACKUP + ".catalog..",
        BACKUP + ".restore..",
        BACKUP + ".report..",
        BACKUP + ".event..",
        BACKUP + ".retention..",
        BACKUP + ".store..",
        BACKUP + ".notify..",
        BACKUP + ".metrics.."
    };

    @ArchTest
    static final ArchTests MODULE = ArchTests.in(ModuleRules.class);

    @ArchTest
    static final ArchRule NO_PACKAGES_FORM_A_CIRCLE =
            slices().matching("dev.pgpool.(**)").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule INTERNAL_FLOORS_POINT_DOWN = floors();

    @ArchTest
    static final ArchRule INTERNAL_PACKAGES_ARE_THOSE_OF_THE_PICTURE = classes()
            .that()
            .resideInAPackage(INTERNAL + ".")
            .should()
            .resideInAnyPackage(Stream.concat(GROUND.stream(), FLOORS.stream().flatMap(List::stream))
                    .map(name -> INTERNAL + name + "..")
                    .toArray(String[]::new));

    @ArchTest
    static final ArchRule ONLY_THE_FACADE_KNOWS_THE_FLOORS = noClasses()
            .that()
            .resideInAnyPackage(PUBLIC)
            .or()
            .resideInAnyPackage(
                    GROUND.stream().map(name -> INTERNAL + name + "..").toArray(String[]::new))
            .should()
            .dependOnClassesThat(resideInAPackage(BACKUP)
                    .or(resideInAnyPackage(FLOORS.stream()
                            .flatMap(List::stream)
                            .map(name -> INTERNAL + name + "..")
                            .toArray(String[]::new))));

    @ArchTest
    static final ArchRule THE_FACADE_KNOWS_THE_ENGINE_AND_ITS_SETTINGS = noClasses()
            .that()
            .resideInAPackage(BACKUP)
            .should()
            .dependOnClassesThat(resideInAPackage(INTERNAL + ".")
                    .and(resideInAnyPackage(INTERNAL + "engine", INTERNAL + "settings", INTERNAL + "text")
                            .negate()));

    @ArchTest
    static final ArchRule THE_FACADE_IS_ALONE_IN_ITS_PACKAGE = classes()
            .that()
            .resideInAPackage(BACKUP)
            .and()
            .areTopLevelClasses()
            .should()
            .haveSimpleNameStartingWith("BackupEngine")
            .orShould()
            .haveSimpleName("BackupCatalog")
            .orShould()
            .haveSimpleName("package-info");

    @ArchTest
    static final ArchRule RETENTION_IS_PURE = isApart("retention");

    @ArchTest
    static final ArchRule STORES_KNOW_NO_BACKUPS = isApart("store");

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
            .resideOutsideOfPackages("dev.pgpool.backup.metrics", "dev.pgpool.backup.spring")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.micrometer..");

    /** Uses nothing of the module but texts and checks of settings. */
    private static ArchRule isApart(String name) {
        return noClasses()
                .that()
                .resideInAPackage(BACKUP + "." + name)
                .should()
                .dependOnClassesThat(resideInAPackage(BACKUP + "..")
                        .and(resideInAnyPackage(BACKUP + "." + name, INTERNAL + "text", INTERNAL + "check")
                                .negate()));
    }

    private static ArchRule floors() {
        var rule = layeredArchitecture().consideringOnlyDependenciesInLayers();
        for (List<String> floor : FLOORS) {
            for (String name : floor) {
                rule = rule.layer(name).definedBy(INTERNAL + name + "..");
            }
        }
        rule = rule.layer("facade").definedBy(BACKUP);
        for (int i = 0; i < FLOORS.size(); i++) {
            String[] above = Stream.concat(
                            FLOORS.subList(i + 1, FLOORS.size()).stream().flatMap(List::stream), Stream.of("facade"))
                    .toArray(String[]::new);
            for (String name : FLOORS.get(i)) {
                rule = rule.whereLayer(name).mayOnlyBeAccessedByLayers(above);
            }
        }
        return rule;
    }
}
