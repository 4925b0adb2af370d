#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Bad input at the service's doors, over HTTP as anybody sends it: each is answered with its status and a
# problem document that names the thing, and nothing has changed.
set -u
# shellcheck source=tests/support/site.inc
. "${POSTERN_SOURCE:-.}/tests/support/site.inc"

command -v curl >/dev/null 2>&1 || { echo "curl is needed for this test"; exit 77; }

# What the service knows and publishes.
fingerprint() {
    for path in rollouts terminals releases products; do
        curl -sS --noproxy '*' -H "Authorization: Bearer $admin" "$service/api/v1/$path"
    done
    find "$scratch/state/repository" -type f -path '*metadata*' -exec sha256sum {} + | sort
    find "$scratch/state/repository" -type f | sort
}

# send METHOD PATH [curl options]: status and type in $scratch/head, body in $scratch/said.
send() {
    method=$1
    path=$2
    shift 2
    : >"$scratch/said"
    curl -sS --noproxy '*' --max-time 20 -X "$method" -o "$scratch/said" \
        -w '%{http_code} %{content_type}\n' "$@" "$service$path" >"$scratch/head" 2>"$scratch/curl.log"
}

answers() {
    wanted=$1
    words=$2
    shift 2
    fingerprint >"$scratch/before"
    send "$@"
    fingerprint >"$scratch/after"
    has "^$wanted application/problem+json" "$scratch/head" && has "$words" "$scratch/said" &&
        has '"request_id":"' "$scratch/said" && has '"findings":\[{' "$scratch/said" &&
        cmp -s "$scratch/before" "$scratch/after" && return
    cat "$scratch/head" "$scratch/curl.log"
    head -c 2000 "$scratch/said"
    diff "$scratch/before" "$scratch/after"
    return 1
}

# no WHAT STATUS WORDS METHOD PATH [curl options]
no() {
    what=$1
    shift
    check "$what" answers "$@"
}

# as TOKEN WHAT ...: no(), with a token.
as() {
    token=$1
    shift
    no "$@" -H "Authorization: Bearer $token"
}

# posts WHAT STATUS WORDS PATH BODY: an admin's.
posts() {
    as "$admin" "$1" "$2" "$3" POST "$4" -H 'Content-Type: application/json' --data-binary "$5"
}

new_token() {
    (umask 077 && "$posternd" --config "$scratch/posternd.conf" --days 1 token create "$1" "$2")
}

site_begin
site_ceremony pos-a release-1
site_image "$scratch/one" 300000 one
viewer=$(new_token looker viewer)
operator=$(new_token mover operator)
expired=$(new_token gone admin)
if command -v sqlite3 >/dev/null 2>&1; then
    database=$(find "$scratch/state" -maxdepth 1 -name '*.db' -o -maxdepth 1 -name '*.sqlite*' | head -n 1)
    must sqlite3 "$database" "UPDATE token SET expires_s = 1 WHERE name = 'gone'"
else
    expired=$viewer.not
fi
site_serve
admin=$(cat "$scratch/token")
site_release pos-a 2.0.0 "$scratch/one"
site_rollout pos-a 2.0.0
site_terminal SN-1 pos-a 1.0.0 "$scratch/one"
site_once SN-1
printf '\211PNG\r\n\032\n\0\0\0\rIHDR' >"$scratch/picture.png"
png_sha256=$(sha256 "$scratch/picture.png")
zeros=0000000000000000000000000000000000000000000000000000000000000000

# ---- who asks ----------------------------------------------------------------------------------------

no "no token" 401 service.unauthorized GET /api/v1/whoami
as nonsense "a token that is none" 401 service.unauthorized GET /api/v1/whoami
as "${admin%?}" "a token cut short" 401 service.unauthorized GET /api/v1/whoami
as "${admin}0" "a token too long" 401 service.unauthorized GET /api/v1/whoami
as "$expired" "an expired token" 401 service.unauthorized GET /api/v1/whoami
no "another way to say who one is" 401 service.unauthorized GET /api/v1/whoami -u admin:admin
as "$viewer" "a viewer who starts" 403 service.forbidden POST "/api/v1/rollouts/$rollout/start"
as "$viewer" "a viewer who uploads" 403 service.forbidden PUT "/api/v1/blobs/$png_sha256" --data-binary "@$scratch/picture.png"
as "$operator" "a terminal's door with an operator's token" 401 service.unauthorized POST /v1/checkin -d '{}'
no "a terminal's door without any" 401 service.unauthorized POST /v1/reports -d '{}'
as "$viewer" "Chinese for who reads Chinese" 403 '"title":"[^a-zA-Z"]*"' POST "/api/v1/rollouts/$rollout/start" -H 'Accept-Language: zh-CN'

# ---- what is asked for ---------------------------------------------------------------------------------

no "a path that is none" 404 service.not-found GET /nowhere
no "a file that nobody published" 404 'service.not-found\|metadata.missing' GET /repo/metadata/9.root.json
no "a path that climbs" '40[04]' '"code"' GET /repo/metadata/../../secret --path-as-is
no "a path that climbs in disguise" '40[04]' '"code"' GET /repo/metadata/%2e%2e%2f%2e%2e%2fsecret --path-as-is
no "a method that is none of it" 405 service.method DELETE /api/v1/rollouts
as "$admin" "a rollout that is none" 404 service.not-found GET /api/v1/rollouts/r-0
as "$admin" "a terminal that is none" 404 service.not-found POST /api/v1/terminals/t-0/accept
as "$admin" "a rollout that was started already" 409 rollout.wrong-state POST "/api/v1/rollouts/$rollout/start"
as "$admin" "a cursor that is none" 400 cursor GET '/api/v1/terminals?cursor=nonsense'
as "$admin" "a limit that is none" 400 limit GET '/api/v1/terminals?limit=all'
as "$admin" "a query that is none" 400 frobnicate GET '/api/v1/terminals?frobnicate=1'
no "a range beyond the end" 416 '"code"' GET "/repo/targets/$(cd "$scratch/ceremony/targets" &&
    echo pos-a/2.0.0/"$(sha256 pos-a/2.0.0/manifest.json)".manifest.json)" -H 'Range: bytes=999999-'

# ---- bodies --------------------------------------------------------------------------------------------------

rollouts=/api/v1/rollouts
posts "broken JSON" 400 'document.bad-syntax.*line 1, column' $rollouts '{"product": "pos-a", '
posts "nothing at all" 400 document.bad-syntax $rollouts ''
posts "a member twice" 400 document.duplicate-field $rollouts '{"product":"pos-a","product":"pos-b","version":"2.0.0"}'
posts "another type" 400 'document.wrong-type.*version' $rollouts '{"product":"pos-a","version":2}'
posts "a list for an object" 400 document.wrong-type $rollouts '[]'
posts "what is not asked for" 400 'document.unknown-field.*frobnicate' $rollouts '{"product":"pos-a","version":"2.0.0","frobnicate":1}'
posts "what is missing" 400 document.missing-field $rollouts '{"product":"pos-a"}'
posts "both at once" 400 'document.missing-field.*document.unknown-field\|document.unknown-field.*document.missing-field' \
    $rollouts '{"product":"pos-a","frobnicate":1}'
posts "out of bounds" 400 'document.out-of-bounds.*percent' $rollouts '{"product":"pos-a","version":"2.0.0","percent":101}'
posts "a number that is none" 400 document. $rollouts '{"product":"pos-a","version":"2.0.0","percent":1e999}'
posts "a range that is empty" 400 document.empty-range $rollouts '{"product":"pos-a","version":"2.0.0","filter":{"os":">=2.0.0 <1.0.0"}}'
posts "bytes that are no text" 400 'document.bad-encoding\|document.bad-syntax' $rollouts "$(printf '{"product":"\377\376"}')"
posts "a release that is none" '40[049]' '9.9.9' $rollouts '{"product":"pos-a","version":"9.9.9"}'
posts "a name that climbs" 400 document. /api/v1/terminals '{"serial":"../x","product":"pos-a"}'
posts "a terminal that is there and has enrolled" 409 'a serial that is new' /api/v1/terminals '{"serial":"SN-1","product":"pos-a"}'
posts "depth without end" 413 document. $rollouts "$(awk 'BEGIN { while (n++ < 5000) printf "[" }')"
head -c 3000000 /dev/zero | tr '\0' ' ' >"$scratch/blanks"
posts "much too much" 413 'document.too-large\|service' $rollouts "@$scratch/blanks"
posts "a picture" 400 document.bad-syntax $rollouts "@$scratch/picture.png"
no "a picture to enrol with" 400 document.bad-syntax POST /v1/enroll --data-binary "@$scratch/picture.png"
no "an enrolment that nobody signed" 400 '"code"' POST /v1/enroll -d '{"signed":{},"signatures":[]}'
no "a body that does not say what it is" 415 'application/json' POST /v1/challenge -d '{}'
json='Content-Type: application/json'
no "a challenge for nothing" 400 document.missing-field POST /v1/challenge -H "$json" -d '{}'
no "a challenge that was never given" 401 service.unauthorized POST /v1/token -H "$json" \
    -d '{"terminal":"t-1","challenge":"c.1","signature":"00"}'

# ---- blobs and publishing ----------------------------------------------------------------------------------

as "$admin" "a blob of another digest" 400 image.corrupt PUT /api/v1/blobs/$zeros --data-binary "@$scratch/picture.png"
as "$admin" "a blob without a digest" '40[04]' '"code"' PUT /api/v1/blobs/nonsense --data-binary "@$scratch/picture.png"
posts "publishing what was never uploaded" 400 '"code":"' /api/v1/publish "{\"metadata\":[{\"name\":\"pos-a.json\",\"sha256\":\"$zeros\"}]}"
posts "publishing nothing" 400 document. /api/v1/publish '{"metadata":[]}'
send PUT "/api/v1/blobs/$png_sha256" -H "Authorization: Bearer $admin" --data-binary "@$scratch/picture.png"
check "a picture is taken as a blob, as any bytes are" has '^20[01]' "$scratch/head"
for name in pos-a targets 2.root; do
    posts "but not as $name.json" 400 'document.bad-syntax' /api/v1/publish \
        "{\"metadata\":[{\"name\":\"$name.json\",\"sha256\":\"$png_sha256\"}]}"
done
posts "nor as a timestamp, which is the service's own" 400 'timestamp' /api/v1/publish \
    "{\"metadata\":[{\"name\":\"timestamp.json\",\"sha256\":\"$png_sha256\"}]}"

# What is well-formed and signed by the wrong key; what lost a file.
cp -R "$scratch/ceremony" "$scratch/stranger"
must "$keys" --dir "$scratch/stranger" new stranger --scheme ed25519 --plain
site_spec pos-a 3.0.0 >"$scratch/spec.json"
must "$postern" release build "$scratch/spec.json" --image "os=$scratch/one" --out "$scratch/stranger"
fingerprint >"$scratch/before"
check "a role that is drafted and not signed is not published" says 1 site_postern publish "$scratch/stranger"
check "and why is said" has 'signature\.' "$scratch/said"
fingerprint | grep -v /blobs/ >"$scratch/after"
grep -v /blobs/ "$scratch/before" >"$scratch/was"
check "and nothing of it can be seen" cmp -s "$scratch/was" "$scratch/after"

# ---- a full disk ----------------------------------------------------------------------------------------------

mkdir "$scratch/small"
if [ "$(id -u)" -eq 0 ] && mount -t tmpfs -o size=2m none "$scratch/small" 2>/dev/null; then
    site_stop "$service_pid"
    cp -R "$scratch/state" "$scratch/small/state"
    sed "s|$scratch/state|$scratch/small/state|" "$scratch/posternd.conf" >"$scratch/small.conf"
    mv "$scratch/small.conf" "$scratch/posternd.conf"
    site_serve
    site_noise 4000000 large >"$scratch/large"
    for try in first second; do
        send PUT "/api/v1/blobs/$(sha256 "$scratch/large")" -H "Authorization: Bearer $admin" \
            --data-binary "@$scratch/large"
        check "a blob on a full disk is refused the $try time" has '^50[07] application/problem+json' "$scratch/head"
        check "for that reason" has host.disk-full "$scratch/said"
    done
    send GET /api/v1/whoami -H "Authorization: Bearer $admin"
    check "and the service goes on" has '^200' "$scratch/head"
    send PUT "/api/v1/blobs/$(printf small | openssl dgst -sha256 -r | cut -c 1-64)" \
        -H "Authorization: Bearer $admin" --data-binary small
    check "with what does fit" has '^20[01]' "$scratch/head"
    site_stop "$service_pid"
    umount "$scratch/small"
else
    echo "skipped: a full disk, for no small one can be mounted here"
fi
