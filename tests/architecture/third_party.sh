#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each third-party header appears in one folder only, so each library can be replaced in one place.
# shellcheck source=tests/architecture/house.inc
. "$(dirname "$0")/house.inc"

# Header (or the folder it is in), then the one folder of ours that may include it.
homes='
cjson/           manifests
zstd.h           manifests
zstd_errors.h    manifests
zdict.h          manifests
lzma.h           manifests
divsufsort.h     manifests/delta
libconfig.h      manifests
openssl/         keys
p11-kit/         keys/pkcs11
sqlite3.h        service/store/sqlite
microhttpd.h     service/http
curl/            agent/http
cmocka.h         tests/support/check.h
'

# The C library, POSIX and Linux.
system='assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal
stdalign stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string tgmath threads time
uchar wchar wctype aio dirent dlfcn endian fcntl fnmatch getopt glob grp ifaddrs langinfo libgen malloc
netdb poll pthread pwd regex sched semaphore spawn strings syslog termios unistd utime'

check() {
    c_files | while IFS= read -r file; do
        awk -v file="$file" -v homes="$homes" -v system_names="$system" '
        BEGIN {
            count = split(homes, word, /[ \n]+/)
            for (i = 2; i < count; i += 2) home[word[i]] = word[i + 1]
            count = split(system_names, word, /[ \n]+/)
            for (i = 1; i <= count; i++) known[word[i] ".h"] = 1
        }
        function say(what) { print file ":" FNR ": " what }
        /^[ \t]*#[ \t]*include[ \t]*[<"]/ {
            name = $0; sub(/^[^<"]*[<"]/, "", name); sub(/[>"].*/, "", name)
            if (name ~ /^(manifests|keys|agent|service|tests)\//) next
            if (name in known || name ~ /^(sys|arpa|net|netinet|linux)\//) next
            folder = name; sub(/\/.*/, "/", folder)
            key = (name in home) ? name : folder
            if (!(key in home))
                say("<" name "> is not known; give it one folder in tests/architecture/third_party.sh")
            else if (file != home[key] && index(file, home[key] "/") != 1)
                say("<" name "> belongs to " home[key] " alone; call what that folder offers")
        }' "$file"
    done
}

plant 'OpenSSL in the agent' agent/trust/planted.c '#include <openssl/evp.h>'
plant 'cJSON in the service' service/api/planted.c '#include <cjson/cJSON.h>'
plant 'SQLite beside its folder' service/store/planted.c '#include <sqlite3.h>'
plant 'SQLite in quotes' service/planted.c '#include "sqlite3.h"'
plant 'curl in the CLI' service/cli/planted.c '#include <curl/curl.h>'
plant 'microhttpd in the API' service/api/planted.h '# include <microhttpd.h>'
plant 'zstd in keys' keys/planted.c '#include <zstd.h>'
plant 'lzma in the agent' agent/fetch/planted.c '#include <lzma.h>'
plant 'PKCS#11 beside its folder' keys/planted.c '#include <p11-kit/pkcs11.h>'
plant 'PKCS#11 in tests' tests/support/planted.c '#include <p11-kit/pkcs11.h>'
plant 'cmocka without check.h' tests/unit/planted.c '#include <cmocka.h>'
plant 'a library nobody knows' manifests/planted.c '#include <yaml.h>'
allow 'OpenSSL at home' keys/planted.c '#include <openssl/evp.h>' '#include <stdint.h>'
allow 'PKCS#11 at home' keys/pkcs11/planted.h '#include <p11-kit/pkcs11.h>'
allow 'SQLite at home' service/store/sqlite/planted.c '#include <sqlite3.h>'
allow 'the system' agent/posix/planted.c '#include <sys/stat.h>' '#include <linux/fs.h>'

judge
