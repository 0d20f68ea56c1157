/**
 * What is known about targets: {@link dev.pgpool.certwatch.report.CertSnapshot} of all, {@link
 * dev.pgpool.certwatch.report.CertReport} of one, as values, as a table and as JSON.
 */
@NullMarked
package dev.pgpool.certwatch.report;

import org.jspecify.annotations.NullMarked;
