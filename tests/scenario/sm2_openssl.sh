#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# SM2 keys of products against the openssl program: its signatures hold for us and ours for it, with
# the identity of the scheme and with no other; and the ceremony lets such a key in where it may be.
set -u

: "${POSTERN_BIN:?the folder with the programs}"
PATH=$POSTERN_BIN:$PATH
LC_ALL=C
unset POSTERN_CEREMONY POSTERN_PASSPHRASE_FILE
export PATH LC_ALL

if ! openssl genpkey -algorithm SM2 2>/dev/null | grep -q 'PRIVATE KEY'; then
    echo 'no openssl program with SM2'
    exit 77
fi
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' INT TERM
cd "$scratch" || exit 1
umask 077
failed=0
said=$scratch/said
identity=1234567812345678

wrong() {
    cat "$said"
    echo "FAILED: $*"
    failed=$((failed + 1))
}

# does NAME WORDS COMMAND...
does() {
    name=$1
    words=$2
    shift 2
    if "$@" >"$said" 2>&1 </dev/null && grep -q -F -e "$words" "$said"; then
        echo "ok: $name"
    else
        wrong "$name"
    fi
}

# refused STATUS WORDS NAME COMMAND...: each of WORDS (split at '|') is said.
refused() {
    status=$1
    words=$2
    name=$3
    shift 3
    "$@" >"$said" 2>&1 </dev/null
    got=$?
    echo "$words" | tr '|' '\n' >words
    [ "$got" -eq "$status" ] || { wrong "$name: status $got, not $status"; return; }
    while IFS= read -r word; do
        grep -q -F -e "$word" "$said" || { wrong "$name: no '$word'"; return; }
    done <words
    echo "ok: $name"
}

hex_of() {
    od -An -v -tx1 "$1" | tr -d ' \n'
}

bytes_of() { # of the hex digits on standard input
    fold -w 2 | while IFS= read -r byte; do
        # shellcheck disable=SC2059
        printf "\\$(printf '%03o' "0x$byte")"
    done
}

# ours SIGNED-FILE: its only signature, in hex.
ours() {
    sed -n 's/.*"sig":"\([0-9a-f]*\)".*/\1/p' "$1"
}

# theirs KEY IDENTITY: the openssl program's signature of the body, in hex; '' for no identity.
theirs() {
    openssl pkeyutl -sign -inkey "$1" -rawin -digest sm3 ${2:+-pkeyopt "distid:$2"} -in body \
        -out theirs.sig || return
    hex_of theirs.sig
}

# they_verify SIGNATURE IDENTITY: whether the openssl program takes it.
they_verify() {
    openssl pkeyutl -verify -pubin -inkey release.pem -rawin -digest sm3 \
        ${2:+-pkeyopt "distid:$2"} -in "${3:-body}" -sigfile "$1"
}

keyid_of() {
    postern-keys show "$1" | sed -n 's/.*key id: \([0-9a-f]\{64\}\).*/\1/p' | head -n 1
}

# The ceremony: one product, whose role wants a signature of each kind.
for name in root targets modern snapshot timestamp assignments; do
    postern-keys new "$name" --scheme ed25519 --plain >/dev/null || wrong "no key $name"
done
does 'an SM2 key is made' 'scheme: sm2-sm3' postern-keys new release --scheme sm2-sm3 --plain
openssl pkey -in keys/release.key -pubout -out release.pem || wrong 'they cannot read our key'
does 'it says what it is' 'sm2-sm3' postern-keys show keys/release.pub
sed 's/.*"public":"\([^"]*\)".*/\1/; s/\\u000a/\n/g' keys/release.pub | sed '/^$/d' >published
diff published release.pem >"$said" || wrong 'the public half that they see is another'

# A key that the openssl program made, sealed by it; its public file written by hand.
openssl genpkey -algorithm SM2 -out foreign.pem 2>/dev/null
echo 'correct horse battery' >passphrase
openssl pkcs8 -topk8 -in foreign.pem -v2 aes-256-cbc -scrypt -passout file:passphrase \
    -out keys/foreign.key || wrong 'they do not seal'
printf '{"keytype":"sm2","keyval":{"public":"%s\\n"},"scheme":"sm2-sm3"}\n' \
    "$(openssl pkey -in foreign.pem -pubout | sed '$!s/$/\\n/' | tr -d '\n')" >keys/foreign.pub
does 'their key is understood' 'scheme: sm2-sm3' postern-keys show keys/foreign.pub
does 'one of ours is sealed' 'encrypted with a passphrase' \
    postern-keys new sealed --scheme sm2-sm3 --passphrase-file passphrase
does 'and they open it' 'PUBLIC KEY' \
    openssl pkey -in keys/sealed.key -passin file:passphrase -pubout

root_init() {
    postern-keys root init --threshold 1 --root root --targets targets --snapshot snapshot \
        --timestamp timestamp "$@"
}
targets_init() {
    postern-keys targets init --product pos-a --threshold 2 --role-key modern release "$@"
}
why='key.wrong-role|sm2-sm3, which counts for products'
refused 1 "$why|root" 'none signs for root' postern-keys root init --threshold 1 --root release \
    --targets targets --snapshot snapshot --timestamp timestamp
refused 1 "$why|targets" 'nor targets' postern-keys root init --threshold 1 --root root \
    --targets release --snapshot snapshot --timestamp timestamp
refused 1 "$why|snapshot" 'nor snapshot' postern-keys root init --threshold 1 --root root \
    --targets targets --snapshot release --timestamp timestamp
refused 1 "$why|timestamp" 'nor timestamp' postern-keys root init --threshold 1 --root root \
    --targets targets --snapshot snapshot --timestamp release
does 'a root without it' '1.root.json' root_init
does 'is signed' 'signed by enough' postern-keys sign 1.root.json --key root
refused 1 "$why|assignments" 'nor assignments' postern-keys targets init --product pos-a \
    --role-key modern --assignments release --allow-sm2
refused 2 '--allow-sm2|python-tuf then refuses the whole file' 'a product has it by choice alone' \
    targets_init --assignments assignments
[ ! -e metadata/targets.json ] || wrong 'a refused draft was written'
does 'and then it does' 'targets.json' targets_init --assignments assignments --allow-sm2
does 'targets is signed' 'signed by enough' postern-keys sign targets.json --key targets
does 'and in order' 'in order' postern-keys check targets.json

# The product's file in canonical form, so that what is signed is known without our help.
printf '{"_type":"targets","expires":"2090-01-01T00:00:00Z","spec_version":"1.0.34","targets":{"pos-a/1.0.0/manifest.json":{"hashes":{"sha256":"%064d"},"length":4}},"version":1}' 0 >body
ed_id=$(keyid_of keys/modern.pub)
sm2_id=$(keyid_of keys/release.pub)
bare() {
    printf '{"signatures":[],"signed":%s}\n' "$(cat body)" >metadata/pos-a.json
}
# signed ED-HEX SM2-HEX: the file with these signatures.
signed() {
    printf '{"signatures":[{"keyid":"%s","sig":"%s"},{"keyid":"%s","sig":"%s"}],"signed":%s}\n' \
        "$ed_id" "$1" "$sm2_id" "$2" "$(cat body)" >metadata/pos-a.json
}

# Ours for them.
bare
does 'we sign' 'signatures still missing: 1' postern-keys sign pos-a.json --key release
refused 1 'signature.threshold|2 keys|1 that count' 'SM2 alone is not enough' \
    postern-keys check pos-a.json
our_sm2=$(ours metadata/pos-a.json)
echo "$our_sm2" | bytes_of >ours.sig
does 'they verify it' 'Signature Verified Successfully' they_verify ours.sig "$identity"
refused 1 'Signature Verification Failure' 'not with another identity' \
    they_verify ours.sig ALICE123@YAHOO.COM
refused 1 'Signature Verification Failure' 'not without one' they_verify ours.sig ''
sed 's/"length":4/"length":5/' body >other
refused 1 'Signature Verification Failure' 'not of other contents' \
    they_verify ours.sig "$identity" other
bare
does 'the other key signs' 'signatures still missing: 1' postern-keys sign pos-a.json --key modern
refused 1 'signature.threshold|1 that count' 'nor is the other alone' postern-keys check pos-a.json
our_ed=$(ours metadata/pos-a.json)
does 'both are' 'signed by enough' postern-keys sign pos-a.json --key release
does 'as a terminal sees it' 'in order' postern-keys check pos-a.json

# Theirs for us.
signed "$our_ed" "$(theirs keys/release.key "$identity")"
does 'we verify theirs' 'in order' postern-keys check pos-a.json
signed "$our_ed" "$(theirs keys/release.key ALICE123@YAHOO.COM)"
refused 1 'signature.invalid|signature.threshold' 'not with another identity' \
    postern-keys check pos-a.json
signed "$our_ed" "$(theirs keys/release.key '')"
refused 1 'signature.invalid|signature.threshold' 'not without one' postern-keys check pos-a.json
signed "$our_ed" "$(theirs foreign.pem "$identity")"
refused 1 'signature.invalid|signature.threshold' 'not by another key' postern-keys check pos-a.json

# Their key in our ceremony.
does 'their key takes over' 'targets.json' \
    postern-keys targets next --product pos-a --role-key modern foreign --allow-sm2
does 'signed' 'signed by enough' postern-keys sign targets.json --key targets
bare
does 'and signs releases' 'signed by enough' \
    postern-keys sign pos-a.json --key modern foreign --passphrase-file passphrase
does 'that a terminal takes' 'in order' postern-keys check pos-a.json
does 'a later draft names no key and needs no option' 'targets.json' postern-keys targets next --days 9
does 'signed, too' 'signed by enough' postern-keys sign targets.json --key targets

# Leaked: root is still a file that every TUF client reads, and the key is stopped under any name.
does 'it leaks' '2.root.json' postern-keys root next --revoke foreign --reason leaked
does 'root says so' 'signed by enough' postern-keys sign 2.root.json --key root
grep -q '"keytype":"sm2"' metadata/2.root.json && wrong 'root lists an SM2 key'
refused 1 'key.revoked|leaked' 'what it signed counts no more' postern-keys check pos-a.json
postern-keys renew foreign --days 30 >/dev/null || wrong 'no renewal'
refused 1 'key.revoked' 'nor does it under other dates' sh -c \
    'postern-keys targets next --product pos-a --role-key modern foreign --allow-sm2 &&
     postern-keys sign targets.json --key targets && postern-keys check pos-a.json'

# The first key comes back, and then the scheme is given up as a whole.
does 'another takes its place' 'targets.json' \
    postern-keys targets next --product pos-a --role-key modern release --allow-sm2
does 'with a signature' 'signed by enough' postern-keys sign targets.json --key targets
signed "$our_ed" "$our_sm2"
does 'what it signed before counts again' 'in order' postern-keys check pos-a.json
does 'the next root' '3.root.json' postern-keys root next --retire-scheme sm2-sm3
grep -q '"public":"-----BEGIN PUBLIC KEY' metadata/3.root.json || wrong 'the mark lost its key'
does 'retires the scheme' 'signed by enough' postern-keys sign 3.root.json --key root
refused 1 'signature.algorithm-retired|sm2-sm3, retired from|1 that count' 'and its keys count no more' \
    postern-keys check pos-a.json
refused 1 'signature.algorithm-retired|sm2-sm3, retired from' 'nor do they sign' \
    postern-keys sign pos-a.json --key release

[ "$failed" -eq 0 ] || exit 1
echo 'sm2: all as it should be'
