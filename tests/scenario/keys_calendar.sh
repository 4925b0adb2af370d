#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What ends when: every key, file, role and scheme, the days left, who must act, what happens if
# nobody does, and the exit status that cron looks at. All of it at instants given, not by the clock.
set -u
# shellcheck source=tests/support/ceremony.inc
. "${POSTERN_SOURCE:-.}/tests/support/ceremony.inc"

mkdir "$scratch/office"
cd "$scratch/office" || exit 1
must() { "$@" >"$scratch/must.said" 2>&1 </dev/null || { cat "$scratch/must.said"; wrong "failed: $*"; }; }

# calendar STATUS NAME WORDS OPTIONS...: as `does`, with the status that is wanted.
calendar() {
    wanted=$1 name=$2 words=$3
    shift 3
    postern-keys calendar "$@" >"$scratch/out.said" 2>"$scratch/err.said" </dev/null
    got=$?
    [ "$got" -eq "$wanted" ] || { cat "$scratch/out.said" "$scratch/err.said"; wrong "$name: status $got, not $wanted"; }
    says_all "$name" "$words"
}

# 2-of-3 roots of which two end within a week of each other; a product whose key ends before its file.
must postern-keys new root-1 --scheme ed25519 --not-after 2091-03-01T00:00:00Z
must postern-keys new root-2 --scheme ed25519 --not-after 2091-03-08T00:00:00Z
must postern-keys new root-3 --scheme ed25519
must postern-keys new targets-1 --scheme ecdsa-sha2-nistp256 --not-after 2093-01-01T00:00:00Z
must postern-keys new release-1 --scheme ed25519 --not-after 2090-06-01T00:00:00Z
must postern-keys new release-2 --scheme ed25519 --not-after 2092-06-01T00:00:00Z
must postern-keys new spare --scheme ed25519 --not-after 2090-02-01T00:00:00Z
for name in snapshot timestamp assignments; do must postern-keys new $name --scheme ed25519 --plain; done
must postern-keys root init --threshold 2 --root root-1 root-2 root-3 --targets targets-1 \
    --snapshot snapshot --timestamp timestamp --expires 2091-01-01T00:00:00Z
must postern-keys sign 1.root.json --key root-1 root-2
must postern-keys root next --retire-scheme ecdsa-sha2-nistp256 --from 2092-01-01T00:00:00Z \
    --expires 2091-01-01T00:00:00Z
must postern-keys sign 2.root.json --key root-1 root-2
must postern-keys targets init --product pos-a --role-key release-1 release-2 \
    --assignments assignments --expires 2090-12-01T00:00:00Z
must postern-keys sign targets.json --key targets-1
printf '{"signatures":[],"signed":{"_type":"targets","spec_version":"1.0.34","version":1,%s' \
    '"expires":"2090-11-01T00:00:00Z","targets":{}}}' >metadata/pos-a.json
must postern-keys sign pos-a.json --key release-1

calendar 0 'nothing is due' 'nothing is due within 30 days' --at 2089-01-01T00:00:00Z
says_all 'and all is told' '2090-02-01T00:00:00Z  key spare (|[in no role]|2090-06-01T00:00:00Z  key release-1 (|never ends            key root-3 (|never ends            key snapshot (|2091-01-01T00:00:00Z  file 2.root.json|2090-12-01T00:00:00Z  file targets.json'
says_all 'a file ends with the keys that signed it' '2090-06-01T00:00:00Z  file pos-a.json|the keys that signed it end'
says_all 'the first day on which a role cannot be signed' '2091-03-01T00:00:00Z  key root-1 (|2091-03-08T00:00:00Z  role root|keys left, needed: 1, 2|each of them would need a visit|must act: root-1, root-2, root-3|2092-06-01T00:00:00Z  role pos-a|keys left, needed: 0, 1'
says_all 'a scheme takes its keys with it' '2092-01-01T00:00:00Z  key targets-1 (|its scheme is retired|2092-01-01T00:00:00Z  role targets|2092-01-01T00:00:00Z  scheme ecdsa-sha2-nistp256'
sort -c -k1,1 <<END || wrong 'the calendar is not sorted'
$(grep -o '^20[0-9T:Z-]*' "$scratch/out.said")
END

# Alarms, by the days left of the spare key: 31, 30, 14, 7, 1 and none.
alarm() {
    calendar "$1" "$2" "$3" --json --at "$4"
    grep -o '"what":"spare[^}]*' "$scratch/out.said" | grep -q "\"alarm\":$5" || { cat "$scratch/out.said"; wrong "$2: no alarm $5"; }
}
alarm 0 '31 days are no alarm' '"due":0' 2090-01-01T00:00:00Z null
alarm 3 '30 days are' '"due":1' 2090-01-02T00:00:00Z 30
alarm 3 '15 days still' '"due":1' 2090-01-17T00:00:00Z 30
alarm 3 'two weeks' '"due":1' 2090-01-18T00:00:00Z 14
alarm 3 'a week' '"due":1' 2090-01-25T00:00:00Z 7
alarm 3 'a day' '"due":1' 2090-01-31T00:00:00Z 1
alarm 3 'a second before the end' '"due":1' 2090-01-31T23:59:59Z 1
alarm 3 'the end' '"due":1' 2090-02-01T00:00:00Z 0
calendar 3 'due ones stand out' 'key spare (' --at 2090-01-31T00:00:00Z
grep -q 'key spare .*days left: 1  !$' "$scratch/out.said" || wrong 'no mark at what is due'
says_all 'and are counted' 'due within 30 days: 1'
calendar 3 'in Chinese as well' '30 天内到期: 1|未担任角色|须处理者: root-1, root-2, root-3|每台终端都须上门处理' \
    --at 2090-01-31T00:00:00Z --lang zh-CN

# A draft is no signed file: what terminals see is what was signed last.
must postern-keys targets next --expires 2099-01-01T00:00:00Z
calendar 0 'a draft delays nothing' '2090-12-01T00:00:00Z  file 1.targets.json' --at 2089-01-01T00:00:00Z
must postern-keys sign targets.json --key targets-1
calendar 0 'its signature does, as long as its key lasts' '2092-01-01T00:00:00Z  file targets.json' --at 2089-01-01T00:00:00Z

# A lost key: revoked keys count in no role, and are not told of again.
must postern-keys root next --revoke root-1 --reason lost --expires 2092-01-01T00:00:00Z
must postern-keys sign 3.root.json --key root-2 root-3
calendar 0 'one less' '2091-03-08T00:00:00Z  role root' --at 2089-01-01T00:00:00Z
lacks 'the lost key is not told of' 'root-1' "$scratch/out.said"

# iCalendar: whole lines of at most 75 bytes, one event an end, four alarms each.
postern-keys calendar --ics --at 2089-01-01T00:00:00Z >"$scratch/ics" || wrong 'no iCalendar'
grep -v -q "$(printf '\r')\$" "$scratch/ics" && wrong 'iCalendar: a line without CRLF'
awk 'length($0) > 76 { bad = 1 } END { exit bad }' "$scratch/ics" || wrong 'iCalendar: a long line'
events=$(grep -c '^BEGIN:VEVENT' "$scratch/ics")
[ "$events" -eq "$(grep -c '^END:VEVENT' "$scratch/ics")" ] || wrong 'iCalendar: an event without an end'
[ "$events" -ge 8 ] || wrong "iCalendar: $events events"
[ "$(grep -c '^BEGIN:VALARM' "$scratch/ics")" -eq $((4 * events)) ] || wrong 'iCalendar: alarms'
[ "$(grep -c '^UID:' "$scratch/ics")" -eq "$(grep '^UID:' "$scratch/ics" | sort -u | wc -l)" ] || wrong 'iCalendar: one id twice'
grep -q '^DTSTART:20910308T000000Z' "$scratch/ics" || wrong 'iCalendar: the role is not there'

refused 2 'usage.bad-arguments|both' 'one form at a time' postern-keys calendar --json --ics
refused 2 'usage.bad-arguments|--at' 'a time in words' postern-keys calendar --at tomorrow
refused 1 'metadata.missing|a signed root' 'a folder without a ceremony' postern-keys calendar --metadata "$scratch"

ends
