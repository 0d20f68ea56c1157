#!/bin/sh
# Checks docs/alerts.yml and runs its tests, with promtool (Debian and Ubuntu: the package prometheus).
set -eu
cd "$(dirname "$0")/../docs"
command -v promtool >/dev/null || { echo "promtool is missing (Debian: prometheus)" >&2; exit 1; }
promtool check rules alerts.yml
promtool test rules alerts.test.yml
