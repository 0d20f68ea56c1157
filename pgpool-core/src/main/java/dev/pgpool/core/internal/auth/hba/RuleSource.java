package dev.pgpool.core.internal.auth.hba;

import java.io.IOException;

/** Where the text of rule files comes from. */
interface RuleSource {

    /** The content of a file. */
    String read(String file) throws IOException;

    /** The name of a file that another one names. */
    String beside(String file, String name);
}
