/**
 * Backups in a Spring Boot application; optional, as Spring is. Door: {@link
 * dev.pgpool.backup.spring.BackupAutoConfiguration}, which makes a {@link dev.pgpool.backup.BackupEngine} of the properties
 * {@code pgpool.backup.*}. How properties are read is the same in all of pgpool's libraries, which do not depend on each other.
 */
@NullMarked
package dev.pgpool.backup.spring;

import org.jspecify.annotations.NullMarked;
