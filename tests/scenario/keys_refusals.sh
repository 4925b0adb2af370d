#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Keys that do not sign and are not listed: weak, expired, not yet valid, of another role, revoked,
# used twice, of a retired scheme, of a scheme that terminals do not verify - each with the reason.
set -u
# shellcheck source=tests/support/ceremony.inc
. "${POSTERN_SOURCE:-.}/tests/support/ceremony.inc"

mkdir "$scratch/office"
cd "$scratch/office" || exit 1
handbook ceremony
must() { "$@" >"$scratch/must.said" 2>&1 </dev/null || { cat "$scratch/must.said"; wrong "failed: $*"; }; }
at() { date -u -d "@$1" +%Y-%m-%dT%H:%M:%SZ; }
past() { [ "$(date +%s)" -gt "$1" ]; }
wait_past() { until past "$1"; do sleep 0.05; done; }
now=$(date +%s)

# ---- expired ------------------------------------------------------------------------------------

must postern-keys new brief --scheme ed25519 --not-after "$(at $((now + 4)))"
must postern-keys root next --add-root brief
wait_past $((now + 4))
refused 1 'key.expired|brief.key' 'an expired key does not sign' \
    postern-keys sign 4.root.json --key brief
rm metadata/4.root.json
refused 1 'key.expired|brief.pub' 'an expired key is not listed' postern-keys root next --add-root brief
refused 1 'key.expired|brief.pub' 'nor for a product' \
    postern-keys targets next --product pos-a --add-role-key brief

# ---- revoked, under any name ----------------------------------------------------------------------

must postern-keys renew release-1 --days 900
refused 1 'key.revoked|release-1.pub|leaked' 'a leaked key does not come back with other dates' \
    postern-keys targets next --product pos-a --add-role-key release-1
refused 1 'key.revoked|root-3.pub|lost' 'nor a lost one as a root key' \
    postern-keys root next --add-root root-3

# ---- twice --------------------------------------------------------------------------------------

must cp keys/release-2.pub keys/twin.pub
refused 1 'document.inconsistent|twin.pub' 'one public key twice in a role' \
    postern-keys targets next --product pos-a --add-role-key twin
must postern-keys renew twin --days 300
refused 1 'document.inconsistent|each public key once' 'nor under two ids' \
    postern-keys targets next --product pos-a --add-role-key twin
refused 1 'key.wrong-role|online role|offline role' 'a timestamp key that releases' \
    postern-keys targets next --product pos-a --add-role-key timestamp
refused 1 'key.wrong-role|online role|offline role' 'a release key that makes timestamps' \
    postern-keys targets next --assignments release-2

# ---- a retired scheme ------------------------------------------------------------------------------

must postern-keys root next --retire-scheme ecdsa-sha2-nistp256
must postern-keys sign 4.root.json --key root-1 root-4
must postern-keys root next --days 200
refused 1 'signature.algorithm-retired|root-2.key|ecdsa-sha2-nistp256' 'a retired scheme does not sign' \
    postern-keys sign 5.root.json --key root-2
must postern-keys new p256 --scheme ecdsa-sha2-nistp256 --days 30
refused 1 'signature.algorithm-retired|p256.pub' 'and is not listed' \
    postern-keys targets next --product pos-a --add-role-key p256
rm metadata/5.root.json
refused 1 'document.out-of-bounds|at most 2|retired scheme' 'nor counted on' \
    postern-keys root next --threshold 3

# ---- a scheme that terminals do not verify ----------------------------------------------------------

# Five terminals of pos-a and three of pos-b, of which two and three know no RSA.
fleet() {
    printf '{"format":"postern.fleet-schemes/1","at":"2026-01-01T00:00:00Z","untold":1,"classes":['
    printf '{"product":"pos-a","schemes":["ed25519","rsassa-pss-sha256"],"terminals":3},'
    printf '{"product":"pos-a","schemes":["ed25519"],"terminals":2},'
    printf '{"product":"pos-b","schemes":["ed25519"],"terminals":3}]}\n'
}
fleet >fleet-schemes.json
must postern-keys new rsa --scheme rsassa-pss-sha256 --days 300
refused 1 'signature.algorithm-unknown|rsassa-pss-sha256, which would strand 2|all 5 terminals of pos-a verify' \
    'a product key that two terminals cannot use' \
    postern-keys targets next --product pos-a --add-role-key rsa
refused 1 'signature.algorithm-unknown|would strand 5|all 8 terminals verify' \
    'a root key concerns every terminal' postern-keys root next --add-root rsa
refused 1 'signature.algorithm-unknown|--strand 2, as many as there are|--strand 1' 'a number that is wrong' \
    postern-keys targets next --product pos-a --add-role-key rsa --strand 1
does 'the right number overrules it' 'would strand 2' \
    postern-keys targets next --product pos-a --add-role-key rsa --strand 2
refused 1 'signature.algorithm-unknown|strand 2' 'but signing asks again' \
    postern-keys sign targets.json --key targets-1
does 'and takes the same answer' 'signed by enough' \
    postern-keys sign targets.json --key targets-1 --strand 2
printf '{"signatures":[],"signed":{"_type":"targets","spec_version":"1.0.34","version":1,%s' \
    '"expires":"2090-01-01T00:00:00Z","targets":{}}}' >metadata/pos-a.json
refused 1 'signature.algorithm-unknown|rsa.key|strand 2' 'a release is not signed with it' \
    postern-keys sign pos-a.json --key rsa
does 'one that all know is' 'signed by enough' postern-keys sign pos-a.json --key release-2
refused 1 'signature.algorithm-unknown|strand 2' 'nor in a pack' sh -c '
    postern-keys export pos-a.json --to ../pack >/dev/null && postern-keys sign ../pack --key rsa'
mv fleet-schemes.json "$scratch/fleet.json"
does 'without an inventory nobody is asked' 'signed by enough' postern-keys sign pos-a.json --key rsa
refused 1 'signature.algorithm-unknown|strand 2' 'it may lie elsewhere' \
    postern-keys sign pos-a.json --key rsa --fleet "$scratch/fleet.json"
refused 2 'usage.bad-arguments|--fleet FILE with --strand' 'a number without an inventory' \
    postern-keys sign pos-a.json --key rsa --strand 2
for bad in '{"format":"postern.fleet-schemes/2"}' '{"format":"postern.fleet-schemes/1"}' '[]' '' \
    '{"format":"postern.fleet-schemes/1","at":"2026-01-01T00:00:00Z","untold":0,"classes":[{"product":"p","schemes":[1],"terminals":1}]}' \
    '{"format":"postern.fleet-schemes/1","at":"2026-01-01T00:00:00Z","untold":0,"classes":[{"product":"p","schemes":[],"terminals":0}]}'; do
    printf %s "$bad" >"$scratch/bad.json"
    refused 1 'bad.json' 'an inventory that is none' \
        postern-keys sign pos-a.json --key release-2 --fleet "$scratch/bad.json"
done

# ---- weak keys, and files that are no keys of ours ---------------------------------------------------

command -v openssl >/dev/null 2>&1 || { echo 'openssl is not there: key files of others are not tried'; ends; exit; }
openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out keys/weak.key 2>/dev/null ||
    openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out keys/weak.key 2>/dev/null
refused 1 'key.weak|weak.key|3072' 'RSA with 2048 bits does not sign' postern-keys sign pos-a.json --key weak
public=$(openssl pkey -in keys/weak.key -pubout | awk '{ printf "%s\\n", $0 }')
printf '{"keytype":"rsa","keyval":{"public":"%s"},"scheme":"rsassa-pss-sha256"}' "$public" >keys/weak.pub
refused 1 'key.weak|3072' 'and is not listed' postern-keys root next --add-root weak
refused 1 'key.weak|3072' 'for no product' postern-keys targets next --product pos-a --add-role-key weak
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out keys/p384.key 2>/dev/null
refused 1 'p384.key' 'another curve does not sign' postern-keys sign pos-a.json --key p384

key=$(cat keys/timestamp.key) # plain PKCS#8
openssl rsa -in keys/weak.key -traditional -out keys/pkcs1.key 2>/dev/null
openssl ec -in keys/p384.key -out keys/sec1.key 2>/dev/null
openssl pkey -in keys/timestamp.key -pubout -out keys/public.key
openssl pkey -in keys/timestamp.key -outform DER -out keys/der.key
echo "$key" | sed 's/PRIVATE KEY/OPENSSH PRIVATE KEY/' >keys/ssh.key
echo "$key" | sed 's/BEGIN PRIVATE KEY/BEGIN CERTIFICATE/; s/END PRIVATE KEY/END CERTIFICATE/' >keys/cert.key
echo "$key" | sed 's/BEGIN PRIVATE/BEGIN ENCRYPTED PRIVATE/; s/END PRIVATE/END ENCRYPTED PRIVATE/' >keys/mislabelled.key
echo "$key" | sed '/END/d' >keys/endless.key
echo "$key" | sed 's/^M/\//' >keys/garbled.key
: >keys/empty.key
chmod 600 keys/*.key
for name in pkcs1 sec1 public der ssh cert mislabelled endless garbled empty; do
    refused 1 "key.|$name.key" "no key of ours: $name" postern-keys sign pos-a.json --key "$name"
done

ends
