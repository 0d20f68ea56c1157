/**
 * JSON and YAML as trees of maps, lists and texts. {@link dev.pgpool.certwatch.internal.document.Documents} is the door. What is
 * read may come from an attacker: size, depth and references are bounded, and nothing in it is ever made an object of a class.
 */
@NullMarked
package dev.pgpool.certwatch.internal.document;

import org.jspecify.annotations.NullMarked;
