package dev.pgpool.backup.internal.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pgpool.backup.catalog.BackupId;
import java.util.List;
import org.junit.jupiter.api.Test;

class KeyLayoutTest {

    private static final BackupId ID = new BackupId("20261123T023000Z-1a2b3c4d");
    private final KeyLayout layout = new KeyLayout("team", "7001");

    @Test
    void namesOfAnyKindComeBack() {
        for (String name :
                List.of("app", "app_test", "app.tmp.x", "a/b", "a b", "ümläut", ".lease", "a~2Fb", "..", "A%2F")) {
            String key = layout.backup(name, ID) + KeyLayout.MANIFEST;
            assertThat(key).matches("[A-Za-z0-9._~/-]+").doesNotContain("//").doesNotContain("/../");
            assertThat(layout.parse(key)).hasValueSatisfying(parsed -> {
                assertThat(parsed.database()).isEqualTo(name);
                assertThat(parsed.id()).isEqualTo(ID);
                assertThat(parsed.file()).isEqualTo(KeyLayout.MANIFEST);
            });
        }
    }

    @Test
    void aDatabaseIsNoPrefixOfAnother() {
        assertThat(layout.backup("app_test", ID)).doesNotStartWith(layout.database("app"));
        assertThat(layout.database("app")).isEqualTo("team/v1/7001/app/");
    }

    @Test
    void foreignKeysAreNotOurs() {
        for (String key : List.of(
                "app/README",
                "app-old.dump",
                "team/v1/7001/app/README",
                "team/v1/7002/app/2026/11/" + ID + "/manifest.json",
                "team/v1/7001/app/2025/11/" + ID + "/manifest.json",
                "team/v1/7001/app/2026/11/" + ID + "/x/manifest.json",
                "team/v1/7001/app/2026/13/20261345T000000Z-00000000/manifest.json",
                "team/v1/7001/.lease/backup.json",
                "team/v1/7001/a.b/2026/11/" + ID + "/manifest.json")) {
            assertThat(layout.parse(key)).as(key).isEmpty();
        }
    }
}
