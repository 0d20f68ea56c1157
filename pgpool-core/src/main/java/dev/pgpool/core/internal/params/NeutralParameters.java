package dev.pgpool.core.internal.params;

import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * The parameters that cannot change what the text of a statement means, only how long it may run, how it is planned, what
 * is logged, or what functions read at run time. Statements are shared whatever they are. A parameter that is missing here
 * costs only that: a statement more.
 */
final class NeutralParameters {
    private static final Set<String> NAMES = Set.of(
            "application_name",
            "bytea_output",
            "client_min_messages",
            "cursor_tuple_fraction",
            "default_transaction_deferrable",
            "default_transaction_isolation",
            "default_transaction_read_only",
            "effective_cache_size",
            "effective_io_concurrency",
            "extra_float_digits",
            "from_collapse_limit",
            "hash_mem_multiplier",
            "jit",
            "join_collapse_limit",
            "maintenance_work_mem",
            "plan_cache_mode",
            "synchronous_commit",
            "temp_buffers",
            "temp_file_limit",
            "work_mem");

    private static final List<String> PREFIXES = List.of("enable_", "geqo", "jit_", "log_", "tcp_", "track_");
    private static final List<String> SUFFIXES = List.of("_timeout", "_cost");

    private NeutralParameters() {}

    /** Whether a parameter is one of them; also those of extensions and applications, whose names have two parts. */
    static boolean isMeaningless(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return NAMES.contains(lower)
                || lower.indexOf('.') >= 0
                || PREFIXES.stream().anyMatch(lower::startsWith)
                || SUFFIXES.stream().anyMatch(lower::endsWith);
    }
}
