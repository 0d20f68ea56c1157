/**
 * The certificate watch in a Spring Boot application; optional, as Spring is. Door: {@link
 * dev.pgpool.certwatch.spring.CertWatchAutoConfiguration}, which makes a {@link dev.pgpool.certwatch.CertWatch} of the properties
 * {@code pgpool.certwatch.*}. How properties are read is the same in all of pgpool's libraries, which do not depend on each other.
 */
@NullMarked
package dev.pgpool.certwatch.spring;

import org.jspecify.annotations.NullMarked;
