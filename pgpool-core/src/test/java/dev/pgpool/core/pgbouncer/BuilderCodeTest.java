package dev.pgpool.core.pgbouncer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.core.PgPoolBuilder;
import dev.pgpool.core.config.PgPoolConfig;
import java.io.IOException;
import java.io.StringWriter;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The printed code compiles, and builds what the ini describes. */
class BuilderCodeTest {
    private static final String SECRET = "it's \\secret\"";

    @TempDir
    Path directory;

    private final Map<String, PgBouncerIni> inis = new LinkedHashMap<>();

    private void ini(String name, String... lines) throws IOException {
        inis.put(name, PgBouncerIni.read(Files.write(directory.resolve("p" + inis.size() + ".ini"), List.of(lines))));
    }

    /** By name what the code of each ini builds. All are compiled at once: the compiler takes its time to start. */
    private Map<String, PgPoolConfig> built(UnaryOperator<String> secrets) throws Exception {
        Path classes = Files.createDirectory(directory.resolve("classes"));
        List<Path> sources = new ArrayList<>();
        for (PgBouncerIni ini : inis.values()) {
            Path folder = Files.createDirectory(directory.resolve("p" + sources.size()));
            sources.add(Files.writeString(
                    folder.resolve("Pooler.java"), "package p" + sources.size() + ";\n" + ini.builderCode()));
        }
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter said = new StringWriter();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
            boolean compiled = compiler.getTask(
                            said,
                            files,
                            null,
                            List.of("-d", classes.toString(), "-proc:none", "-Xlint:all", "-Werror", "-implicit:none"),
                            null,
                            files.getJavaFileObjectsFromPaths(sources))
                    .call();
            assertThat(compiled).as("%s", said).isTrue();
        }
        Map<String, PgPoolConfig> configs = new LinkedHashMap<>();
        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {classes.toUri().toURL()})) {
            for (String name : inis.keySet()) {
                PgPoolBuilder builder = (PgPoolBuilder) loader.loadClass("p" + configs.size() + ".Pooler")
                        .getMethod("builder", UnaryOperator.class)
                        .invoke(null, secrets);
                configs.put(name, builder.config());
            }
        }
        return configs;
    }

    private void assertSame(Map<String, PgPoolConfig> built) {
        built.forEach((name, config) -> assertThat(config)
                .as("%s:%n%s", name, inis.get(name).builderCode())
                .usingRecursiveComparison()
                .isEqualTo(inis.get(name).config()));
    }

    /** Each on its own, and what each differs in is in the code: the configuration of none is that of the defaults. */
    @Test
    void everyKeyOfTheSectionPgbouncer() throws Exception {
        KeySamples samples = new KeySamples(directory);
        for (Keys.Key key : Keys.ALL) {
            ini(key.name(), samples.lines(key, key.name() + " = " + samples.other(key)));
        }
        Map<String, PgPoolConfig> built = built(name -> SECRET);
        assertSame(built);
        assertThat(built).hasSizeGreaterThan(90);
    }

    @Test
    void everyKeyOfTheOtherSections() throws Exception {
        List<String> lines = new ArrayList<>(List.of("[databases]"));
        List<String> ofDatabases = List.of(
                "dbname=\"other\\name\"",
                "host=db1,::1,/run/a:7,10.0.0.1 port=5433",
                "host=@abstract port=7",
                "port=5433",
                "user=owner password='" + SECRET.replace("'", "''") + "'",
                "auth_user=asker",
                "auth_user=asker auth_query='SELECT a, b FROM c($1)' auth_dbname=plain",
                "pool_size=7",
                "min_pool_size=3",
                "reserve_pool_size=4",
                "reserve_pool=5",
                "connect_query='SET x.y TO ''\u00e9\t\\u0041'''",
                "pool_mode=statement",
                "query_wait_timeout=1.25",
                "host=a,b load_balance_hosts=disable",
                "user=owner fleet=orders fleet_max_db_connections=80 fleet_weight=2",
                "max_db_connections=9",
                "max_db_client_connections=11",
                "server_lifetime=0",
                "client_encoding=LATIN1 datestyle=German timezone='Europe/Berlin' application_name=app");
        for (String entry : ofDatabases) {
            lines.add("d" + lines.size() + " = " + (entry.contains("host=") ? "" : "host=db ") + entry);
        }
        lines.add("plain =");
        lines.add("\"odd \"\"name\\\" = user=x password=y");
        lines.add("\"odd name\" = user=x password=y");
        lines.add("* = user=x password=y");
        lines.add("[users]");
        for (String entry : List.of(
                "pool_size=3",
                "reserve_pool_size=2",
                "pool_mode=session",
                "max_user_connections=4",
                "max_user_client_connections=5",
                "query_timeout=1",
                "query_wait_timeout=0",
                "idle_transaction_timeout=0.000000001",
                "transaction_timeout=0.5",
                "client_idle_timeout=31536000")) {
            lines.add("u" + lines.size() + " = " + entry);
        }
        lines.addAll(List.of("[peers]", "1 = host=/tmp/one", "2 = host=two port=7000", "[pgbouncer]", "peer_id = 1"));
        ini("all", lines.toArray(String[]::new));
        List<String> asked = new ArrayList<>();
        String code = inis.get("all").builderCode();
        assertThat(code).doesNotContain("secret\\", SECRET);
        Map<String, PgPoolConfig> built = built(name -> {
            asked.add(name);
            return name.equals("D5_PASSWORD") ? SECRET : "y";
        });
        assertThat(asked)
                .containsExactly("D5_PASSWORD", "ODD_NAME_PASSWORD", "ODD_NAME_PASSWORD_2", "FALLBACK_PASSWORD")
                .allMatch(name -> code.contains("secrets.apply(\"" + name + "\")"));
        assertSame(built);
    }

    @Test
    void directories() throws Exception {
        String bind =
                "auth_ldap_options = ldapserver=\"a b\" ldapport=1389 ldaptls=1 ldapbasedn=\"dc=x\" ldapbinddn=cn=y"
                        + " ldapbindpasswd=\"" + SECRET.replace("\"", "\"\"") + "\" ";
        for (String options : List.of(
                bind + "ldapsearchattribute=uid",
                bind + "ldapsearchfilter=(uid=$username)",
                "auth_ldap_options = ldapserver=a ldapscheme=ldaps ldapprefix=\"uid=\" ldapsuffix=\",dc=x\"",
                "auth_ldap_options = ldapurl=\"ldap://a/dc=x?uid?one\"")) {
            String name = "ldap" + options.length();
            ini(name, "[databases]", "app = host=db user=x password=y", "[pgbouncer]", "auth_type = ldap", options);
            assertThat(inis.get(name).builderCode())
                    .contains(".ldap(ldap -> ldap")
                    .doesNotContain(SECRET);
        }
        assertSame(built(name -> name.equals("LDAP_PASSWORD") ? SECRET : "y"));
    }

    /** Nothing that an ini holds ends a comment or a literal. */
    @Test
    void textsAreTexts() throws Exception {
        ini(
                "odd",
                "[databases]",
                "app = host=db",
                "[pgbouncer]",
                "login_notify_message = \\u000a \"; */ \\ \u00fc\ud83d\ude00 \\\\u0022",
                "conffile = */ \\u000a System.exit(3);",
                "job_name = \\u000d int x",
                "auth_query = SELECT '\"', \"\\\" FROM f($1)",
                "auth_user = \"quoted\"");
        Map<String, PgPoolConfig> built = built(name -> SECRET);
        assertSame(built);
        assertThat(built.get("odd").clients().loginNotice()).endsWith("\\\\u0022");
        assertThat(inis.get("odd").builderCode()).contains("job_name has no effect", "conffile has no effect");
    }

    @Test
    void whatSetHasChangedIsInIt() throws Exception {
        ini("set", "[databases]", "app = host=db", "[pgbouncer]", "logfile = /tmp/x.log");
        inis.get("set").set("query_timeout", "7");
        assertThat(inis.get("set").builderCode())
                .contains(".queryTimeout(Duration.ofSeconds(7L))", "logfile is not in it")
                .doesNotContain("serverLifetime", "backlog(1024)");
        assertSame(built(name -> SECRET));
    }
}
