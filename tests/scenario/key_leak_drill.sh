#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The drill "a release key leaked", with the real programs and a clock beside it: a thief signs a
# release with the stolen key and publishes it, on the service and on a mirror of his own; the plan
# of `postern-keys revoke` is followed; from then on no terminal accepts it, and the good release
# installs.
set -u
# shellcheck source=tests/support/site.inc
. "${POSTERN_SOURCE:-.}/tests/support/site.inc"

SECONDS_MOST=120 # from "stolen" to "refused everywhere", on a busy machine under sanitizers

# shellcheck disable=SC2329  # by check
is_blank() {
    [ ! -e "$1" ] || [ "$(tr -d '\0' <"$1" | wc -c)" -eq 0 ]
}

site_begin
site_ceremony pos-a release-1
site_image "$scratch/one" 300000 one
site_edited "$scratch/one" "$scratch/two" two
site_image "$scratch/evil" 300000 evil
site_edited "$scratch/one" "$scratch/three" three
site_serve
site_release pos-a 2.0.0 "$scratch/two"
for name in early late mirrored; do
    site_terminal SN-$name pos-a 1.0.0 "$scratch/one"
done

# ---- the theft ------------------------------------------------------------------------------------
# The thief has the release key, the ceremony's public files and an operator's token: the worst case
# short of root keys. He lists his release, in a role file that is far ahead of the holders' own.

stolen_s=$(date +%s)
cp -r "$scratch/ceremony" "$scratch/thief"
site_spec pos-a 6.6.6 >"$scratch/evil.json"
must "$postern" release build "$scratch/evil.json" --image "os=$scratch/evil" --out "$scratch/thief"
thief() {
    must "$keys" --dir "$scratch/thief" "$@"
}
thief product next pos-a --above 999
thief sign pos-a.json --key release-1
must site_postern publish "$scratch/thief"
site_rollout pos-a 6.6.6 --name "the thief's"
stolen=$rollout
site_agent_runs SN-early --json check
check "before the drill the stolen key makes a release that installs" has '"version":"6.6.6"' "$scratch/SN-early/out"
check "with nothing against it" has_not '"noted":false' "$scratch/SN-early/out"

# His mirror keeps serving this day, whatever the service does.
must cp -r "$scratch/state" "$scratch/mirror"
rm -f "$scratch/mirror/lock"
sed "s|$scratch/state|$scratch/mirror|" "$scratch/posternd.conf" >"$scratch/mirror.conf"
site_start mirror "$posternd" --config "$scratch/mirror.conf" --listen 127.0.0.1:0 \
    --port-file "$scratch/mirror.port"
site_started_at mirror "$scratch/mirror.port"
mirror_port=$port

# ---- the plan, step by step --------------------------------------------------------------------------

must site_postern rollout pause "$stolen"
site_key release-2
says 0 "$keys" --dir "$scratch/ceremony" revoke release-1 \
    --reason leaked --with release-2 --metadata "$scratch/state/repository/metadata" || give_up "no plan"
cp "$scratch/said" "$scratch/plan"
check "the plan begins with the rollouts" has 'step 1. stop handing out what it may have signed' "$scratch/plan"
check "drafts the root" has 'step 2. draft the root that revokes it \[done\]' "$scratch/plan"
check "names who signs it" has 'sign 2.root.json --key NAME   (root-1 root-2 root-3)' "$scratch/plan"
check "drafts targets.json" has 'draft targets.json with the new key \[done\]' "$scratch/plan"
check "drafts the product's file above the thief's" has 'product next pos-a --above 1000' "$scratch/plan"
check "ends with publishing" has 'step 8. publish everything at once' "$scratch/plan"
check "and says from when on it holds" has 'key.revoked' "$scratch/plan"
site_keys sign 2.root.json --key root-1 root-2
site_keys sign targets.json --key targets-1
site_keys sign pos-a.json --key release-2
for name in 2.root.json targets.json pos-a.json; do
    must "$keys" --dir "$scratch/ceremony" check "$name"
done
check "the leaked key signs nothing any more" says 1 "$keys" --dir "$scratch/ceremony" \
    sign pos-a.json --key release-1
check "for it is revoked" has 'key.revoked' "$scratch/said"
must site_postern publish "$scratch/ceremony"
published_s=$(date +%s)

# ---- no terminal accepts it -------------------------------------------------------------------------

# The thief publishes again, ahead of the good file: the service believes him no more.
thief product next pos-a --above 1999
thief sign pos-a.json --key release-1
mkdir -p "$scratch/again/metadata"
cp "$scratch/thief/metadata/pos-a.json" "$scratch/again/metadata/"
check "the service refuses what he publishes now" says 1 site_postern publish "$scratch/again"
check "because of the key" has 'key.revoked\|key.unknown' "$scratch/said"

# Terminals that hear of the new root, one of them then of the thief's mirror only.
mirrored() {
    sed "s|repositories = \[[^]]*\]|repositories = [ $2 ]|" "$scratch/$1/agent.conf" >"$scratch/conf"
    cp "$scratch/conf" "$scratch/$1/agent.conf"
}
must site_postern rollout resume "$stolen"
for name in early late mirrored; do
    site_once SN-$name
    check "SN-$name does not install it" has_not '"progress":"\(staged\|confirmed\)"' "$scratch/SN-$name/out"
    check "SN-$name has nothing in its other slot" \
        is_blank "$scratch/SN-$name/b"
done
mirrored SN-mirrored "\"http://127.0.0.1:$mirror_port/repo\""
site_once SN-mirrored
check "the thief's mirror alone is refused" has_not '"progress":"\(staged\|confirmed\)"' "$scratch/SN-mirrored/out"
check "as older than what it has seen" finds SN-mirrored metadata.rollback

# One that has seen nothing but the new root: there the mirror's files are fresh, and the key decides.
site_terminal SN-new pos-a 1.0.0 "$scratch/one" repositories="\"http://127.0.0.1:$mirror_port/repo\""
rm -r "$scratch/SN-new/state"
site_agent_runs SN-new init "$scratch/ceremony/metadata/2.root.json" || give_up "SN-new: init"
site_once SN-new
check "a terminal with the new root refuses the mirror's release" is SN-new refused
check "for the key" finds SN-new key.revoked
refused_s=$(date +%s)
must site_postern rollout cancel "$stolen"

# ---- and the good release installs --------------------------------------------------------------------

role_key=release-2
site_release pos-a 2.1.0 "$scratch/three"
site_rollout pos-a 2.1.0 --name "the good one"
mirrored SN-mirrored "\"http://127.0.0.1:$mirror_port/repo\", \"$service/repo\""
for name in early late mirrored; do
    site_once SN-$name
    check "SN-$name stages the good release" is SN-$name staged
    site_once SN-$name
    check "SN-$name confirms it" is SN-$name confirmed
done

echo "stolen to published: $((published_s - stolen_s)) s; stolen to refused everywhere: $((refused_s - stolen_s)) s"
check "within $SECONDS_MOST s" test $((refused_s - stolen_s)) -le "$SECONDS_MOST"
