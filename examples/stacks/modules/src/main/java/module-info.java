module dev.pgpool.stacks.modules {
    requires dev.pgpool.backup;
    requires dev.pgpool.certwatch;
    requires dev.pgpool.core;
    requires java.sql;
    requires org.postgresql.jdbc;
}
