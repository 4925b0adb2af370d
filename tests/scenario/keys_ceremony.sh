#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# postern-keys as people use it: the ceremony that keys/README.md writes down, and everything that it
# must refuse, with its exit status, the reason, the thing named, and nothing changed.
set -u

# shellcheck source=tests/support/ceremony.inc
. "${POSTERN_SOURCE:-.}/tests/support/ceremony.inc"

# The handbook's ceremony, line by line.
mkdir "$scratch/handbook"
cd "$scratch/handbook" || exit 1
handbook ceremony
[ "$(grep -c postern-keys "$scratch/ceremony.sh")" -ge 20 ] || wrong 'the ceremony is too short'
grep -q 'signatures still missing: 1 (root)' "$scratch/ceremony.said" || wrong 'missing signatures are not told'
does 'the last root has lost one key and taken one in' 'signatures needed for: root, 2/3' \
    postern-keys show 3.root.json
does 'the leaked key is marked' 'leaked' postern-keys show 3.root.json
does 'the first root still stands' 'in order' postern-keys check 1.root.json
for name in root-1 release-2; do
    [ "$(stat -c %a "keys/$name.key")" = 600 ] || wrong "$name.key is open to others"
    grep -q 'BEGIN ENCRYPTED PRIVATE KEY' "keys/$name.key" || wrong "$name.key is not encrypted"
done
grep -q 'BEGIN PRIVATE KEY' keys/snapshot.key || wrong 'a plain key is not plain'

# A product's file, as another tool drafts it.
draft() {
    printf '{"signatures":[],"signed":{"_type":"targets","spec_version":"1.0.34","version":1,'
    printf '"expires":"2090-01-01T00:00:00Z","targets":{"%s":' "$1"
    printf '{"length":4,"hashes":{"sha256":"%064d"}}}}}\n' 0
}
draft pos-a/1.0.0/manifest.json >metadata/pos-a.json
refused 1 'key.revoked|leaked|release-1.key' 'the leaked key signs nothing any more' \
    postern-keys sign pos-a.json --key release-1
refused 1 'key.wrong-role|root-1.key|pos-a' 'root keys do not sign releases' \
    postern-keys sign pos-a.json --key root-1 --key release-2
refused 1 'signature.missing|pos-a' 'an unsigned file does not check out' postern-keys check pos-a.json
does 'the product key signs its product' 'signed by enough' postern-keys sign pos-a.json --key release-2
does 'and a terminal would take it' 'in order' postern-keys check pos-a.json
does 'in Chinese as well' '检查通过' postern-keys --lang zh-CN check pos-a.json
sed 's/"length":4/"length":5/' metadata/pos-a.json >changed.json && mv changed.json metadata/pos-a.json
refused 1 'signature.invalid|signature.threshold' 'a changed file does not check out' \
    postern-keys check pos-a.json
draft pos-b/1.0.0/manifest.json >metadata/pos-a.json
refused 1 'document.inconsistent|pos-b/1.0.0/manifest.json|pos-a/*/*' 'a product stays within its paths' \
    postern-keys sign pos-a.json --key release-2
draft pos-b/1.0.0/manifest.json >metadata/pos-b.json
refused 1 'metadata.not-listed|pos-b' 'a product that nobody delegated to' \
    postern-keys sign pos-b.json --key release-2
rm metadata/pos-b.json metadata/pos-a.json
does 'a second product' 'targets.json' postern-keys targets next --product pos-b --role-key release-2
draft pos-b/1.0.0/manifest.json >metadata/pos-b.json
refused 1 'signature.missing|targets.json' 'a draft gives no rights' \
    postern-keys sign pos-b.json --key release-2
does 'until it is signed' 'signed by enough' postern-keys sign targets.json --key targets-1
does 'then it does' 'signed by enough' postern-keys sign pos-b.json --key release-2
cp metadata/3.root.json "$scratch/root.json"
mkdir "$scratch/elsewhere" && cp metadata/pos-b.json "$scratch/elsewhere/"
does 'root and targets from elsewhere' 'in order' postern-keys check "$scratch/elsewhere/pos-b.json" \
    --root "$scratch/root.json" --targets ./metadata/targets.json --dir "$scratch"

# Keys.
refused 1 'host.exists|root-1.key|root-1.pub' 'a key is never overwritten' \
    postern-keys new root-1 --scheme ed25519
refused 1 'key.locked|root-1.key|one that does not open it' 'the wrong passphrase' \
    postern-keys sign 3.root.json --key root-1 --passphrase-file "$scratch/wrong"
refused 1 'host.not-found|nobody.key' 'a key that is not there' postern-keys sign 3.root.json --key nobody
refused 1 'key.wrong-role|targets-1.key|targets' 'a key of another role' \
    postern-keys sign 3.root.json --key targets-1
refused 1 'key.expired|2020-01-01T00:00:00Z' 'a key that is over before it begins' \
    postern-keys new late --scheme ed25519 --not-after 2020-01-01T00:00:00Z
refused 1 'signature.algorithm-unknown|rot13|ed25519' 'a scheme that nobody knows' \
    postern-keys new odd --scheme rot13
refused 1 'key.locked|at least 8' 'a passphrase that is too short' \
    sh -c 'echo short >../short && postern-keys new short --scheme ed25519 --passphrase-file ../short'
refused 1 'key.locked|neither' 'nobody there to ask' \
    setsid -w env -u POSTERN_PASSPHRASE_FILE postern-keys sign 3.root.json --key root-1
chmod 644 "$scratch/wrong"
refused 1 'host.permission|wrong|0600' 'a passphrase that others may read' \
    postern-keys sign 3.root.json --key root-1 --passphrase-file "$scratch/wrong"
chmod 644 keys/root-2.key
refused 1 'host.permission|root-2.key|0600' 'a private key that others may read' \
    postern-keys sign 3.root.json --key root-2
chmod 600 keys/root-2.key
does 'a key whose time is to come' 'not yet valid' \
    postern-keys new early --scheme ed25519 --not-before 2090-01-01T00:00:00Z
does 'may be listed ahead' '4.root.json' postern-keys root next --add-root early
refused 1 'key.not-yet-valid|early.key|2090-01-01T00:00:00Z' 'but does not sign' \
    postern-keys sign 4.root.json --key early
refused 1 'host.exists|4.root.json|not signed by enough' 'a draft is not drafted over' \
    postern-keys root next
rm metadata/4.root.json
does 'a key with other dates' 'root-1.pub' postern-keys renew root-1 --days 3000
old=$(ls keys/root-1-*.pub)
does 'takes its own place' '4.root.json' postern-keys root next --remove-root "$(basename "$old")" --add-root root-1
does 'and signs for both roots' 'signatures still missing: 1 (root, by the keys of version 3)' \
    postern-keys sign 4.root.json --key root-1
does 'with one more' 'signed by enough' postern-keys sign 4.root.json --key root-2
does 'a scheme is retired' '5.root.json' \
    postern-keys root next --retire-scheme ecdsa-sha2-nistp256 --from 2090-01-01T00:00:00Z
rm metadata/5.root.json
if command -v openssl >/dev/null 2>&1; then
    openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out keys/weak.key 2>/dev/null
    refused 1 'key.weak|weak.key|3072' 'a weak key does not sign' postern-keys sign 4.root.json --key weak
fi

# Roots and targets that should not be.
refused 1 'host.exists|4.root.json|root next' 'a second first root' postern-keys root init \
    --threshold 1 --root root-1 --targets targets-1 --snapshot snapshot --timestamp timestamp
refused 1 'host.exists|targets.json|targets next' 'a second first targets' \
    postern-keys targets init --product pos-c --role-key release-2 --assignments assignments
refused 1 'document.out-of-bounds|role root|at most 3' 'a threshold that nobody can meet' \
    postern-keys root next --threshold 4
refused 1 'key.wrong-role|snapshot|root' 'an online key as a root key' \
    postern-keys root next --add-root snapshot
refused 1 'key.wrong-role|assignments|targets' 'an offline key as the online one' \
    postern-keys targets next --assignments targets-1
refused 1 'key.unknown|deadbeefdeadbeef' 'a key id that nobody has' \
    postern-keys root next --remove-root deadbeefdeadbeef
refused 1 'document.inconsistent|root-2.pub' 'the same key twice' postern-keys root next --add-root root-2
refused 1 'document.out-of-bounds|role snapshot' 'revoking the only key of a role' \
    postern-keys root next --revoke snapshot --reason leaked
refused 1 'metadata.not-listed|pos-z' 'removing what is not there' \
    postern-keys targets next --remove-product pos-z

# Garbage.
printf '{"signed"' >metadata/bad.json
refused 1 'document.bad-syntax|bad.json' 'garbage is not signed' postern-keys sign bad.json --key root-1
refused 1 'document.bad-syntax|bad.json' 'nor shown' postern-keys show bad.json
refused 1 'document.bad-syntax|bad.json' 'nor checked' postern-keys check bad.json
head -c 4096 /dev/urandom >keys/bad.pub
refused 1 'document.|bad.pub' 'noise is no public key' postern-keys show bad.pub
refused 1 'document.|bad.pub' 'and is not listed' postern-keys root next --add-root bad
cp keys/bad.pub keys/bad.key && chmod 600 keys/bad.key
refused 1 'key.malformed|bad.key' 'nor a private one' postern-keys sign 4.root.json --key bad
sed 's/"keyid":"./"keyid":"x/' keys/root-4.pub >keys/forged.pub
refused 1 'key.id-mismatch|forged.pub' 'a key under a false id' postern-keys root next --add-root forged
cp metadata/4.root.json metadata/5.root.json
refused 1 'metadata.wrong-version|5.root.json' 'a root under a false version' postern-keys check 5.root.json
rm metadata/5.root.json
refused 1 'host.not-found|none.json' 'a file that is not there' postern-keys check none.json

# Folders that cannot be written.
echo 'no folder' >"$scratch/file"
refused 1 'host.|/file' 'a file where the folder should be' \
    postern-keys --dir "$scratch/file" new key-1 --scheme ed25519
if [ "$(id -u)" -ne 0 ]; then
    chmod a-w keys metadata
    refused 1 'host.permission|keys' 'a folder without permission' postern-keys new key-1 --scheme ed25519
    refused 1 'host.permission|metadata' 'nothing is drafted there' postern-keys root next
    chmod u+w keys metadata
fi
if [ -c /dev/full ]; then
    postern-keys show 4.root.json >/dev/full 2>"$scratch/out.said"
    [ $? -eq 1 ] || wrong 'a full output has no status'
    grep -q 'host.io-error' "$scratch/out.said" || wrong 'a full output is not told'
fi

# Arguments.
refused 2 'usage.bad-arguments|frobnicate|root init' 'no such command' postern-keys frobnicate
refused 2 'usage.bad-arguments|commands' 'no command' postern-keys
refused 2 'usage.bad-arguments|--key' 'a required option is missing' postern-keys sign 4.root.json
refused 2 '--threshold|--root|--targets|--snapshot|--timestamp' 'all that are missing are told' \
    postern-keys root init
refused 2 'usage.bad-arguments|--colour' 'no such option' postern-keys show root-1 --colour
refused 2 'usage.bad-arguments|two' 'one word too many' postern-keys new one two --scheme ed25519
refused 2 'usage.bad-arguments|a word after --key' 'an option without its word' postern-keys sign 4.root.json --key
refused 2 'usage.bad-arguments|--scheme once' 'an option twice' \
    postern-keys new one --scheme ed25519 --scheme ed25519
refused 2 'usage.bad-arguments|--days|0' 'no days' postern-keys new one --scheme ed25519 --days 0
refused 2 'usage.bad-arguments|tomorrow|2030-01-31T00:00:00Z' 'a time in words' \
    postern-keys root next --expires tomorrow
refused 2 'usage.bad-arguments|both' 'two ends' \
    postern-keys root next --days 3 --expires 2090-01-01T00:00:00Z
refused 2 'usage.bad-arguments|../evil' 'a name that climbs' postern-keys new ../evil --scheme ed25519
refused 2 'usage.bad-arguments|snapshot' 'a product with a role for a name' \
    postern-keys targets next --product snapshot --role-key release-2
refused 2 'usage.bad-arguments|--reason' 'revoking without a reason' postern-keys root next --revoke root-2
refused 2 'usage.bad-arguments|tlh' 'a language that is not there' postern-keys show root-1 --lang tlh
refused 2 '参数错误|用法' 'all of it in Chinese' postern-keys sign --lang zh-CN

# Help names every command and each of its options.
postern-keys --help >"$scratch/help.said" || wrong '--help has a status'
for word in 'new NAME' 'renew NAME' 'show FILE' 'root init' 'root next' 'targets init' 'targets next' \
    'sign FILE' 'check FILE' 'product next' 'export DRAFT' 'import SIG' 'revoke KEY' 'calendar' --dir --passphrase-file --lang; do
    grep -q -e "$word" "$scratch/help.said" || wrong "--help does not tell of $word"
done
does 'the help of one command' '--retire-scheme' postern-keys root next --help

# A passphrase that is typed: twice for a new key, and it does not appear.
# read_prompt BYTES: that many bytes of what the terminal shows.
read_prompt() {
    head -c "$1" <&3 >>"$scratch/shown"
}
if ! script -qefc true /dev/null >/dev/null 2>&1 </dev/null; then
    echo 'no pseudo-terminal to be had here: typing a passphrase is not tried'
else
    trap '' PIPE # a program that ended early is told of below, and ends nothing here
    mkfifo "$scratch/typed" "$scratch/screen"
    env -u POSTERN_PASSPHRASE_FILE \
        script -qefc 'postern-keys new typed --scheme ed25519' /dev/null \
        <"$scratch/typed" >"$scratch/screen" 2>&1 &
    typist=$!
    exec 4>"$scratch/typed" 3<"$scratch/screen"
    prompt='passphrase of typed: '
    read_prompt ${#prompt}
    echo 'typed in secret' >&4
    prompt="xxonce more, passphrase of typed: " # a line end before it
    read_prompt ${#prompt}
    echo 'typed in secret' >&4
    cat <&3 >>"$scratch/shown"
    wait "$typist" || { cat "$scratch/shown"; wrong 'a typed passphrase'; }
    exec 3<&- 4>&-
    grep -q 'secret' "$scratch/shown" && wrong 'the passphrase was shown'
    echo 'typed in secret' >"$scratch/typed.passphrase"
    does 'what was typed opens the key' 'typed.key' sh -c "
        postern-keys sign 4.root.json --key typed --passphrase-file '$scratch/typed.passphrase' |
            cat; postern-keys show typed.key"
    postern-keys sign 4.root.json --key typed --passphrase-file "$scratch/typed.passphrase" \
        >"$scratch/out.said" 2>&1
    grep -q 'key.unknown' "$scratch/out.said" || { cat "$scratch/out.said"; wrong 'the typed key stays shut'; }
fi

ends
