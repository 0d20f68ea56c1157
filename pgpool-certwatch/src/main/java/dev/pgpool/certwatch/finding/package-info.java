/**
 * What a probe of a target found, and how bad it is: codes, severities, levels, and findings that are known and
 * accepted.
 */
@NullMarked
package dev.pgpool.certwatch.finding;

import org.jspecify.annotations.NullMarked;
