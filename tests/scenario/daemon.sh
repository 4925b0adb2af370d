#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `postern-agent run`: it updates by itself, is the only one on its terminal, outlives the service's absence,
# and ends when it is told to.
set -u
# shellcheck source=tests/support/site.inc
. "${POSTERN_SOURCE:-.}/tests/support/site.inc"

site_begin
site_ceremony pos-a release-1
echo 'terminals = { poll_seconds = 1; };' >>"$scratch/posternd.conf"
site_image "$scratch/one" 600000 one
site_edited "$scratch/one" "$scratch/two" two
site_serve
site_terminal SN-daemon pos-a 1.0.0 "$scratch/one"
config=$scratch/SN-daemon/agent.conf
log=$scratch/daemon.log

: >"$log"
site_start daemon "$agent" --config "$config" run
daemon=$pid
wait_for 20 has '^refused' "$log"
check "before anything is published it says so" has 'metadata.missing' "$log"

# It goes on asking, and is there already when the rollout comes.
site_release pos-a 2.0.0 "$scratch/two" 1.0.0 "$scratch/one"
site_rollout pos-a 2.0.0
wait_for 30 has '^confirmed 2.0.0' "$log"
check "it stages what it is given" has '^staged 2.0.0' "$log"
check "and confirms it after the restart" has '^confirmed 2.0.0' "$log"
check "and what it runs is the image" cmp -n "$(size "$scratch/two")" "$scratch/two" "$scratch/SN-daemon/b"

"$agent" --config "$config" once >"$scratch/second" 2>&1
check "a second agent on the same terminal refuses" test $? -eq 1
check "and says why" has 'host.locked' "$scratch/second"

kill "$daemon"
wait "$daemon"
check "it ends when it is told to, with status 0" test $? -eq 0
check "and lets go of the terminal" "$agent" --config "$config" --json check
