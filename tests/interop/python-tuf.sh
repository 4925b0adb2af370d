#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes FOLDER a root folder with the next Debian's python-tuf in it, to be entered with chroot:
#
#     sh tests/interop/python-tuf.sh FOLDER
#     chroot FOLDER python3 -c 'import tuf'
#
# Its packages come through this machine's own apt: from the mirror of its Debian sources, through its
# proxies, with its certificates, checked by Debian's keyring. They are unpacked and no more: none of
# their scripts runs. FOLDER is made once; a second call finds it ready. Nothing else is changed.
#
# Exit status 77: it cannot be made here; the reason is printed.
set -u

suite=trixie
packages='python3-tuf python3-securesystemslib python3-cryptography python3-requests ca-certificates
python3-pytest faketime dash coreutils'

[ $# -eq 1 ] || { echo "usage: sh $0 FOLDER" >&2; exit 2; }
case $1 in
/*) folder=$1 ;;
*) folder=$PWD/$1 ;;
esac
stamp="$suite $(cksum <"$0")"
[ "$(cat "$folder/.ready" 2>/dev/null)" != "$stamp" ] || exit 0

impossible() {
    echo "skipped: $*"
    exit 77
}

mkdir -p "$(dirname "$folder")" && work=$(mktemp -d "$folder.XXXXXX") || exit 1
mkdir -p "$work/lists/partial" "$work/archives/partial" "$work/root" || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
for tool in apt-get dpkg-deb; do
    command -v $tool >/dev/null 2>&1 || impossible "no $tool here, and python-tuf comes from Debian"
done
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[ -r "$keyring" ] || impossible "Debian's keyring is not installed (debian-archive-keyring)"

# The mirror is where this machine gets its own release from.
codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
mirror=$(apt-get update --print-uris 2>/dev/null |
    sed -n "s|^'\(.*\)/dists/$codename/InRelease'.*|\1|p" | head -n 1)
[ -n "$mirror" ] || impossible "apt knows no Debian mirror here"
echo "deb [signed-by=$keyring] $mirror $suite main" >"$work/sources.list"
: >"$work/status"

# apt's own words name mirrors and proxies: they stay in the log.
apt() {
    DEBIAN_FRONTEND=noninteractive apt-get -q -o Acquire::Retries=3 -o Acquire::Languages=none \
        -o Dir::Etc::SourceList="$work/sources.list" -o Dir::Etc::SourceParts=- \
        -o Dir::State::Lists="$work/lists" -o Dir::State::Status="$work/status" \
        -o Dir::State::Extended_States="$work/extended" -o Dir::Cache="$work" \
        -o Dir::Cache::Archives="$work/archives" -o APT::Install-Recommends=false \
        -o APT::Sandbox::User= -o Debug::NoLocking=1 "$@" >>"$folder.log" 2>&1 </dev/null
}

: >"$folder.log"
apt update || impossible "Debian's list of packages for $suite could not be fetched (see $folder.log)"
# shellcheck disable=SC2086 # names are words
apt install -y --download-only $packages ||
    impossible "python-tuf could not be fetched from Debian $suite (see $folder.log)"

# What the packages' scripts would have made, as far as Python needs it.
for name in bin sbin lib lib64; do
    ln -s "usr/$name" "$work/root/$name" || exit 1
done
mkdir -p "$work/root/usr/lib64" "$work/root/tmp" "$work/root/dev/shm" "$work/root/proc" \
    "$work/root/root" "$work/root/etc/ssl/certs" || exit 1
chmod 1777 "$work/root/tmp" "$work/root/dev/shm"
for package in "$work"/archives/*.deb; do
    dpkg-deb --fsys-tarfile "$package" | tar -x -C "$work/root" --keep-directory-symlink || exit 1
done
cat "$work/root"/usr/share/ca-certificates/mozilla/*.crt >"$work/root/etc/ssl/certs/ca-certificates.crt"
echo 'root:x:0:0:root:/root:/bin/sh' >"$work/root/etc/passwd"
mknod -m 666 "$work/root/dev/null" c 1 3 2>/dev/null || : >"$work/root/dev/null"

printf '%s\n' "$stamp" >"$work/root/.ready"
chmod 755 "$work/root"
rm -rf "$folder"
mv "$work/root" "$folder"
