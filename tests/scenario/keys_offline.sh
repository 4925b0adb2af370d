#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Signing on a machine without a network: drafts go there, are told in plain words with what they
# change, and signatures come back; whatever does not fit is refused and changes nothing.
set -u
# shellcheck source=tests/support/ceremony.inc
. "${POSTERN_SOURCE:-.}/tests/support/ceremony.inc"

mkdir "$scratch/office" "$scratch/vault" "$scratch/stick"
cd "$scratch/office" || exit 1
handbook ceremony

# The holders' machines: their own keys, and the root that they know.
mkdir -p "$scratch/vault/keys" "$scratch/vault/metadata"
mv keys/root-1.key keys/root-2.key keys/targets-1.key keys/release-2.key "$scratch/vault/keys"
cp keys/*.pub "$scratch/vault/keys"
cp metadata/1.root.json "$scratch/vault/metadata"

# What is to be signed: a root that renews one key and a threshold, and a new product.
must() { "$@" >"$scratch/must.said" 2>&1 </dev/null || { cat "$scratch/must.said"; wrong "failed: $*"; }; }
must postern-keys renew root-4 --days 3000
old=$(basename "$(ls keys/root-4-*.pub)")
must postern-keys new root-5 --scheme ed25519 --days 1825
cp keys/root-4.pub keys/root-5.pub "$scratch/vault/keys"
must postern-keys root next --remove-root "$old" --add-root root-4 root-5 --threshold 3 --days 300 \
    --retire-scheme rsassa-pss-sha256 --from 2090-01-01T00:00:00Z
must postern-keys targets next --product pos-b --role-key release-2 --days 300
stick=$scratch/stick
does 'drafts go into a folder' 'pack' postern-keys export 4.root.json targets.json --to "$stick/pack"
find "$stick/pack" -type f | sort | sed "s|$stick/pack/||" >"$scratch/files"
cat >"$scratch/expected" <<'END'
metadata/1.root.json
metadata/2.root.json
metadata/3.root.json
metadata/4.root.json
metadata/targets.json
pack.json
signed/2.targets.json
END
sort -o "$scratch/expected" "$scratch/expected"
cmp -s "$scratch/files" "$scratch/expected" || { cat "$scratch/files"; wrong 'what is in the pack'; }
grep -r -l 'PRIVATE KEY' "$stick" && wrong 'a private key left the office'
refused 1 'document.bad-syntax|root-4.key' 'a private key is no draft' \
    postern-keys export ./keys/root-4.key --to "$stick/other"
refused 1 'host.exists|pack' 'a pack is not overwritten' \
    postern-keys export targets.json --to "$stick/pack"
for name in other other.part; do
    [ ! -e "$stick/$name" ] || wrong 'a refused export left something'
done

# In the vault.
cd "$scratch/vault" || exit 1
does 'a holder is told what changes' 'changes since version: 3 (its signatures hold)' \
    postern-keys sign "$stick/pack" --key root-1
cp "$scratch/out.said" "$scratch/told"
says_all 'all of it' 'threshold: root, 2 -> 3|key added: root, root-5 (|key renewed: root, root-4 (|scheme retired: rsassa-pss-sha256, 2090-01-01|role added: pos-b, 1/1|key added: pos-b, release-2 (|paths: pos-b, pos-b/*/*|changes since version: 2 (its signatures hold)|expires: '
says_all 'and by what root' 'roots that this machine knows, the same in the pack: 1|SHA-256'
says_all 'and what is not theirs to sign' 'targets.json: none of the keys given may sign this'
[ -s "$stick/pack.root-1.key.sigs" ] || wrong 'no signatures were written'
[ "$(wc -c <"$stick/pack.root-1.key.sigs")" -lt 2000 ] || wrong 'the signatures are no small file'
refused 1 'host.exists|sigs' 'signatures are not overwritten' \
    postern-keys sign "$stick/pack" --key root-1
does 'in Chinese as well' '相对此版本的变更：: 3 (其签名有效)' \
    postern-keys --lang zh-CN sign "$stick/pack" --key root-2 targets-1 --to "$stick/two.sigs"
says_all 'each kind of change' '签名门限: root, 2 -> 3|新增密钥: root, root-5|密钥续期: root, root-4|停用算法|新增角色: pos-b, 1/1'
refused 1 'key.unknown|release-2.key|root' 'a key that may sign none of it' \
    postern-keys sign "$stick/pack" --key release-2 --to "$stick/none.sigs"
refused 2 'usage.bad-arguments|--root or --targets' 'a pack brings its own chain' \
    postern-keys sign "$stick/pack" --key root-1 --root x
[ ! -e "$stick/none.sigs" ] || wrong 'a refusal wrote signatures'

# A pack from another chain: whoever made it holds other keys, and the vault knows the right root.
cp -r "$stick/pack" "$stick/forged"
sed 's/"expires":"20\([0-9]*\)/"expires":"21\1/' metadata/1.root.json >"$stick/forged/metadata/1.root.json"
refused 1 'document.inconsistent|1.root.json' 'a pack of another root' \
    postern-keys sign "$stick/forged" --key root-1 --to "$stick/none.sigs"
mkdir "$scratch/stranger"
cp -r keys "$scratch/stranger/"
does 'who knows no root is told to compare it' 'this machine knows no root' \
    postern-keys --dir "$scratch/stranger" sign "$stick/pack" --key root-1 --to "$stick/again.sigs"
rm "$stick/again.sigs"

# What a draft is compared with must be borne out.
cp -r "$stick/pack" "$stick/rewritten"
sed 's/"pos-a\//"pos-x\//g' "$stick/pack/signed/2.targets.json" >"$stick/rewritten/signed/2.targets.json"
does 'a forged past is told as one' 'NOT signed by keys that count today' \
    postern-keys sign "$stick/rewritten" --key targets-1 --to "$stick/rewritten.sigs"
rm "$stick/rewritten.sigs"

# A pack that is damaged.
printf '{"format":"postern.signing-pack/2"}' >"$stick/forged/pack.json"
refused 1 'metadata.format-unknown|postern.signing-pack/1' 'a pack of another format' \
    postern-keys sign "$stick/forged" --key root-1
printf '{"format":"postern.signing-pack/1","made":"2026-01-01T00:00:00Z","drafts":["../keys/x"]}' \
    >"$stick/forged/pack.json"
refused 1 'document.wrong-type|../keys/x' 'a draft name that climbs' \
    postern-keys sign "$stick/forged" --key root-1

# Back in the office.
cd "$scratch/office" || exit 1
sed 's/"sig":"./"sig":"0/' "$stick/two.sigs" >"$stick/flipped.sigs"
cmp -s "$stick/two.sigs" "$stick/flipped.sigs" && sed 's/"sig":"./"sig":"1/' "$stick/two.sigs" >"$stick/flipped.sigs"
refused 1 'signature.invalid|4.root.json|flipped.sigs' 'a signature that is none' \
    postern-keys import "$stick/flipped.sigs"
sed 's/"version":4/"version":5/' "$stick/two.sigs" >"$stick/late.sigs"
refused 1 'metadata.wrong-version|version 4, the draft|version 5' 'signatures of another version' \
    postern-keys import "$stick/late.sigs"
cp metadata/4.root.json "$scratch/4.root.json"
sed 's/"threshold":3/"threshold":2/' "$scratch/4.root.json" >metadata/4.root.json
refused 1 'document.inconsistent|SHA-256|4.root.json' 'a draft that was changed since' \
    postern-keys import "$stick/two.sigs"
cp "$scratch/4.root.json" metadata/4.root.json
sed 's/"keyid":"......../"keyid":"deadbeef/' "$stick/two.sigs" >"$stick/unknown.sigs"
refused 1 'key.unknown|deadbeef' 'a key that nobody lists' postern-keys import "$stick/unknown.sigs"
refused 1 'signature.duplicate|pack.root-1' 'the same signatures twice' \
    postern-keys import "$stick/pack.root-1.key.sigs" "$stick/pack.root-1.key.sigs"
sed 's/4.root.json/9.root.json/' "$stick/two.sigs" >"$stick/nowhere.sigs"
refused 1 'host.not-found|9.root.json' 'a draft that is not here' postern-keys import "$stick/nowhere.sigs"
sed 's|4.root.json|../x.json|' "$stick/two.sigs" >"$stick/climbs.sigs"
refused 1 'document.wrong-type|../x.json' 'a draft name that climbs' postern-keys import "$stick/climbs.sigs"
printf '{"format":"postern.signatures/9"}' >"$stick/other.sigs"
refused 1 'metadata.format-unknown|postern.signatures/1' 'another format' postern-keys import "$stick/other.sigs"
head -c 300 "$stick/two.sigs" >"$stick/short.sigs"
refused 1 'document.bad-syntax|short.sigs' 'a file cut short' postern-keys import "$stick/short.sigs"
refused 1 'signature.invalid|flipped.sigs' 'one bad file among good ones stops them all' \
    postern-keys import "$stick/pack.root-1.key.sigs" "$stick/flipped.sigs"
does 'both together are enough for the old root' 'signatures still missing: 1 (root)' \
    postern-keys import "$stick/pack.root-1.key.sigs" "$stick/two.sigs"
says_all 'and for targets.json' 'signed by enough'
refused 1 'signature.duplicate|is there' 'nobody signs twice' postern-keys import "$stick/two.sigs"
does 'the third signs here' 'signed by enough' postern-keys sign 4.root.json --key root-4
does 'a terminal would follow' 'in order' postern-keys check 4.root.json
does 'and take the targets' 'in order' postern-keys check targets.json

# A product's file: which releases come and go, with sizes and digests.
mv "$scratch/vault/keys/release-2.key" keys/
product() {
    printf '{"signatures":[],"signed":{"_type":"targets","spec_version":"1.0.34","version":%d,' "$1"
    printf '"expires":"2090-01-01T00:00:00Z","targets":{%s}}}\n' "$2"
}
file() {
    printf '"pos-a/%s":{"length":%d,"hashes":{"sha256":"%064d"}}' "$1" "$2" "$3"
}
product 1 "$(file 1.0.0/manifest.json 400 1),$(file 1.0.0/os 5000 2),$(file 2.0.0/os 7000 3)" \
    >metadata/pos-a.json
does 'a first file is all new' 'nothing signed before is known here' postern-keys sign pos-a.json --key release-2
says_all 'with each release' 'release appears: pos-a/1.0.0, 5400 bytes|release appears: pos-a/2.0.0, 7000 bytes'
product 2 "$(file 2.0.0/os 7001 4),$(file 3.0.0/os 9000 5)" >metadata/pos-a.json
does 'a later one is compared' 'changes since version: 1 (its signatures hold)' \
    postern-keys sign pos-a.json --key release-2
says_all 'what comes, goes and changes' "release disappears: pos-a/1.0.0, 5400 bytes|release changes: pos-a/2.0.0|release appears: pos-a/3.0.0, 9000 bytes|file changed: pos-a/2.0.0/os, 7000 -> 7001 bytes, sha256 $(printf %064d 3) -> $(printf %064d 4)|file added: pos-a/3.0.0/os, 9000 bytes, sha256 $(printf %064d 5)|file removed: pos-a/1.0.0/os, 5000 bytes, sha256 $(printf %064d 2)"
does 'any two versions can be compared' 'release disappears: pos-a/3.0.0' \
    postern-keys show ./signed/1.pos-a.json --against ./signed/2.pos-a.json
does 'a file that changed nothing says so' 'nothing changes but the version' \
    postern-keys show 4.root.json --against 4.root.json
does 'a product without a release' '3 -> 4' sh -c "
    postern-keys product next pos-a --without 3.0.0 && postern-keys sign pos-a.json --key release-2 &&
    grep -o '\"version\":[0-9]*' metadata/pos-a.json && echo '3 -> 4'"
says_all 'is one version on' 'release disappears: pos-a/3.0.0|"version":3'
refused 1 'metadata.not-listed|9.9.9' 'leaving out what is not there' \
    postern-keys product next pos-a --without 9.9.9
refused 2 "usage.bad-arguments|'targets'" 'targets.json is no product' postern-keys product next targets

ends
