package dev.pgpool.core.internal.auth.hba;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import dev.pgpool.core.auth.ClientAuthentication;
import dev.pgpool.core.config.ConfigException;
import dev.pgpool.core.fixture.LogCapture;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rules and user maps as their files say them. */
class RuleFilesTest {

    private static final Instant LONG_AGO = Instant.parse("2020-01-01T00:00:00Z");

    @TempDir
    private Path directory;

    private Path hba;
    private Path ident;

    @BeforeEach
    void nameTheFiles() {
        hba = directory.resolve("pg_hba.conf");
        ident = directory.resolve("pg_ident.conf");
    }

    // ---- which rule is for whom

    @ParameterizedTest(name = "{0} for {1}: {2}")
    @CsvSource(
            delimiter = '|',
            nullValues = "none",
            value = {
                // rule | client (address ssl database user) | method
                "host all all all trust | 10.0.0.1 - app ann | TRUST",
                "host all all all trust | local - app ann | none",
                "local all all trust | local - app ann | TRUST",
                "local all all trust | 10.0.0.1 - app ann | none",
                "hostssl all all all md5 | 10.0.0.1 ssl app ann | MD5",
                "hostssl all all all md5 | 10.0.0.1 - app ann | none",
                "hostnossl all all all md5 | 10.0.0.1 - app ann | MD5",
                "hostnossl all all all md5 | 10.0.0.1 ssl app ann | none",
                "host app all all password | 10.0.0.1 - app ann | PASSWORD",
                "host app all all plain | 10.0.0.1 - app ann | PASSWORD",
                "host app all all password | 10.0.0.1 - other ann | none",
                "host a,app,b all all reject | 10.0.0.1 - app ann | REJECT",
                "host a, app, b all all reject | 10.0.0.1 - app ann | REJECT",
                "host a , app ,b all all reject | 10.0.0.1 - app ann | REJECT",
                "host a\t,app x , ann all reject # , y | 10.0.0.1 - app ann | REJECT",
                "host all all all cert | 10.0.0.1 - app ann | CERT",
                "hostnossl all all all cert | 10.0.0.1 - app ann | CERT",
                "local all all cert | local - app ann | CERT",
                "host all all all peer | 10.0.0.1 - app ann | PEER",
                "host sameuser all all scram-sha-256 | 10.0.0.1 - ann ann | SCRAM_SHA_256",
                "host sameuser all all scram-sha-256 | 10.0.0.1 - app ann | none",
                "host \"sameuser\" all all trust | 10.0.0.1 - ann ann | none",
                "host \"all\" all all trust | 10.0.0.1 - app ann | none",
                "host \"all\" all all trust | 10.0.0.1 - all ann | TRUST",
                "host \"odd db\" \"odd \"\"user\" all trust | 10.0.0.1 - odd_db odd_\"user | TRUST",
                "host all bob,ann all trust | 10.0.0.1 - app ann | TRUST",
                "host all bob,ann all trust | 10.0.0.1 - app carl | none",
                "host all ANN all trust | 10.0.0.1 - app ann | none",
                "host /^app_[0-9]+$ all all trust | 10.0.0.1 - app_12 ann | TRUST",
                "host /^app_[0-9]+$ all all trust | 10.0.0.1 - app_x ann | none",
                "host all /nn all trust | 10.0.0.1 - app ann | TRUST",
                "host all \"/n,{0}n\" all trust | 10.0.0.1 - app ann | TRUST",
                "host all all 10.0.0.0/8 trust | 10.255.0.1 - app ann | TRUST",
                "host all all 10.0.0.0/8 trust | 11.0.0.1 - app ann | none",
                "host all all 10.9.9.9/8 trust | 10.255.0.1 - app ann | TRUST",
                "host all all 10.0.0.0 255.255.255.0 trust | 10.0.0.99 - app ann | TRUST",
                "host all all 10.0.0.0 255.255.255.0 trust | 10.0.1.99 - app ann | none",
                "host all all 10.0.0.1/32 trust | 10.0.0.1 - app ann | TRUST",
                "host all all 10.0.0.1/32 trust | 10.0.0.0 - app ann | none",
                "host all all 10.0.0.1/31 trust | 10.0.0.0 - app ann | TRUST",
                "host all all 0.0.0.0/0 trust | 10.0.0.1 - app ann | TRUST",
                "host all all 0.0.0.0/0 trust | ::1 - app ann | none",
                "host all all ::1/128 trust | ::1 - app ann | TRUST",
                "host all all fe80::/10 trust | fe80::1 - app ann | TRUST",
                "host all all fe80::/10 trust | fec0::1 - app ann | none",
                "host all all ::/0 trust | 10.0.0.1 - app ann | none",
                "host all all ::/0 trust | ::ffff:10.0.0.1 - app ann | none",
                "host all all 10.0.0.0/8 trust | ::ffff:10.0.0.1 - app ann | TRUST",
                "host all all all trust # for now | 10.0.0.1 - app ann | TRUST",
                "host replication all all trust | 10.0.0.1 - replication ann | none",
                "host \"replication\" all all trust | 10.0.0.1 - replication ann | TRUST",
                "hostssl all all all cert clientname=DN | 10.0.0.1 ssl app ann | CERT",
                "local all all peer | local - app ann | PEER",
                "host all all all authenticator | 10.0.0.1 - app ann | AUTHENTICATOR"
            })
    void aRuleIsFor(String rule, String client, @Nullable String method) throws IOException {
        write(hba, rule);
        assertThat(methodFor(client)).isEqualTo(Optional.ofNullable(method).map(ClientAuthentication::valueOf));
    }

    @Test
    void theFirstRuleThatMatchesCounts() throws IOException {
        write(hba, """
                # comment

                host app bob all reject
                host app all 10.0.0.0/8 md5
                host app all all trust
                """);
        assertThat(methodFor("10.0.0.1 - app bob")).contains(ClientAuthentication.REJECT);
        assertThat(methodFor("10.0.0.1 - app ann")).contains(ClientAuthentication.MD5);
        assertThat(methodFor("1.0.0.1 - app ann")).contains(ClientAuthentication.TRUST);
        assertThat(methodFor("1.0.0.1 - other ann")).isEmpty();
    }

    @Test
    void physicalReplicationHasToBeSaid() throws IOException {
        write(hba, """
                host all all all trust
                host app,replication bob all md5
                """);
        AccessRules rules = files().current();
        InetAddress address = InetAddress.getLoopbackAddress();
        assertThat(rules.find(new ClientAttributes(address, false, true, "app", "ann")))
                .isEmpty();
        assertThat(rules.find(new ClientAttributes(address, false, true, "app", "bob")))
                .map(HbaRule::method)
                .contains(ClientAuthentication.MD5);
    }

    @Test
    void namesMayBeInFilesBesideAndInFilesThatThoseName() throws IOException {
        Files.createDirectories(directory.resolve("lists"));
        write(directory.resolve("lists/dbs"), "app, other # two\n\"odd one\"\n@more");
        write(directory.resolve("lists/more"), "deep");
        write(directory.resolve("users"), "ann\nbob carl");
        write(hba, "host @lists/dbs,last @users all trust");
        for (String database : new String[] {"app", "other", "odd_one", "deep", "last"}) {
            assertThat(methodFor("10.0.0.1 - " + database + " carl")).isPresent();
        }
        assertThat(methodFor("10.0.0.1 - app dora")).isEmpty();
        assertThat(methodFor("10.0.0.1 - @users carl")).isEmpty();
    }

    @Test
    void aBackslashJoinsLines() throws IOException {
        write(hba, "host all \\\n  all all \\\ntrust\nhosts");
        assertThatThrownBy(this::files)
                .hasMessage(hba + ":4: connection type: \"hosts\" (expected: local, host, hostssl or hostnossl)");
    }

    // ---- what is wrong

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "hots all all all trust|connection type: \"hots\" (expected: local, host, hostssl or hostnossl)",
                "include more.conf|connection type: \"include\" (expected: local, host, hostssl or hostnossl)",
                "hostgssenc all all all trust|connection type: \"hostgssenc\" (expected: local, host, hostssl or hostnossl)",
                "host,local all all all trust|connection type: \"host,local\" (expected: one word, no list)",
                "host|database: the end of the line (expected: a name, a list of names, @file or all)",
                "host all|user: the end of the line (expected: a name, a list of names, @file or all)",
                "host all all|address: the end of the line (expected: all, or an address with its prefix length or mask)",
                "host all all all|method: the end of the line (expected: trust, reject, md5, password, scram-sha-256, cert, peer, ldap or authenticator)",
                "local all all|method: the end of the line (expected: trust, reject, md5, password, scram-sha-256, cert, peer, ldap or authenticator)",
                "host all all all scram|method: \"scram\" (expected: trust, reject, md5, password, scram-sha-256, cert, peer, ldap or authenticator)",
                "host all all all pam|method: \"pam\" (expected: trust, reject, md5, password, scram-sha-256, cert, peer, ldap or authenticator, which may be the host's own)",
                "host all all all ldap ldapserver=x|authentication method \"ldap\" requires argument \"ldapbasedn\", \"ldapprefix\", or \"ldapsuffix\" to be set",
                "host all all all ldap ldapserver=x ldapprefix=y ldapport=z|invalid LDAP port number: \"z\"",
                "host all all all ldap ldapserver=x ldapprefix=y secret|option: \"an LDAP option without a value\" (expected: name=value)",
                "host all all all ldap ldapserver=x ldapprefix=y map=z|invalid LDAP option: \"map\"",
                "host all all trust|address: \"trust\" (expected: all, an address with its prefix length as in 10.0.0.0/8, or an address and a mask; host names are not looked up)",
                "host all all db.example.com trust|address: \"db.example.com\" (expected: all, an address with its prefix length as in 10.0.0.0/8, or an address and a mask; host names are not looked up)",
                "host all all samenet trust|address: \"samenet\" (expected: all, an address with its prefix length as in 10.0.0.0/8, or an address and a mask; the pooler does not know the server's networks)",
                "host all all 10.0.0.0/33 trust|address: \"10.0.0.0/33\" (expected: a prefix length from 0 to 32)",
                "host all all 10.0.0.0/-1 trust|address: \"10.0.0.0/-1\" (expected: a prefix length from 0 to 32)",
                "host all all ::1/129 trust|address: \"::1/129\" (expected: a prefix length from 0 to 128)",
                "host all all 10.0.0 trust|address: \"10.0.0\" (expected: all, an address with its prefix length as in 10.0.0.0/8, or an address and a mask; host names are not looked up)",
                "host all all 10.0.0.1 trust|mask: \"trust\" (expected: a mask of 4 bytes like the address)",
                "host all all 10.0.0.1 ::1 trust|mask: \"::1\" (expected: a mask of 4 bytes like the address)",
                "host all all 10.0.0.1|address: \"10.0.0.1\" (expected: all, an address with its prefix length as in 10.0.0.0/8, or an address and a mask)",
                "host all +staff all trust|user: \"+staff\" (expected: no roles: the pooler does not know their members)",
                "host samerole all all trust|database: \"samerole\" (expected: no roles: the pooler does not know their members)",
                "host /( all all trust|database: \"/(\" (expected: a regular expression: Unclosed group)",
                "host @missing all all trust|file: \"@missing\" (expected: a readable file of names: ",
                "host all all all trust map=x|option: \"map=x\" (expected: map= with the methods cert and peer only)",
                "host all all all md5 clientname=CN|option: \"clientname=CN\" (expected: clientname= with the method cert only)",
                "hostssl all all all cert clientname=OU|option: \"clientname=OU\" (expected: clientname=CN or clientname=DN)",
                "hostssl all all all cert map=|option: \"map=\" (expected: map= and the name of a user map)",
                "hostssl all all all cert map=nope|option: \"map=nope\" (expected: a map of an identFile, but none is set)",
                "host all all all trust clientcert=verify-full|option: \"clientcert=verify-full\" (expected: map=name, clientname=CN or clientname=DN)",
                "host all all all trust trust|option: \"trust\" (expected: map=name, clientname=CN or clientname=DN)",
                "host \"all all all trust|quoted word: \"all all all trust (expected: a double quote at its end, on the same line)",
                "host all, |list: a comma at the end of the line (expected: another word behind it)",
                "host ,all all all trust|connection type: \"host,all\" (expected: one word, no list)",
                ",host all all all trust|list: a comma without a word before it (expected: a word)",
                "host a,,b all all trust|list: a comma without a word before it (expected: a word)"
            })
    void aBrokenLineSaysWhereWhatAndWhatWasExpected(String line, String problem) throws IOException {
        write(hba, "# first\n" + line + "\nhost all all all trust");
        assertThatThrownBy(this::files)
                .asInstanceOf(type(ConfigException.class))
                .extracting(ConfigException::problems)
                .satisfies(problems ->
                        assertThat(problems).singleElement().asString().startsWith(hba + ":2: " + problem));
    }

    @Test
    void allBrokenLinesOfBothFilesAreToldAtOnce() throws IOException {
        write(hba, """
                host all all all trust
                hots all all all trust
                host all all all scram
                hostssl all all all cert map=people
                hostssl all all all cert map=nope
                host all all all authenticator
                """);
        write(ident, """
                people ann
                people /^(.*$ bob
                people /^.*@x$ \\1
                people ann bob carl
                people ann +staff
                people "Ann Example" ann
                """);
        assertThatThrownBy(() -> new RuleFiles(hba, Optional.of(ident), false))
                .asInstanceOf(type(ConfigException.class))
                .extracting(ConfigException::problems)
                .satisfies(problems -> assertThat(problems)
                        .containsExactly(
                                hba + ":2: connection type: \"hots\" (expected: local, host, hostssl or hostnossl)",
                                hba + ":3: method: \"scram\" (expected: trust, reject, md5, password, scram-sha-256,"
                                        + " cert, peer, ldap or authenticator)",
                                ident + ":1: database user: the end of the line (expected: a name, all or /regex)",
                                ident + ":2: system user: \"/^(.*$\" (expected: a regular expression: Unclosed group)",
                                ident + ":3: database user: \"\\1\" (expected: a group in parentheses in /^.*@x$)",
                                ident + ":4: line: \"carl\" (expected: three words)",
                                ident + ":5: database user: \"+staff\" (expected: no roles: the pooler does not know"
                                        + " their members)",
                                hba + ":5: option: \"map=nope\" (expected: a map of " + ident + ")",
                                hba + ":6: method: \"authenticator\" (expected: one that is set, but none is)"));
    }

    @Test
    void filesThatNameThemselvesEnd() throws IOException {
        write(directory.resolve("loop"), "@loop");
        write(hba, "host @loop all all trust");
        assertThatThrownBy(this::files).hasMessageContaining("files nested at most 10 deep");
    }

    @Test
    void aMissingFileIsAProblem() {
        assertThatThrownBy(this::files)
                .isInstanceOf(ConfigException.class)
                .hasMessage(hba + ": NoSuchFileException (expected: a readable file of rules)");
    }

    @Test
    void whatIsNotUtf8IsAProblem() throws IOException {
        Files.write(hba, new byte[] {'h', (byte) 0xff});
        assertThatThrownBy(this::files).hasMessageContaining(hba + ": not valid UTF-8");
    }

    // ---- user maps

    @ParameterizedTest(name = "{0}: {1} as {2}: {3}")
    @CsvSource(
            delimiter = '|',
            value = {
                "m ann ann|ann|ann|true",
                "m ann ann|ann|bob|false",
                "m \"Ann Example\" ann|Ann Example|ann|true",
                "m root all|root|anybody|true",
                "m root \"all\"|root|anybody|false",
                "m root \"all\"|root|all|true",
                "m /^(.*)@example\\.com$ \\1|ann@example.com|ann|true",
                "m /^(.*)@example\\.com$ \\1|ann@example.com|bob|false",
                "m /^(.*)@example\\.com$ \\1|ann@example.com.evil|ann|false",
                "m /^(.*)@example\\.com$ \\1|ann@exampleXcom|ann|false",
                "m /^(.*)@example\\.com$ app_\\1|ann@example.com|app_ann|true",
                "m /^admin all|administrator|anybody|true",
                "m /^admin all|no admin|anybody|false",
                "m /^(.*)@x$ /^\\1_[0-9]$|ann@x|ann_7|true",
                "m /^(.*)@x$ /^\\1_[0-9]$|.*@x|bob_7|false",
                "m /^(.*)@x$ /^\\1_[0-9]$|\\Eb@x|b_7|false",
                "m ann /^a|ann|alice|true",
                "m ann /^a|ann|bob|false",
                "other ann ann|ann|ann|false",
                "m ann bob|ann|ann|false"
            })
    void aMapMakesUsersOfNames(String line, String systemUser, String user, boolean allowed) throws IOException {
        write(hba, "hostssl all all all cert map=m");
        write(ident, "m nobody nobody\n" + line);
        AccessRules rules = new RuleFiles(hba, Optional.of(ident), false).current();
        HbaRule rule = rules.find(new ClientAttributes(InetAddress.getLoopbackAddress(), true, false, "app", user))
                .orElseThrow();
        assertThat(rules.allows(rule, systemUser, user)).isEqualTo(allowed);
    }

    @Test
    void withoutAMapTheNamesMustBeTheSame() throws IOException {
        write(hba, "hostssl all all all cert");
        AccessRules rules = files().current();
        HbaRule rule = rules.find(new ClientAttributes(InetAddress.getLoopbackAddress(), true, false, "app", "ann"))
                .orElseThrow();
        assertThat(rules.allows(rule, "ann", "ann")).isTrue();
        assertThat(rules.allows(rule, "Ann", "ann")).isFalse();
    }

    // ---- change

    @Test
    void aChangedFileIsReadAgainAndABrokenOneIsNotUsedNotEvenInPart() throws IOException {
        write(directory.resolve("users"), "ann");
        write(hba, "host all @users all md5");
        RuleFiles files = files();
        assertThat(methodFor(files, "10.0.0.1 - app ann")).contains(ClientAuthentication.MD5);
        write(hba, "host all @users all trust", LONG_AGO.plusSeconds(1));
        assertThat(methodFor(files, "10.0.0.1 - app ann")).contains(ClientAuthentication.TRUST);
        write(directory.resolve("users"), "bob", LONG_AGO.plusSeconds(1));
        assertThat(methodFor(files, "10.0.0.1 - app ann")).isEmpty();
        assertThat(methodFor(files, "10.0.0.1 - app bob")).contains(ClientAuthentication.TRUST);
        try (LogCapture log = LogCapture.everything()) {
            write(hba, "host all all all reject\nhots all all all trust", LONG_AGO.plusSeconds(2));
            for (int i = 0; i < 3; i++) {
                assertThat(methodFor(files, "10.0.0.1 - app bob")).contains(ClientAuthentication.TRUST);
                assertThat(methodFor(files, "10.0.0.1 - app ann")).isEmpty();
            }
            Files.delete(hba);
            assertThat(methodFor(files, "10.0.0.1 - app bob")).contains(ClientAuthentication.TRUST);
            assertThat(log.lines())
                    .filteredOn(line -> line.startsWith("WARN access rules not reloaded"))
                    .hasSize(2)
                    .anyMatch(line -> line.contains(hba + ":2: connection type: \"hots\""))
                    .anyMatch(line -> line.contains("NoSuchFileException"));
        }
        write(hba, "host all all all reject", LONG_AGO.plusSeconds(3));
        assertThat(methodFor(files, "10.0.0.1 - app bob")).contains(ClientAuthentication.REJECT);
    }

    @Test
    void anUnchangedFileIsNotReadAgain() throws IOException {
        write(hba, "host all all all md5__");
        write(hba, "host all all all trust");
        RuleFiles files = files();
        // same size, same time, same file: the only way to see whether it was read
        write(hba, "host all all all rejec");
        assertThat(methodFor(files, "10.0.0.1 - app ann")).contains(ClientAuthentication.TRUST);
    }

    @Test
    void twoChangesWithinOneTickAreBothSeen() throws IOException {
        // ahead of the clock, so that a slow machine does not leave the tick before the second change
        Instant now = Instant.now().plusSeconds(3600);
        write(hba, "host all all all reject", now);
        RuleFiles files = files();
        write(hba, "host all all all trust ", now);
        assertThat(methodFor(files, "10.0.0.1 - app ann")).contains(ClientAuthentication.TRUST);
    }

    // ---- helpers

    private RuleFiles files() {
        return new RuleFiles(hba, Optional.empty(), true);
    }

    private Optional<ClientAuthentication> methodFor(String client) throws UnknownHostException {
        return methodFor(files(), client);
    }

    /** @param client address or local, ssl or -, database, user; an underscore in odd names is a blank */
    private static Optional<ClientAuthentication> methodFor(RuleFiles files, String client)
            throws UnknownHostException {
        String[] words = client.trim().split(" ");
        InetAddress address = words[0].equals("local") ? null : InetAddress.getByName(words[0]);
        String database = words[2].startsWith("odd_") ? words[2].replace('_', ' ') : words[2];
        String user = words[3].startsWith("odd_") ? words[3].replace('_', ' ') : words[3];
        return files.current()
                .find(new ClientAttributes(address, words[1].equals("ssl"), false, database, user))
                .map(HbaRule::method);
    }

    private static void write(Path file, String content) throws IOException {
        write(file, content, LONG_AGO);
    }

    private static void write(Path file, String content, Instant modified) throws IOException {
        Files.writeString(file, content);
        Files.setLastModifiedTime(file, FileTime.from(modified));
    }
}
