/**
 * Certificates and keys as bytes. {@link dev.pgpool.certwatch.internal.x509.Certificates} is the door: Java reads a certificate, and
 * where Java refuses it, {@link dev.pgpool.certwatch.internal.x509.OddCertificate} reads its dates and names from the DER.
 */
@NullMarked
package dev.pgpool.certwatch.internal.x509;

import org.jspecify.annotations.NullMarked;
