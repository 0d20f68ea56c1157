#!/bin/sh
# Checks the scrape configuration with the alert rules of all modules, and runs the tests of the pooler's, with promtool (Debian and
# Ubuntu: the package prometheus).
set -eu
cd "$(dirname "$0")"
command -v promtool >/dev/null || { echo "promtool is missing (Debian: prometheus)" >&2; exit 1; }
promtool check config prometheus.yml
cd ../../pgpool-core/docs
promtool test rules alerts.test.yml
