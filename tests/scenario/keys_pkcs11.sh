#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Signing keys in a real PKCS#11 token, SoftHSM2: made, found, used, and everything that must be refused.
set -u

: "${POSTERN_BIN:?the folder with the programs}"
: "${POSTERN_SOURCE:?the root of the source tree}"
PATH=$POSTERN_BIN:$PATH
LC_ALL=C
unset POSTERN_CEREMONY POSTERN_PASSPHRASE_FILE POSTERN_PKCS11_MODULE SOFTHSM2_CONF
export PATH LC_ALL

module=''
for at in /usr/lib/softhsm /usr/lib/*/softhsm /usr/lib64/softhsm /usr/local/lib/softhsm; do
    [ -f "$at/libsofthsm2.so" ] && module=$at/libsofthsm2.so && break
done
{ [ -n "$module" ] && command -v softhsm2-util && command -v openssl; } >/dev/null ||
    { echo 'no SoftHSM2, or no openssl, on this machine'; exit 77; }

scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' INT TERM
failed=0
umask 077
# shellcheck source=tests/support/refused.inc
. "$POSTERN_SOURCE/tests/support/refused.inc"
echo 12345678 >"$scratch/pin"
echo 87654321 >"$scratch/wrong"
POSTERN_PASSPHRASE_FILE=$scratch/pin
export POSTERN_PASSPHRASE_FILE

# Under sanitizers: SoftHSM 2.6.1 forgets a parsed curve for each ed25519 key that it reads. Ours are
# not forgiven: a leak counts as SoftHSM's only when it allocated.
echo 'leak:libsofthsm2' >"$scratch/suppressions"
LSAN_OPTIONS=${LSAN_OPTIONS:+$LSAN_OPTIONS:}suppressions=$scratch/suppressions:print_suppressions=0
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}fast_unwind_on_malloc=0
export LSAN_OPTIONS ASAN_OPTIONS

# The handbook's way to try it out, line by line.
mkdir "$scratch/ceremony"
cd "$scratch/ceremony" || exit 1
awk '/^```sh token$/ { on = 1; next } /^```$/ { on = 0 } on' "$POSTERN_SOURCE/keys/README.md" |
    sed "s|=/usr/lib/softhsm/libsofthsm2.so|=$module|" >"$scratch/token.sh"
[ "$(wc -l <"$scratch/token.sh")" -eq 5 ] || wrong 'the handbook has no five lines'
# shellcheck source=/dev/null
. "$scratch/token.sh" >"$scratch/token.said" 2>&1 || { cat "$scratch/token.said"; wrong 'the five lines'; }
grep -q 'in a token' "$scratch/token.said" || { cat "$scratch/token.said"; wrong 'no key in a token'; }
[ "${SOFTHSM2_CONF-}" = "$scratch/ceremony/softhsm2.conf" ] || { echo 'no SOFTHSM2_CONF'; exit 1; }
[ "${POSTERN_PKCS11_MODULE-}" = "$module" ] || { echo 'no POSTERN_PKCS11_MODULE'; exit 1; }
[ ! -e keys/hsm-1.key ] || wrong 'a private key is in a file'
grep -q '^pkcs11:token=postern;object=hsm-1;id=%.*;type=private$' keys/hsm-1.token || wrong 'hsm-1.token'
mv "$scratch/ceremony/tokens" "$scratch/ceremony/softhsm2.conf" "$scratch"
printf 'directories.tokendir = %s/tokens\nlog.level = ERROR\n' "$scratch" >"$scratch/softhsm2.conf"
SOFTHSM2_CONF=$scratch/softhsm2.conf

# token_state: the files of the token: no refusal makes or destroys a key.
token_state() {
    find "$scratch/tokens" -name '*.object' | sort
}

# A root of two in three: one key in a file, two in the token.
does 'a key in a file' 'root-1.key' postern-keys new root-1 --scheme ed25519
does 'an ed25519 key in the token' 'made in this token' \
    postern-keys new root-2 --scheme ed25519 --token pkcs11:token=postern --days 1000
does 'a P-256 key in the token' 'ecdsa-sha2-nistp256' \
    postern-keys new root-3 --scheme ecdsa-sha2-nistp256 --token 'pkcs11:token=postern;id=%03'
does 'an RSA key in the token' 'rsassa-pss-sha256' \
    postern-keys new targets-1 --scheme rsassa-pss-sha256 --token 'pkcs11:token=postern;object=the%20targets'
does 'release key' 'release-1.key' postern-keys new release-1 --scheme ed25519
for name in snapshot timestamp assignments; do
    does "online key $name" "$name.key" postern-keys new "$name" --scheme ed25519 --plain
done
grep -q 'id=%03;' keys/root-3.token || wrong 'the id that was asked for'
grep -q 'object=the%20targets;' keys/targets-1.token || wrong 'the label that was asked for'
does 'the root is drafted' '1.root.json' postern-keys root init --threshold 2 --root root-1 root-2 root-3 \
    --targets targets-1 --snapshot snapshot --timestamp timestamp --days 365
cp metadata/1.root.json "$scratch/draft.json"
does 'the first key of the token signs' 'signatures still missing: 1 (root)' \
    postern-keys sign 1.root.json --key root-2
does 'the second completes it' 'signed by enough' postern-keys sign 1.root.json --key root-3
does 'a terminal would take it' 'in order' postern-keys check 1.root.json
cp "$scratch/draft.json" metadata/1.root.json
does 'both in one go' 'signed by enough' postern-keys sign 1.root.json --key root-2 root-3
does 'a terminal would take that too' 'in order' postern-keys check 1.root.json
cp "$scratch/draft.json" metadata/1.root.json
does 'one of a file and one of the token' 'signed by enough' postern-keys sign 1.root.json --key root-1 root-3
does 'and that' 'in order' postern-keys check 1.root.json
does 'targets.json is drafted' 'targets.json' \
    postern-keys targets init --product pos-a --role-key release-1 --assignments assignments
does 'the RSA key signs it' 'signed by enough' postern-keys sign targets.json --key targets-1
does 'and it verifies' 'in order' postern-keys check targets.json
does 'the file says where the key is' 'pkcs11:token=postern;object=root-2' postern-keys show root-2.token
does 'its public half is shown as any other' 'ed25519' postern-keys show root-2
does 'by its URI alone, which says all' 'signed by enough' \
    env -u POSTERN_PASSPHRASE_FILE -u POSTERN_PKCS11_MODULE postern-keys sign 1.root.json \
    --key "pkcs11:token=postern;object=root-2?module-path=$module&pin-source=file:$scratch/pin"
does 'or by options' 'signed by enough' \
    env -u POSTERN_PASSPHRASE_FILE -u POSTERN_PKCS11_MODULE postern-keys sign 1.root.json \
    --key root-3 --module "$module" --passphrase-file "$scratch/pin"

# Refusals change neither folder nor token.
token_state >"$scratch/tokens.before"
refused 1 'key.locked|root-2.token|CKR_PIN_INCORRECT' 'the wrong PIN' \
    postern-keys sign 1.root.json --key root-2 --passphrase-file "$scratch/wrong"
refused 1 'key.locked|CKR_PIN_INCORRECT' 'the wrong PIN for a new key' \
    postern-keys new more --scheme ed25519 --token pkcs11:token=postern --passphrase-file "$scratch/wrong"
refused 1 'key.locked|neither' 'nobody there to ask' \
    setsid -w env -u POSTERN_PASSPHRASE_FILE postern-keys sign 1.root.json --key root-2
chmod 644 "$scratch/wrong"
refused 1 'host.permission|0600' 'a PIN that others may read' \
    postern-keys sign 1.root.json --key root-2 --passphrase-file "$scratch/wrong"
refused 1 "token.not-one-key|'root-2'|'root-3'|'the targets'" 'any key of the token' \
    postern-keys sign 1.root.json --key pkcs11:token=postern
refused 1 "token.not-one-key|root-9|none; there is|'root-2'" 'a key that the token does not have' \
    postern-keys sign 1.root.json --key 'pkcs11:token=postern;object=root-9'
refused 1 "token.absent|'elsewhere'|'postern'|serial" 'a token that is not there' \
    postern-keys sign 1.root.json --key 'pkcs11:token=elsewhere;object=root-2'
mkdir "$scratch/empty"
printf 'directories.tokendir = %s/empty\nlog.level = ERROR\n' "$scratch" >"$scratch/empty.conf"
refused 1 'token.absent|root-2.token|no token at all' 'the token is unplugged' \
    env SOFTHSM2_CONF="$scratch/empty.conf" postern-keys sign 1.root.json --key root-2
refused 1 'token.module|POSTERN_PKCS11_MODULE|none of them' 'no module is named' \
    env -u POSTERN_PKCS11_MODULE postern-keys sign 1.root.json --key root-2
refused 1 'token.module|/nowhere/pkcs11.so' 'a module that is not there' \
    postern-keys sign 1.root.json --key root-2 --module /nowhere/pkcs11.so
refused 1 "token.module|$scratch/pin" 'a module that is no library' \
    postern-keys sign 1.root.json --key root-2 --module "$scratch/pin"
refused 1 'token.module|absolute path|libsofthsm2.so' 'a module by name' \
    postern-keys sign 1.root.json --key root-2 --module libsofthsm2.so
refused 1 'document.unknown-field|pin-value|shell histories' 'a PIN in the URI' \
    postern-keys sign 1.root.json --key 'pkcs11:object=root-2?pin-value=12345678'
grep -q 12345678 "$scratch/out.said" && wrong 'the PIN was told'
refused 1 'document.duplicate-field|document.unknown-field|object once|colour' 'all that is wrong in a URI' \
    postern-keys adopt more --token 'pkcs11:object=a;object=b;colour=red'
refused 1 'signature.algorithm-unknown|sm2-sm3|for a key in a token' 'SM2, which PKCS#11 does not have' \
    postern-keys new sm2 --scheme sm2-sm3 --token pkcs11:token=postern
refused 1 "host.exists|'root-2'" 'a label that is taken' \
    postern-keys new more --scheme ed25519 --token 'pkcs11:token=postern;object=root-2'
refused 1 'host.exists|of this id' 'an id that is taken' \
    postern-keys new more --scheme ed25519 --token 'pkcs11:token=postern;id=%03'
refused 1 'host.exists|root-2.token' 'a name that is taken by a key in a token' \
    postern-keys new root-2 --scheme ed25519
refused 1 'host.exists|root-1.key' 'a name that is taken by a key in a file' \
    postern-keys adopt root-1 --token 'pkcs11:object=root-2'
refused 2 'usage.bad-arguments|both' 'in a token and in a file' \
    postern-keys new more --scheme ed25519 --plain --token pkcs11:token=postern
refused 2 'usage.bad-arguments|--token' 'adopting nothing' postern-keys adopt more
SOFTHSM2_CONF=$scratch/empty.conf postern-keys sign 1.root.json --key root-2 --lang zh-CN \
    >"$scratch/out.said" 2>&1 </dev/null && wrong 'in Chinese: status 0'
grep -q '找不到令牌' "$scratch/out.said" || { cat "$scratch/out.said"; wrong 'in Chinese as well'; }
cp keys/root-1.key keys/root-2.key
refused 1 'token.not-one-key|root-2.key|both' 'a name with two private keys' \
    postern-keys sign 1.root.json --key root-2
rm keys/root-2.key
echo "$(cat keys/root-2.token)?module-path=$module" >keys/evil.token
refused 1 'document.unknown-field|evil.token|module-path' 'a file of the folder names no code to run' \
    postern-keys sign 1.root.json --key evil
echo "$(cat keys/root-2.token)?pin-source=$scratch/pin" >keys/evil.token
refused 1 'document.unknown-field|evil.token|pin-source' 'nor the file of a PIN' \
    postern-keys sign 1.root.json --key evil
printf 'pkcs11:object=root-2\nmore\n' >keys/evil.token
refused 1 'document.bad-encoding|evil.token' 'nor a second line' postern-keys sign 1.root.json --key evil
rm keys/evil.token
cp metadata/1.root.json "$scratch/signed.json"
does 'the file key signs alone' 'signed by enough' postern-keys sign 1.root.json --key root-1
cp "$scratch/signed.json" metadata/1.root.json
refused 1 'key.locked|CKR_PIN_INCORRECT' 'one key of two that is locked: none signs' \
    sh -c "chmod 600 '$scratch/wrong'; postern-keys sign 1.root.json --key root-1 \
        --key 'pkcs11:object=root-2?pin-source=$scratch/wrong'"
token_state | cmp -s "$scratch/tokens.before" - || wrong 'a refusal changed the token'

# Keys that were in the token before: as a vendor's own ceremony leaves them.
# import NAME ID OPENSSL-OPTIONS...: makes a key outside and brings it in.
import() {
    name=$1
    id=$2
    shift 2
    openssl genpkey "$@" 2>/dev/null | openssl pkcs8 -topk8 -nocrypt -out "$scratch/$name.pem"
    softhsm2-util --import "$scratch/$name.pem" --token postern --pin 12345678 --label "$name" --id "$id" \
        >"$scratch/import.said" 2>&1 || { cat "$scratch/import.said"; wrong "import of $name"; }
}
import brought 0a0b -algorithm EC -pkeyopt ec_paramgen_curve:P-256
does 'a key that was there gets a name' 'it was brought into the token from outside' \
    postern-keys adopt root-4 --token 'pkcs11:token=postern;id=%0a%0B;type=private' --days 1000
grep -q 'object=brought;id=%0A%0B;' keys/root-4.token || wrong 'root-4.token'
openssl pkey -in "$scratch/brought.pem" -pubout -out "$scratch/brought.pub" 2>/dev/null
sed 's/\\n/\n/g' keys/root-4.pub | grep -q -F -e "$(sed -n 2p "$scratch/brought.pub")" || wrong 'its public half'
import weak 0c -algorithm RSA -pkeyopt rsa_keygen_bits:2048
refused 1 'key.weak|3072|2048' 'a weak key is not adopted' \
    postern-keys adopt weak --token 'pkcs11:object=weak'
import p384 0d -algorithm EC -pkeyopt ec_paramgen_curve:P-384
refused 1 'signature.algorithm-unknown|P-256|06052b81040022' 'nor one on another curve' \
    postern-keys adopt p384 --token 'pkcs11:object=p384'
softhsm2-util --import "$scratch/brought.pem" --token postern --pin 12345678 --label twin --id 0e >/dev/null
softhsm2-util --import "$scratch/brought.pem" --token postern --pin 12345678 --label twin --id 0f >/dev/null
refused 1 "token.not-one-key|'twin' (id 0e)|'twin' (id 0f)" 'two keys of one label' \
    postern-keys adopt twin --token 'pkcs11:object=twin'
softhsm2-util --import "$scratch/brought.pem" --token postern --pin 12345678 --label lonely --id 10 \
    --no-public-key >/dev/null
refused 1 'key.malformed|CKA_ID|none' 'a key without its public half' \
    postern-keys adopt lonely --token 'pkcs11:object=lonely'
softhsm2-util --init-token --free --label postern --so-pin 12345678 --pin 12345678 >/dev/null
refused 1 "token.not-one-key|one token|serial" 'two tokens of one name' \
    postern-keys sign 1.root.json --key root-2
# One of the two serial numbers is that of the token with the keys; the other token goes again.
fits=0
for serial in $(softhsm2-util --show-slots | awk '/Serial number/ && NF == 3 { print $3 }'); do
    if postern-keys sign 1.root.json --key "pkcs11:token=postern;serial=$serial;object=root-2" \
        >"$scratch/out.said" 2>&1 </dev/null; then
        fits=$((fits + 1))
    else
        softhsm2-util --delete-token --serial "$serial" >/dev/null
    fi
done
[ "$fits" -eq 1 ] || wrong "serial numbers tell two tokens apart: $fits"

# Through the life of a key.
does 'the next root takes the adopted key and revokes one' '2.root.json' postern-keys root next \
    --revoke root-2 --reason lost --add-root root-4
does 'the adopted key and another sign' 'signed by enough' \
    postern-keys sign 2.root.json --key root-1 root-3 root-4
does 'as a terminal sees it' 'in order' postern-keys check 2.root.json
does 'a key in a token gets other dates' 'root-3.pub' postern-keys renew root-3 --days 700
old=$(basename "$(ls keys/root-3-*.pub)")
does 'takes its own place' '3.root.json' postern-keys root next --remove-root "$old" --add-root root-3
refused 1 'key.revoked|root-2.token|lost' 'a revoked key signs nothing more' \
    postern-keys sign 3.root.json --key root-2
does 'and signs under both ids' 'signed by enough' postern-keys sign 3.root.json --key root-3 root-4
does 'so the chain goes on' 'in order' postern-keys check 3.root.json

# A PIN that is typed, and does not appear.
if ! script -qefc true /dev/null >/dev/null 2>&1 </dev/null; then
    echo 'no pseudo-terminal to be had here: typing a PIN is not tried'
else
    trap '' PIPE # a program that ended early is told of below, and ends nothing here
    mkfifo "$scratch/typed" "$scratch/screen"
    env -u POSTERN_PASSPHRASE_FILE script -qefc 'postern-keys adopt typed --token pkcs11:object=root-3' \
        /dev/null <"$scratch/typed" >"$scratch/screen" 2>&1 &
    typist=$!
    exec 4>"$scratch/typed" 3<"$scratch/screen"
    prompt="PIN of token 'postern': "
    head -c ${#prompt} <&3 >"$scratch/shown"
    echo 12345678 >&4
    cat <&3 >>"$scratch/shown"
    wait "$typist" || { cat "$scratch/shown"; wrong 'a typed PIN'; }
    exec 3<&- 4>&-
    grep -q -F "$prompt" "$scratch/shown" || { cat "$scratch/shown"; wrong 'the prompt names the token'; }
    grep -q 12345678 "$scratch/shown" && wrong 'the PIN was shown'
    [ -f keys/typed.pub ] || wrong 'a typed PIN opens the token'
fi

[ "$failed" -eq 0 ] || { echo "$failed failed"; exit 1; }
