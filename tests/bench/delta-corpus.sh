#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes DIR/<pair>/old and DIR/<pair>/new from Debian packages, for tests/bench/run.sh delta:
#
#     sh tests/bench/delta-corpus.sh DIR [PAIR...]        all pairs of the tables below, or these
#
# Packages are taken by name and exact version, from the mirror of this machine's Debian sources,
# through an apt state of its own below DIR/.debian, checked by Debian's keyring; nothing else on the
# machine changes and no root is needed. DIR/<pair>/source says what a pair was made of. A pair that
# is there stays. Where a version is no longer offered, the newest two that are come instead (the
# oldest and the newest for a pair that is `far`), and that is said; what cannot be had is skipped,
# and that is said too. Exit status: 0, or 77 when there is not one pair in the end.
set -u
LC_ALL=C.UTF-8
export LC_ALL

# name  distance  architecture  suites  package=version, old and new  the file in it
pairs='
nginx-sec       near arm64 bookworm nginx=1.22.1-9+deb12u9 nginx=1.22.1-9+deb12u11 usr/sbin/nginx
nginx-x86       near amd64 bookworm nginx=1.22.1-9+deb12u9 nginx=1.22.1-9+deb12u11 usr/sbin/nginx
openssl-armhf   near armhf bookworm openssl=3.0.17-1~deb12u2 openssl=3.0.20-1~deb12u2 usr/bin/openssl
sshd-armhf      near armhf bookworm openssh-server=1:9.2p1-2+deb12u7 openssh-server=1:9.2p1-2+deb12u10 usr/sbin/sshd
libcrypto-armhf near armhf bookworm libssl3=3.0.17-1~deb12u2 libssl3=3.0.20-1~deb12u2 usr/lib/*/libcrypto.so.3
libcrypto-sec   near arm64 bookworm libssl3=3.0.20-1~deb12u2 libssl3=3.0.22-1~deb12u2 usr/lib/*/libcrypto.so.3
libc-point      near arm64 bookworm libc6=2.36-9+deb12u7 libc6=2.36-9+deb12u14 lib/*/libc.so.6
bind-sec        near arm64 bookworm bind9-libs=1:9.18.49-1~deb12u1 bind9-libs=1:9.18.49-1~deb12u3 usr/lib/*/libdns-*.so
wpa-sec         near arm64 bookworm wpasupplicant=2:2.10-12+deb12u2 wpasupplicant=2:2.10-12+deb12u3 sbin/wpa_supplicant
curl-sec        near arm64 bookworm libcurl4=7.88.1-10+deb12u5 libcurl4=7.88.1-10+deb12u15 usr/lib/*/libcurl.so.4.*
systemd-point   near arm64 bookworm libsystemd-shared=252.38-1~deb12u1 libsystemd-shared=252.39-1~deb12u2 usr/lib/*/systemd/libsystemd-shared-*.so
redis-x86       near amd64 bookworm redis-tools=5:7.0.15-1~deb12u7 redis-tools=5:7.0.15-1~deb12u10 usr/bin/redis-check-rdb
python-sec      near arm64 bookworm python3.11-minimal=3.11.2-6+deb12u8 python3.11-minimal=3.11.2-6+deb12u9 usr/bin/python3.11
postgres-sec    near arm64 bookworm postgresql-15=15.18-0+deb12u1 postgresql-15=15.20-0+deb12u1 usr/lib/postgresql/15/bin/postgres
postgres-x86    near amd64 bookworm postgresql-15=15.18-0+deb12u1 postgresql-15=15.20-0+deb12u1 usr/lib/postgresql/15/bin/postgres
containerd-go   near arm64 bookworm containerd=1.6.20~ds1-1+deb12u2 containerd=1.6.20~ds1-1+deb12u3 usr/bin/ctr
atf-major       far  arm64 *        arm-trusted-firmware=2.8.0+dfsg-1 arm-trusted-firmware=2.12.1+dfsg-1 usr/lib/arm-trusted-firmware/rk3399/bl31.elf
uboot-major     far  arm64 *        u-boot-rpi=2023.01+dfsg-2+deb12u3 u-boot-rpi=2025.01-3+deb13u1 usr/lib/u-boot/rpi_4/u-boot.bin
edk2-sec        near arm64 bookworm qemu-efi-aarch64=2022.11-6+deb12u1 qemu-efi-aarch64=2022.11-6+deb12u2 usr/share/qemu-efi-aarch64/QEMU_EFI.fd
kernel-sec      near arm64 bookworm linux-image-6.1.0-55-cloud-arm64=6.1.192-1 linux-image-6.1.0-56-cloud-arm64=6.1.192-2 boot/vmlinuz-*
kernel-abi      far  arm64 bookworm linux-image-6.1.0-50-cloud-arm64=6.1.176-1 linux-image-6.1.0-56-cloud-arm64=6.1.192-2 boot/vmlinuz-*
'
# name  packages that differ (*: all)  from which version to the newest  how the tree becomes an image
roots='
rootfs-sec      openssl,libssl3 last   ext4
rootfs-point    *               oldest ext4
squashfs-point  *               oldest squashfs
'
# What a terminal's root file system holds; what they depend on comes with them.
root_packages='systemd-sysv dbus udev kmod iproute2 iptables wpasupplicant openssh-server nginx-light
openssl curl python3 sqlite3 ca-certificates sudo ppp bluez e2fsprogs busybox less tzdata'
root_arch=arm64
root_bytes=192M

usage() {
    echo "usage: sh $0 DIR [PAIR...]" >&2
    exit 2
}

impossible() {
    echo "skipped: $*"
    exit 77
}

say() {
    printf '%-16s %s\n' "$name" "$*"
}

[ $# -ge 1 ] || usage
mkdir -p "$1" || usage
dir=$(cd "$1" && pwd) || usage
shift
wanted=" $* "
state=$dir/.debian
mkdir -p "$state/deb" || exit 1
work=$(mktemp -d "$state/work.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM

# ---- Debian ------------------------------------------------------------------------------------------

for tool in apt-get apt-cache dpkg-deb; do
    command -v $tool >/dev/null 2>&1 || impossible "no $tool here, and the corpus comes from Debian"
done
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[ -r "$keyring" ] || impossible "Debian's keyring is not installed (debian-archive-keyring)"

# The mirrors are where this machine gets its own release and its security updates from.
codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
mirror_of() {
    apt-get update --print-uris 2>/dev/null | sed -n "s|^'\(.*\)/dists/$1/InRelease'.*|\1|p" | head -n 1
}
mirror=$(mirror_of "$codename")
security=$(mirror_of "$codename-security")
[ -n "$mirror" ] || impossible "apt knows no Debian mirror here"
{
    for suite in bookworm bookworm-updates trixie; do
        echo "deb [signed-by=$keyring] $mirror $suite main"
    done
    [ -z "$security" ] || echo "deb [signed-by=$keyring] $security bookworm-security main"
} >"$state/sources.list"

# apt ARCHITECTURE COMMAND...: apt's own words name mirrors and proxies, so they stay in the log.
apt() {
    apt_arch=$1
    shift
    mkdir -p "$state/$apt_arch/lists/partial" "$state/$apt_arch/archives/partial"
    : >"$state/$apt_arch/status"
    "$@" -q -o APT::Architecture="$apt_arch" -o APT::Architectures::="$apt_arch" -o Acquire::Retries=3 \
        -o Acquire::Languages=none -o Dir::Etc::SourceList="$state/sources.list" \
        -o Dir::Etc::SourceParts=- -o Dir::State::Lists="$state/$apt_arch/lists" \
        -o Dir::State::Status="$state/$apt_arch/status" \
        -o Dir::State::Extended_States="$state/$apt_arch/extended" -o Dir::Cache="$state/$apt_arch" \
        -o Dir::Cache::pkgcache=pkgcache.bin -o Dir::Cache::srcpkgcache=srcpkgcache.bin \
        -o Dir::Cache::Archives="$state/$apt_arch/archives" -o APT::Install-Recommends=false \
        -o APT::Default-Release=bookworm -o APT::Sandbox::User= -o Debug::NoLocking=1 \
        2>>"$state/log" </dev/null
}

# The lists of an architecture are fetched once for each run, when the first pair needs them.
lists_of() {
    [ -e "$work/lists-$1" ] && return "$(cat "$work/lists-$1")"
    apt "$1" apt-get update >>"$state/log"
    [ -n "$(apt "$1" apt-cache pkgnames | head -n 1)" ]
    echo $? >"$work/lists-$1"
    return "$(cat "$work/lists-$1")"
}

# offered ARCHITECTURE SUITES PACKAGE...: package=version of what there is, oldest first.
offered() {
    offered_arch=$1
    offered_suites=$2
    shift 2
    apt "$offered_arch" apt-cache madison "$@" | tr -d ' ' | awk -F'|' -v suites="$offered_suites" '
        suites == "*" || $3 ~ suites { print $2, $1 "=" $2 }' | sort -V -u | cut -d ' ' -f 2
}

# fetch ARCHITECTURE PACKAGE=VERSION...: those that are not in the store yet, in one call of apt.
fetch() {
    fetch_arch=$1
    shift
    missing=
    for package; do
        [ -n "$(deb "$fetch_arch" "$package")" ] || missing="$missing $package"
    done
    # shellcheck disable=SC2086 # names are words
    [ -z "$missing" ] ||
        (cd "$state/deb" && apt "$fetch_arch" apt-get download $missing >>"$state/log")
}

# deb ARCHITECTURE PACKAGE=VERSION: its file in the store, named as apt names it.
deb() {
    deb_name=${2%%=*}_$(printf '%s' "${2#*=}" | sed 's/:/%3a/g')
    for deb_file in "$state/deb/${deb_name}_$1.deb" "$state/deb/${deb_name}_all.deb"; do
        [ ! -e "$deb_file" ] || echo "$deb_file"
    done
}

# unpack ARCHITECTURE PACKAGE=VERSION FOLDER: over the links of a merged /usr; no script runs. What came
# broken is fetched again by the next run.
unpack() {
    unpack_file=$(deb "$1" "$2")
    [ -n "$unpack_file" ] || return 1
    dpkg-deb --fsys-tarfile "$unpack_file" |
        tar -x -C "$3" -p --no-same-owner --keep-directory-symlink --delay-directory-restore ||
        { rm -f "$unpack_file"; return 1; }
}

# ---- pairs of one file -------------------------------------------------------------------------------

# take ARCHITECTURE PACKAGE=VERSION PATTERN FILE
take() {
    mkdir "$work/tree" && fetch "$1" "$2" && unpack "$1" "$2" "$work/tree"
    # shellcheck disable=SC2086 # the pattern is meant to be one
    found=$(cd "$work/tree" && find $3 -type f 2>/dev/null | sort | head -n 1)
    [ -z "$found" ] || cp "$work/tree/$found" "$4"
    rm -rf "$work/tree"
    [ -n "$found" ]
}

# either_offered: sets old and new to what is offered nearest to what the table says.
either_offered() {
    family=$(printf '%s' "${new%%=*}" | sed 's/-[0-9][0-9]*-/-[0-9]+-/')
    # shellcheck disable=SC2046 # names are words
    offered "$arch" "$suites" \
        $(apt "$arch" apt-cache pkgnames "${new%%[-=]*}" | grep -xE "$family") >"$work/offered"
    if grep -qxF "$old" "$work/offered" && grep -qxF "$new" "$work/offered"; then
        return 0
    fi
    [ "$(wc -l <"$work/offered")" -ge 2 ] || return 1
    say "$old or $new is no longer offered"
    new=$(tail -n 1 "$work/offered")
    old=$(tail -n 2 "$work/offered" | head -n 1)
    [ "$distance" = near ] || old=$(head -n 1 "$work/offered")
}

# kept: the pair as it stands in $work/pair takes its place.
kept() {
    printf '%s\n' "$@" >"$work/pair/source"
    rm -rf "${dir:?}/$name" && mv "$work/pair" "$dir/$name" && say "$@"
}

file_pair() {
    lists_of "$arch" || { say "skipped: no list of packages for $arch (see $state/log)"; return; }
    either_offered || { say "skipped: fewer than two versions are offered"; return; }
    mkdir -p "$work/pair"
    if take "$arch" "$old" "$path" "$work/pair/old" && take "$arch" "$new" "$path" "$work/pair/new"; then
        kept "$arch $old -> $new: $path"
    else
        say "skipped: $path is not to be had from $old and $new"
        rm -rf "$work/pair"
    fi
}

# ---- root file systems -------------------------------------------------------------------------------

# What all of them hold: package, the version before and the newest, one a line.
root_versions() {
    # shellcheck disable=SC2086 # names are words
    apt $root_arch apt-get -s install $root_packages | sed -n 's/^Inst \([^ ]*\).*/\1/p' >"$work/names"
    # shellcheck disable=SC2046 # names are words
    offered $root_arch bookworm $(cat "$work/names") |
        awk -F= -v differ=",$differ," -v since="$since" '
            !($1 in new) { old[$1] = $2 }
            since == "last" && ($1 in new) { old[$1] = new[$1] }
            { new[$1] = $2 }
            END {
                for (name in new) {
                    differs = differ == ",*," || index(differ, "," name ",")
                    print name, differs ? old[name] : new[name], new[name]
                }
            }' | sort >"$work/versions"
    [ -s "$work/versions" ]
}

# tree FOLDER WHICH: the file system of the old or the new release.
tree() {
    mkdir -p "$1/usr/bin" "$1/usr/sbin" "$1/usr/lib" || return 1
    for link in bin sbin lib; do ln -s usr/$link "$1/$link"; done
    # shellcheck disable=SC2046 # names are words
    fetch $root_arch $(awk '{ print $1 "=" $2; print $1 "=" $3 }' "$work/versions" | sort -u) ||
        return 1
    while read -r package before newest; do
        version=$newest
        [ "$2" = new ] || version=$before
        unpack $root_arch "$package=$version" "$1" || return 1
    done <"$work/versions"
    for unused in share/doc share/man share/locale share/info share/lintian share/bug lib/udev/hwdb.d; do
        rm -rf "${1:?}/usr/$unused"
    done
    rm -rf "$1"/usr/lib/*/gconv
    echo "$name $2" >"$1/etc/firmware-version"
    # What the packages do not date would carry the time of this run.
    find "$1" -newer "$work/begun" -exec touch -h -d '2024-01-01 UTC' {} +
}

# The same tree gives the same bytes, whoever makes it: mkfs.ext4 takes owners and change times from the
# disk, and debugfs sets them right.
ext4_image() {
    instant=1704067200
    E2FSPROGS_FAKE_TIME=$instant
    export E2FSPROGS_FAKE_TIME
    mkfs.ext4 -q -F -b 4096 -O ^has_journal,^metadata_csum,^resize_inode \
        -U 6b0e6f5e-7f0c-4c0b-9a1e-2f5f1f7a3d01 \
        -E hash_seed=6b0e6f5e-7f0c-4c0b-9a1e-2f5f1f7a3d02,root_owner=0:0 \
        -d "$1" "$2" $root_bytes >/dev/null || return 1
    for setting in "ctime @$instant" "atime @$instant" 'uid 0' 'gid 0'; do
        find "$1" -printf "sif \"/%P\" $setting\n"
    done >"$work/settings"
    debugfs -w -f "$work/settings" "$2" >/dev/null
}

# Blocks, inodes and fragments as they are: a compressed one hides from every delta what stayed.
squashfs_image() {
    mksquashfs "$1" "$2" -quiet -no-progress -noappend -noI -noD -noF -noX -all-root -processors 1 \
        -mkfs-time 1704067200 >/dev/null
}

root_pair() {
    case $image in
    ext4) needed='mkfs.ext4 debugfs' ;;
    *) needed=mksquashfs ;;
    esac
    for tool in $needed; do
        command -v "$tool" >/dev/null 2>&1 || { say "skipped: no $tool here"; return; }
    done
    if ! lists_of $root_arch || ! root_versions; then
        say "skipped: no list of packages for $root_arch (see $state/log)"
        return
    fi
    mkdir -p "$work/pair"
    touch -d '1 minute ago' "$work/begun"
    for which in old new; do
        if ! tree "$work/root" $which ||
            ! "${image}_image" "$work/root" "$work/pair/$which" 2>>"$state/log"; then
            say "skipped: no image of it (see $state/log)"
            rm -rf "$work/pair" "$work/root"
            return
        fi
        rm -rf "$work/root"
    done
    packages=$(awk '$2 != $3 { print $1 "=" $2 " -> " $3 }' "$work/versions")
    kept "$image, $(wc -l <"$work/versions") packages of $root_arch; these differ:" "$packages"
}

# ---- all ---------------------------------------------------------------------------------------------

asked() {
    [ -n "$name" ] || return 1
    case $wanted in '  ' | *" $name "*) ;; *) return 1 ;; esac
    [ ! -e "$dir/$name/new" ] || { say "is there"; return 1; }
}

PATH=$PATH:/usr/sbin:/sbin
for one; do
    printf '%s%s' "$roots" "$pairs" | grep -q "^$one " || { echo "no pair '$one'" >&2; usage; }
done
printf '%s' "$roots" >"$work/roots"
while read -r name differ since image; do
    if asked; then root_pair; fi
done <"$work/roots"
printf '%s' "$pairs" >"$work/pairs"
while read -r name distance arch suites old new path; do
    if asked; then file_pair; fi
done <"$work/pairs"
[ -n "$(find "$dir" -path '*/new' | head -n 1)" ] || impossible "not one pair could be made"
