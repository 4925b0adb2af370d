#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A scheme's end, in a running fleet: until its day its signatures count, from that day on terminals
# refuse them with the reason, nobody can sign with it, and a release by another key installs.
set -u
# shellcheck source=tests/support/site.inc
. "${POSTERN_SOURCE:-.}/tests/support/site.inc"

at() {
    date -u -d "@$1" +%Y-%m-%dT%H:%M:%SZ
}

# shellcheck disable=SC2329  # by wait_for
is_past() {
    [ "$(date +%s)" -gt "$retires_s" ]
}

# shellcheck disable=SC2329  # by check
is_blank() {
    [ ! -e "$1" ] || [ "$(tr -d '\0' <"$1" | wc -c)" -eq 0 ]
}

site_begin
for n in 1 2 3; do site_image "$scratch/image-$n" 60000 "image $n"; done
site_ceremony pos-a release-1
site_keys new release-p256 --scheme ecdsa-sha2-nistp256 --plain
site_keys targets next --product pos-a --role-key release-p256
site_keys sign targets.json --key targets-1
site_serve
role_key=release-p256
site_release pos-a 2.0.0 "$scratch/image-2"
site_rollout pos-a 2.0.0
site_terminal SN-before pos-a 1.0.0 "$scratch/image-1"
site_terminal SN-after pos-a 1.0.0 "$scratch/image-1"

# First a day that is a month away: the scheme counts, and the calendar tells of its end.
retires_s=$(($(date +%s) + 29 * 86400))
site_keys root next --retire-scheme ecdsa-sha2-nistp256 --from "$(at $retires_s)"
site_keys sign 2.root.json --key root-1 root-2
must site_postern publish "$scratch/ceremony"
check "the calendar tells the day" says 3 "$keys" --dir "$scratch/ceremony" calendar
check "of the scheme" has "$(at $retires_s)  scheme ecdsa-sha2-nistp256" "$scratch/said"
check "of its keys" has "$(at $retires_s)  key release-p256" "$scratch/said"
check "of the role that has no other" has "$(at $retires_s)  role pos-a" "$scratch/said"
check "and of the file that it signed" has "$(at $retires_s)  file pos-a.json" "$scratch/said"
site_once SN-before
check "before its day the scheme counts" is SN-before staged
check "and nothing is said against it" has_not 'algorithm-retired' "$scratch/SN-before/out"

# Then a root that brings the day forward.
retires_s=$(($(date +%s) + 2))
site_keys root next --retire-scheme ecdsa-sha2-nistp256 --from "$(at $retires_s)"
site_keys sign 3.root.json --key root-1 root-2
must site_postern publish "$scratch/ceremony"
wait_for 60 is_past || give_up "the clock stands still"
site_once SN-after
check "from that day on the terminal refuses" is SN-after refused
check "with the reason" finds SN-after signature.algorithm-retired
check "and nothing was written" is_blank "$scratch/SN-after/b"
check "nobody signs with it" says 1 "$keys" --dir "$scratch/ceremony" sign pos-a.json --key release-p256
check "for the same reason" has 'signature.algorithm-retired' "$scratch/said"
check "nor is it listed anew" says 1 "$keys" --dir "$scratch/ceremony" targets next --product pos-b \
    --role-key release-p256
check "for the same reason, too" has 'signature.algorithm-retired' "$scratch/said"
check "the operator reads it" says 0 site_postern terminal why SN-after
check "in words" has 'signature.algorithm-retired' "$scratch/said"

# The role gets another key; what was released is signed anew, and installs.
site_keys targets next --product pos-a --role-key release-1
site_keys sign targets.json --key targets-1
site_keys product next pos-a
site_keys sign pos-a.json --key release-1
must site_postern publish "$scratch/ceremony"
site_once SN-after
check "signed by another key the same release installs" is SN-after staged
role_key=release-1
site_release pos-a 3.0.0 "$scratch/image-3"
site_rollout pos-a 3.0.0
site_once SN-before
check "the other confirms the first release" is SN-before confirmed
