#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The routines of keys/README.md, line by line and in their order, and what each leaves behind.
set -u
# shellcheck source=tests/support/ceremony.inc
. "${POSTERN_SOURCE:-.}/tests/support/ceremony.inc"

mkdir "$scratch/office"
cd "$scratch/office" || exit 1
handbook ceremony
handbook routine
[ "$(grep -c postern-keys "$scratch/routine.sh")" -ge 30 ] || wrong 'the handbook lost routines'
for file in 1 2 3 4 5 6 7 8; do
    does "root $file is signed by enough" 'in order' postern-keys check $file.root.json
done
does 'so is targets.json' 'in order' postern-keys check targets.json
postern-keys show 8.root.json >"$scratch/root" 2>&1
grep -q 'leaked' "$scratch/root" || wrong 'the leaked key is not marked'
grep -q 'retired scheme: rsassa-pss-sha256' "$scratch/root" || wrong 'no scheme is retired'
grep -q 'plan for release-2' "$scratch/routine.said" || wrong 'no plan for the leaked key'
grep -q 'plan for root-4' "$scratch/routine.said" || wrong 'no plan for the lost key'
grep -q 'BEGIN:VCALENDAR' "$scratch/postern.ics" || wrong 'no iCalendar'
does 'who may sign now' 'root-1, root-5, root-6' postern-keys calendar
says_all 'every role' 'role root|role targets|role snapshot|role timestamp|role assignments|role pos-a'

ends
