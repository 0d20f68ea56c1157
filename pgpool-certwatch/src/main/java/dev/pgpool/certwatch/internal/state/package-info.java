/**
 * What is known of a target between probes, and what it amounts to at an instant: report, level, notices. {@link
 * dev.pgpool.certwatch.internal.state.ReportMaker} is the door.
 */
@NullMarked
package dev.pgpool.certwatch.internal.state;

import org.jspecify.annotations.NullMarked;
