#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Sets a bare Debian 12 up, as root or by sudo:
#
#     sh docker/setup-debian.sh run    what it takes to build and run the programs
#     sh docker/setup-debian.sh dev    that, and what the tests and checks want
#
# Calls apt only for what is missing, so a second run needs neither the network nor root.
set -u

run_packages='gcc libc6-dev cmake ninja-build pkg-config libmicrohttpd-dev libssl-dev libsqlite3-dev
libcjson-dev libcurl4-openssl-dev libzstd-dev libdivsufsort-dev liblzma-dev libconfig-dev
libp11-kit-dev'
dev_packages='clang libclang-rt-14-dev clang-format clang-tidy shellcheck libcmocka-dev
openssl zstd xz-utils squashfs-tools curl sqlite3 strace softhsm2'

case ${1-} in
run) packages=$run_packages ;;
dev)
    packages="$run_packages $dev_packages"
    # For the test that reads our repository with another TUF client; any node will do.
    command -v node >/dev/null 2>&1 || packages="$packages nodejs"
    command -v npm >/dev/null 2>&1 || packages="$packages npm"
    ;;
*)
    echo "usage: sh $0 run | dev" >&2
    exit 2
    ;;
esac

{ command -v dpkg-query && command -v apt-get; } >/dev/null 2>&1 || {
    echo "This system has no apt. Install what these Debian packages hold, then build:" >&2
    # shellcheck disable=SC2086  # names are words
    echo "   " $packages >&2
    exit 1
}

missing=''
for package in $packages; do
    # shellcheck disable=SC2016  # dpkg-query's own variable
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
        missing="$missing $package"
done
[ -n "$missing" ] || exit 0

become=''
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null 2>&1 || {
        echo "Missing:$missing" >&2
        echo "Run this as root, or install them with: apt-get install$missing" >&2
        exit 1
    }
    become=sudo
fi

# apt's own words name mirrors and proxies, which are nobody's business in a shared log.
log=$(mktemp) || exit 1
apt() {
    $become env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 \
        -o Acquire::Retries=3 "$@" >>"$log" 2>&1
}

give_up() {
    echo "$1 What apt said is in $log" >&2
    exit 1
}

echo "Installing:$missing"
tries=1
until apt update; do
    [ "$tries" -lt 4 ] || give_up "The lists of packages could not be fetched ($tries tries)."
    echo "  the lists of packages could not be fetched; trying again"
    sleep $((tries * 3))
    tries=$((tries + 1))
done
# shellcheck disable=SC2086  # names are words
apt install -y --no-install-recommends $missing || {
    echo "  once more"
    apt install -y --no-install-recommends $missing || give_up "Not all could be installed."
}
rm -f "$log"
echo "Installed."
