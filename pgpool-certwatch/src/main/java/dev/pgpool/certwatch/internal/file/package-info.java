/**
 * Certificates that lie in files and key stores of this machine. {@link
 * dev.pgpool.certwatch.internal.file.CertificateFiles} is the door. All of it blocks and is called on the pool for such calls.
 */
@NullMarked
package dev.pgpool.certwatch.internal.file;

import org.jspecify.annotations.NullMarked;
