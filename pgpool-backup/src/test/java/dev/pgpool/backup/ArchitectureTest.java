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

/** Dependencies point one way: {@code store <- stream, dump <- catalog, pg <- restore <- run <- façade}. */
@AnalyzeClasses(packages = "dev.pgpool.backup", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    private static final String BACKUP = "dev.pgpool.backup";
    private static final String INTERNAL = BACKUP + ".internal.";

    /** From the bottom up; each may be used by all floors above it, and the packages of one floor do not know each other. */
    private static final List<List<String>> FLOORS =
            List.of(List.of("stream", "dump"), List.of("catalog", "pg"), List.of("restore"), List.of("run"));

    /** What every package may use; it uses none of the floors. */
    private static final List<String> GROUND = List.of("log", "text", "json");

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
    static final ArchRule RETENTION_IS_PURE = knowsNothingOfTheModuleButTextOf("retention");

    @ArchTest
    static final ArchRule STORES_KNOW_NO_BACKUPS = knowsNothingOfTheModuleButTextOf("store");

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

    private static ArchRule knowsNothingOfTheModuleButTextOf(String name) {
        return noClasses()
                .that()
                .resideInAPackage(BACKUP + "." + name)
                .should()
                .dependOnClassesThat(resideInAPackage(BACKUP + "..")
                        .and(resideInAnyPackage(BACKUP + "." + name, INTERNAL + "text")
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
