/**
 * Tells when the certificates of TLS endpoints, PostgreSQL servers, files and trust stores end, before clients fail.
 *
 * <pre>
 *   CertTarget ──&gt; WatchLoop ──&gt; Prober ──&gt; ProbeResult ──&gt; ChainInspector ──&gt; Inspection ──&gt; Judge ──&gt; CertReport
 *   (what to      (when, how     (resolve, connect,          (facts and paths,              (level and      │
 *    probe)        many at once)  STARTTLS, handshake)        independent of time)           findings now)  │
 *                                                                                                           v
 *                              CertSnapshot (table, JSON) &lt;── CertWatch ──&gt; CertWatchListener, Notice, meters
 * </pre>
 *
 * <p>{@link dev.pgpool.certwatch.CertWatch} is where to begin. Dependencies point down:
 *
 * <pre>
 *   metrics                              Micrometer and Prometheus' text (optional)
 *   CertWatch, CertWatchBuilder          the façade
 *   internal.watch                       when a target is probed, which listeners are told
 *   internal.state                       what is known of a target, and what it amounts to now
 *   internal.judge           notify      what is wrong with a chain; webhook
 *   internal.probe           event       how a chain is fetched; what listeners are told
 *   internal.{starttls,tls}  report      what is said before TLS, and TLS; what is known, as values
 *   internal.discover        config      what a set stands for; settings
 *   target                               what is watched
 *   internal.file                        certificates and keys in files
 *   finding, trust                       what can be found; what is trusted
 *   internal.{text,x509,document}        text of peers, certificates as bytes, JSON and YAML
 * </pre>
 *
 * <p>Words used throughout:
 *
 * <ul>
 *   <li><em>target</em>: one thing to probe, known by its name (the {@code instance} tag of the meters);
 *   <li><em>served chain</em>: the certificates as the server sent them, leaf first;
 *   <li><em>verified path</em>: a way from the leaf to an anchor of the trust store, found by the watch;
 *   <li><em>horizon</em>: the moment when the last verified path breaks;
 *   <li><em>effective expiry</em>: the earlier of leaf expiry and horizon, or the earliest expiry in the served chain if
 *       no path exists: the value to alert on.
 * </ul>
 */
@NullMarked
package dev.pgpool.certwatch;

import org.jspecify.annotations.NullMarked;
