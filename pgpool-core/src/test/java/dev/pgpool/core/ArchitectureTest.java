package dev.pgpool.core;

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
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;

/** Dependencies point one way: {@code wire, sql <- prepared, params, figures, advice, auth, admin <- server <- hosts <- cancel, secrets <- fleet <- pool
 * <- link <- client, embedded <- runtime}. */
@Tag("once")
@AnalyzeClasses(packages = "dev.pgpool.core", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    private static final String CORE = "dev.pgpool.core";
    private static final String INTERNAL = CORE + ".internal.";

    /** From the bottom up; each may be used by those after it. */
    private static final String[] LAYERS = {
        "wire",
        "sql",
        "prepared",
        "params",
        "figures",
        "advice",
        "auth",
        "admin",
        "server",
        "hosts",
        "cancel",
        "secrets",
        "fleet",
        "pool",
        "link",
        "embedded",
        "client",
        "runtime"
    };

    private static final String[] LAYERS_BELOW_EMBEDDED =
            List.of(LAYERS).subList(0, List.of(LAYERS).indexOf("embedded")).toArray(String[]::new);

    private static final int FOUNDATIONS = 2;
    private static final int FIRST_WITH_CONNECTION = 8;

    @ArchTest
    static final ArchTests MODULE = ArchTests.in(ModuleRules.class);

    @ArchTest
    static final ArchRule INTERNAL_LAYERS_POINT_DOWN = layers();

    /** Also where no floor says who may use whom: {@code auth}, {@code auth.hba} and {@code auth.ldap}. */
    @ArchTest
    static final ArchRule NO_INTERNAL_PACKAGES_FORM_A_CIRCLE =
            slices().matching(INTERNAL + "(**)").should().beFreeOfCycles();

    /** Of what users may call; the façade's package, which knows all of them and is known by some, is none of these. */
    @ArchTest
    static final ArchRule NO_PUBLIC_PACKAGES_FORM_A_CIRCLE = slices().matching(
                    CORE + ".(config|event|stats|advice|auth|jdbc|metrics|pgbouncer|spring)..")
            .should()
            .beFreeOfCycles();

    @ArchTest
    static final ArchRule RULES_AND_DIRECTORIES_ARE_NOT_KNOWN_TO_EXCHANGES = noClasses()
            .that()
            .resideInAPackage(INTERNAL + "auth")
            .should()
            .dependOnClassesThat(resideInAnyPackage(INTERNAL + "auth.hba..", INTERNAL + "auth.ldap.."))
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule WHAT_ALL_MAY_USE_USES_NONE_OF_THEM = noClasses()
            .that()
            .resideInAnyPackage(
                    CORE + ".config..",
                    CORE + ".event..",
                    CORE + ".stats..",
                    CORE + ".advice..",
                    INTERNAL + "transport..",
                    INTERNAL + "jfr..",
                    INTERNAL + "log..",
                    INTERNAL + "tls..")
            .should()
            .dependOnClassesThat(resideInAnyPackage(packages(LAYERS)))
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule ONLY_THE_FACADE_KNOWS_INTERNALS = noClasses()
            .that()
            .resideOutsideOfPackage(INTERNAL + ".")
            .and()
            .doNotHaveFullyQualifiedName(CORE + ".PgPool")
            .should()
            .dependOnClassesThat(resideInAPackage(INTERNAL + "."))
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule THE_FACADE_KNOWS_ONLY_THE_RUNTIME = noClasses()
            .that()
            .haveFullyQualifiedName(CORE + ".PgPool")
            .should()
            .dependOnClassesThat(resideInAPackage(INTERNAL + ".")
                    .and(resideInAPackage(INTERNAL + "runtime..").negate()))
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule WIRE_KNOWS_BUFFERS_BUT_NO_CHANNEL = noClasses()
            .that()
            .resideInAPackage(INTERNAL + "wire..")
            .should()
            .dependOnClassesThat(resideInAnyPackage("io.netty.channel..", "io.netty.bootstrap.."))
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule METRICS_ARE_OPTIONAL = noClasses()
            .that()
            .resideOutsideOfPackages(CORE + ".metrics..", CORE + ".spring")
            .should()
            .dependOnClassesThat(resideInAnyPackage("io.micrometer..", CORE + ".metrics.."))
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule ONLY_PACKAGE_JDBC_KNOWS_THE_DRIVER = noClasses()
            .that()
            .doNotHaveFullyQualifiedName(CORE + ".jdbc.PgDriver")
            .should()
            .dependOnClassesThat(resideInAPackage("org.postgresql.."))
            .allowEmptyShould(true);

    /** Threads of the host and event loops meet at one place. */
    @ArchTest
    static final ArchRule EMBEDDED_KNOWS_ONLY_THE_TRANSPORT = noClasses()
            .that()
            .resideInAPackage(INTERNAL + "embedded..")
            .should()
            .dependOnClassesThat(resideInAnyPackage(packages(LAYERS_BELOW_EMBEDDED)))
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule INTERNAL_PACKAGES_ARE_THOSE_OF_THE_PICTURE = classes()
            .that()
            .resideInAPackage(INTERNAL + ".")
            .should()
            .resideInAnyPackage(packages(
                    "transport",
                    "jfr",
                    "log",
                    "tls",
                    "wire",
                    "sql",
                    "prepared",
                    "params",
                    "figures",
                    "advice",
                    "auth",
                    "admin",
                    "server",
                    "hosts",
                    "cancel",
                    "secrets",
                    "fleet",
                    "pool",
                    "link",
                    "embedded",
                    "client",
                    "runtime"))
            .allowEmptyShould(true);

    private static ArchRule layers() {
        var rule = layeredArchitecture().consideringOnlyDependenciesInLayers().withOptionalLayers(true);
        for (String layer : LAYERS) {
            rule = rule.layer(layer).definedBy(INTERNAL + layer + "..");
        }
        rule = rule.layer("facade").definedBy(CORE);
        for (int i = 0; i < LAYERS.length; i++) {
            rule = rule.whereLayer(LAYERS[i]).mayOnlyBeAccessedByLayers(above(i));
        }
        return rule.allowEmptyShould(true);
    }

    /** The data structures over {@code wire} do not know each other; from {@code server} on each layer sees all below. */
    private static String[] above(int layer) {
        int first = layer < FOUNDATIONS ? layer + 1 : Math.max(layer + 1, FIRST_WITH_CONNECTION);
        List<String> above = new ArrayList<>(List.of(LAYERS).subList(first, LAYERS.length));
        if (layer == LAYERS.length - 1) {
            above.add("facade");
        }
        return above.toArray(String[]::new);
    }

    private static String[] packages(String... names) {
        String[] packages = new String[names.length];
        for (int i = 0; i < names.length; i++) {
            packages[i] = INTERNAL + names[i] + "..";
        }
        return packages;
    }
}
