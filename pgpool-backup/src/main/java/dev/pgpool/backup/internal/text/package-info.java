/** Values as text for people. {@link dev.pgpool.backup.internal.text.DisplayText} is the door. */
@NullMarked
package dev.pgpool.backup.internal.text;

import org.jspecify.annotations.NullMarked;
