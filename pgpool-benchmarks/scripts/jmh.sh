#!/bin/sh
# Runs the JMH benchmarks with the allocation profiler; arguments go to JMH (a name, -f 3, ...; -h lists all).
set -eu
classpath=$("$(dirname "$0")/classpath.sh")
exec java -cp "$classpath" org.openjdk.jmh.Main -prof gc -jvmArgsAppend "-XX:+UseSerialGC \
-Djmh.executor=CUSTOM -Djmh.executor.class=dev.pgpool.benchmarks.EventLoopThreads \
-Dio.netty.leakDetection.level=disabled -Dio.netty.buffer.checkBounds=false \
-Dio.netty.buffer.checkAccessible=false" "$@"
