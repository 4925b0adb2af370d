#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# An include that climbs fails: manifests <- keys <- { agent, service }; and finer, by the table.
# shellcheck source=tests/architecture/house.inc
. "$(dirname "$0")/house.inc"

# Folder, then what its files may include: folders, or single headers. The longest folder counts.
layers='
manifests        manifests
keys             manifests keys
agent            manifests keys agent
agent/update     manifests agent/update agent/ports.h
service          manifests keys service
service/rollout  manifests service/rollout
service/plan     manifests service/plan
service/cli      manifests keys service agent/http agent/ports.h
tests            manifests keys agent service tests
'

check() {
    c_files | while IFS= read -r file; do
        awk -v file="$file" -v layers="$layers" '
        BEGIN {
            rows = split(layers, row, "\n")
            for (i = 1; i <= rows; i++) {
                if (split(row[i], word, " ") == 0) continue
                if (index(file, word[1] "/") == 1 && length(word[1]) > length(folder)) {
                    folder = word[1]; allowed = row[i]
                }
            }
            sub(/^[^ ]+ +/, "", allowed)
            count = split(allowed, may, " ")
            if (folder == "") print file ":1: C code outside the layers; move it into one of them"
        }
        function say(what) { print file ":" FNR ": " what }
        function permitted(name,   i) {
            for (i = 1; i <= count; i++)
                if (name == may[i] || index(name, may[i] "/") == 1) return 1
            return 0
        }
        /^[ \t]*#[ \t]*include[ \t]*</ {
            name = $0; sub(/^[^<]*</, "", name); sub(/>.*/, "", name)
            if (name ~ /^(manifests|keys|agent|service|tests)\//)
                say("<" name "> is ours; write it in quotes")
        }
        /^[ \t]*#[ \t]*include[ \t]*"/ {
            name = $0; sub(/^[^"]*"/, "", name); sub(/".*/, "", name)
            if (name ~ /(^|\/)\.\.?\// || name !~ /\//)
                say("\"" name "\" is relative; start at the root: \"" folder "/...\"")
            else if (folder != "" && !permitted(name))
                say("\"" name "\" is out of reach for " folder "/, which may include: " allowed)
        }' "$file"
    done
}

plant 'keys used by manifests' manifests/planted.c '#include "keys/digest.h"'
plant 'agent used by keys' keys/tool/planted.c '#include "agent/ports.h"'
plant 'service used by agent' agent/fetch/planted.h '#include "service/store/store.h"'
plant 'agent used by service' service/planted.c '#include "agent/ports.h"'
plant 'the agent inside the CLI' service/cli/planted.c '#include "agent/trust/walk.h"'
plant 'a rollout that knows the store' service/rollout/planted.c '#include "service/store/store.h"'
plant 'a plan that knows keys' service/plan/planted.c '#include "keys/digest.h"'
plant 'an update that knows a transport' agent/update/planted.c '#include "agent/http/client.h"'
plant 'tests used by the product' keys/planted.c '#include "tests/support/check.h"'
plant 'an include with dots' keys/planted.c '#include "../manifests/bytes.h"'
plant 'dots inside' keys/planted.c '#include "keys/../manifests/bytes.h"'
plant 'a bare include' keys/planted.c '  #  include "digest.h"'
plant 'ours in angle brackets' keys/planted.c '#include <manifests/bytes.h>'
plant 'code in a new folder' common/planted.c 'int x;'
allow 'a lower layer' agent/planted.c '#include "manifests/bytes.h"' '#include "keys/digest.h"'
allow 'the transport' service/cli/planted.c '#include "agent/http/client.h"' '#include "agent/ports.h"'
allow 'ports' agent/update/planted.c '#include "agent/ports.h"' '#include "manifests/decide.h"'
allow 'a test that sees all' tests/unit/planted.c '#include "agent/ports.h"' '#include <stdio.h>'

judge
