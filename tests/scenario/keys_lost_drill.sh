#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Drills of the handbook in a running fleet: one of three root keys is lost, each online key leaks,
# the targets key is lost. The plan of `postern-keys revoke` is followed each time; terminals follow
# by themselves, and nobody touches one.
set -u
# shellcheck source=tests/support/site.inc
. "${POSTERN_SOURCE:-.}/tests/support/site.inc"

site_begin
ceremony=$scratch/ceremony

# drill KEY REASON NEW [WORDS that the plan must say]: the plan, its drafts, the signatures.
drill() {
    says 0 "$keys" --dir "$ceremony" revoke "$1" --reason "$2" --with "$3" \
        --metadata "$scratch/state/repository/metadata" || give_up "no plan for $1"
    cp "$scratch/said" "$scratch/plan"
    check "the plan for $1 has its steps" has "$4" "$scratch/plan"
}

# latest: the number of the root that was drafted last.
latest() {
    find "$ceremony/metadata" -name '*.root.json' | sed 's/.*\/\([0-9]*\)\.root.json/\1/' | sort -n | tail -n 1
}

# The service with another online key, as the plan says.
installs() {
    site_stop "$service_pid"
    cp "$ceremony/keys/$1.key" "$scratch/state/keys/$2.key"
    chmod 600 "$scratch/state/keys/$2.key"
    rm -f "$scratch/state/keys/$2.pub"
    site_serve "127.0.0.1:$service_port"
}

# releases VERSION IMAGE: and both terminals install it, whatever was rotated before.
releases() {
    site_release pos-a "$1" "$2"
    site_rollout pos-a "$1"
    for name in one two; do
        site_once SN-$name
        check "SN-$name stages $1 after $3" is SN-$name staged
        site_once SN-$name
        check "SN-$name confirms it" is SN-$name confirmed
    done
}

site_ceremony pos-a release-1
for n in 1 2 3 4 5 6 7; do site_image "$scratch/image-$n" 60000 "image $n"; done
site_serve
site_release pos-a 2.0.0 "$scratch/image-2"
for name in one two; do site_terminal SN-$name pos-a 1.0.0 "$scratch/image-1"; done
begun_s=$(date +%s)
releases 2.0.1 "$scratch/image-3" "the beginning"

# ---- a root key is lost, one of two that must sign ---------------------------------------------------

must rm "$ceremony/keys/root-3.key"
site_key root-4
drill root-3 lost root-4 'draft the root that revokes it \[done\]'
check "which of them sign is told" has 'sign 2.root.json --key NAME   (root-1 root-2 root-4)' "$scratch/plan"
check "a lost key is no emergency" has_not 'rollout pause' "$scratch/plan"
site_keys sign 2.root.json --key root-1 root-2
must site_postern publish "$ceremony"
releases 2.0.2 "$scratch/image-4" "a root key was lost"
check "and with two of three left the next root is signed as well" says 0 "$keys" --dir "$ceremony" calendar
check "the role has its three keys again" has 'root-4' "$scratch/said"

# ---- the online keys leak ----------------------------------------------------------------------------

emergency_s=$(date +%s)
for role in timestamp snapshot; do
    site_key "$role-2"
    drill "$(sed -n 's/.*"keyid":"\([0-9a-f]*\)".*/\1/p' "$ceremony/$role.pub")" leaked "$role-2" \
        "install -m 600 $role-2.key STATE/keys/$role.key"
    site_keys sign "$(latest).root.json" --key root-1 root-4
    installs "$role-2" "$role"
    must site_postern publish "$ceremony"
done
releases 2.0.3 "$scratch/image-5" "timestamp and snapshot keys leaked"
echo "two online keys replaced, fleet updated: $(($(date +%s) - emergency_s)) s"

site_key assignments-2
drill "$(sed -n 's/.*"keyid":"\([0-9a-f]*\)".*/\1/p' "$ceremony/assignments.pub")" leaked assignments-2 \
    'targets next --assignments assignments-2'
site_keys sign "$(latest).root.json" --key root-1 root-4
site_keys sign targets.json --key targets-1
installs assignments-2 assignments
must site_postern publish "$ceremony"
releases 2.0.4 "$scratch/image-6" "the assignments key leaked"

# ---- the targets key is lost -----------------------------------------------------------------------------

must rm "$ceremony/keys/targets-1.key"
site_key targets-2
drill targets-1 lost targets-2 'sign targets.json --key NAME   (targets-2)'
site_keys sign "$(latest).root.json" --key root-1 root-2
site_keys sign targets.json --key targets-2
must site_postern publish "$ceremony"
releases 2.0.5 "$scratch/image-7" "the targets key was lost"

# ---- the calendar of what is published ----------------------------------------------------------------

check "the calendar reads the published repository" says 0 "$keys" --dir "$ceremony" calendar \
    --metadata "$scratch/state/repository/metadata"
for file in "$(latest).root.json" '[0-9]*.targets.json' '[0-9]*.pos-a.json' '[0-9]*.snapshot.json' timestamp.json; do
    check "with $file" has "Z  file $file  days left" "$scratch/said"
done
in_hours=$(date -u -d '+70 hours' +%Y-%m-%dT%H:%M:%SZ)
check "what the service renews is due in its last hours" says 3 "$keys" --dir "$ceremony" calendar \
    --metadata "$scratch/state/repository/metadata" --at "$in_hours"
check "and only that" has 'due within 30 days: 1' "$scratch/said"

# ---- what cannot be mended is said --------------------------------------------------------------------------

site_keys root next --remove-root root-4
site_keys sign "$(latest).root.json" --key root-1 root-2
check "with two of two, a lost root key ends the chain" says 1 "$keys" --dir "$ceremony" \
    revoke root-1 --reason lost --with root-4
check "and the reason is told" has 'signature.threshold' "$scratch/said"
check "no draft is left of it" test ! -e "$ceremony/metadata/$(($(latest) + 1)).root.json"
check "a key that serves nothing needs no plan" says 1 "$keys" --dir "$ceremony" revoke root-4 --reason lost
check "for no role lists it" has 'key.unknown' "$scratch/said"
check "a reason must be given" says 2 "$keys" --dir "$ceremony" revoke root-1 --reason bored

# ---- what the fleet verifies ----------------------------------------------------------------------------

check "the fleet tells its schemes" says 0 site_postern --json terminal schemes
cp "$scratch/said" "$ceremony/fleet-schemes.json"
check "of both terminals" has '"product":"pos-a","schemes":\["ed25519".*"terminals":2' "$scratch/said"
check "also for people" says 0 site_postern terminal schemes
check "in a line" has 'pos-a  *2  *ed25519' "$scratch/said"
check "the ceremony reads it" says 0 "$keys" --dir "$ceremony" root next
sed 's/"rsassa-pss-sha256"/"other"/' "$ceremony/fleet-schemes.json" >"$scratch/fleet.json"
cp "$scratch/fleet.json" "$ceremony/fleet-schemes.json"
"$keys" --dir "$ceremony" new rsa --scheme rsassa-pss-sha256 --plain >/dev/null
check "and refuses what it cannot verify" says 1 "$keys" --dir "$ceremony" targets next --product pos-a \
    --add-role-key rsa
check "with the number of terminals" has 'rsassa-pss-sha256, which would strand 2' "$scratch/said"

echo "six rotations, each followed by a release that both terminals installed: $(($(date +%s) - begun_s)) s"
