package dev.pgpool.backup.spring;

import dev.pgpool.backup.config.DatabaseSettings;
import dev.pgpool.backup.config.DumpFilter;
import java.time.ZoneId;
import java.util.function.Consumer;

/** What is otherwise for some databases, as properties say it. */
final class RuleSettings {
    private DatabaseSettings settings = DatabaseSettings.none();
    private DumpFilter filter = DumpFilter.everything();

    /** Default: as for all. How long their backups are kept. */
    public RuleSettings retention(Consumer<RetentionSettings> description) {
        RetentionSettings retention = new RetentionSettings();
        description.accept(retention);
        settings = settings.retention(retention.policy());
        return this;
    }

    /** Default: as for all. A schedule of their own: a cron expression of five fields, in a zone. */
    public RuleSettings schedule(String cron, ZoneId zone) {
        settings = settings.schedule(cron, zone);
        return this;
    }

    /** Default: as for all. Only these schemas. */
    public RuleSettings schemas(String... patterns) {
        return filtered(filter.schemas(patterns));
    }

    /** Default: as for all. Schemas that are left out. */
    public RuleSettings excludeSchemas(String... patterns) {
        return filtered(filter.excludeSchemas(patterns));
    }

    /** Default: as for all. Only these tables, views and sequences. */
    public RuleSettings tables(String... patterns) {
        return filtered(filter.tables(patterns));
    }

    /** Default: as for all. Tables, views and sequences that are left out. */
    public RuleSettings excludeTables(String... patterns) {
        return filtered(filter.excludeTables(patterns));
    }

    /** Default: as for all. Tables of which only the definition is dumped. */
    public RuleSettings excludeTableData(String... patterns) {
        return filtered(filter.excludeTableData(patterns));
    }

    /** Default: as for all. Whether large objects are dumped. */
    public RuleSettings largeObjects(boolean dumped) {
        return filtered(filter.largeObjects(dumped));
    }

    private RuleSettings filtered(DumpFilter by) {
        filter = by;
        settings = settings.filter(by);
        return this;
    }

    DatabaseSettings settings() {
        return settings;
    }
}
