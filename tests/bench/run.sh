#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Benches, each by its name; README.md in this folder says what they measure and how.
#
#     sh tests/bench/run.sh delta --corpus DIR [--json FILE] [--pairs a,b] [--peers a,b] [--jobs N] ...
set -u

case ${1-} in
delta) ;;
*)
    echo "usage: sh $0 delta --corpus DIR [--help]" >&2
    exit 2
    ;;
esac
command -v python3 >/dev/null 2>&1 || {
    echo "skipped: no python3 here"
    exit 77
}
bench=$(dirname "$0")/$1.py
shift
exec python3 -B "$bench" "$@"
