#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The proxy that the other tests trust to hurt responses: each fault does what it says, and no more.
# Two of them in a row: the one behind answers a file and so plays the server.
# shellcheck disable=SC2016  # scripts for sh -c and awk stand in single quotes on purpose
set -u

: "${POSTERN_BIN:?the folder with the programs}"
proxy=$POSTERN_BIN/fault-proxy
command -v curl >/dev/null 2>&1 || { echo "curl is needed for this test"; exit 77; }

scratch=$(mktemp -d) || exit 1
started=''
failed=0
# shellcheck disable=SC2329  # called by the trap
finish() {
    for pid in $started; do kill "$pid" 2>/dev/null; done
    wait
    rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 1' INT TERM

# start NAME OPTIONS...: starts a proxy on a free port, and waits for the line that tells `port`.
start() {
    name=$1
    shift
    mkfifo "$scratch/$name.out"
    "$proxy" --listen 127.0.0.1:0 --port-file "$scratch/$name.port" "$@" \
        >"$scratch/$name.out" 2>"$scratch/$name.log" &
    pid=$!
    started="$started $pid"
    read -r _ _ _ port <"$scratch/$name.out" || port=''
    [ -n "$port" ] || { cat "$scratch/$name.log"; echo "$name did not start"; exit 1; }
}

stop() {
    kill "$pid" && wait "$pid"
}

# get PORT PATH [curl options]: status of curl in $?, body in got
get() {
    get_port=$1
    get_path=$2
    shift 2
    : >"$scratch/got"
    curl -sS --noproxy '*' --max-time 20 -o "$scratch/got" "$@" \
        "http://127.0.0.1:$get_port$get_path" 2>"$scratch/curl.log"
}

check() {
    name=$1
    shift
    if "$@"; then
        echo "ok: $name"
    else
        echo "FAILED: $name (curl: $(cat "$scratch/curl.log"))"
        failed=$((failed + 1))
    fi
}

size() {
    wc -c <"$1" | tr -d ' '
}

differs_by_one_byte_at() {
    cmp -l "$scratch/body" "$scratch/got" | awk -v at="$1" '
        { lines++; hit = ($1 == at + 1) } END { exit !(lines == 1 && hit) }'
}

is_start_of_body() {
    cmp -s -n "$(size "$scratch/got")" "$scratch/body" "$scratch/got"
}

has() {
    grep -q -e "$1" "$2"
}

refuses() {
    timeout 10 "$proxy" "$@" >"$scratch/out" 2>&1
    [ $? -eq 2 ] && has fault-proxy: "$scratch/out"
}

head -c 300000 /dev/urandom >"$scratch/body"
echo other >"$scratch/other"
start server --to 127.0.0.1:1 --replace "$scratch/body"
server=$port

start healthy --to "127.0.0.1:$server" --match /hurt --flip 0
get "$port" /fine; check "what does not match passes whole" cmp -s "$scratch/body" "$scratch/got"
get "$port" /fine -r 1000-1999 -w '%{http_code}' >"$scratch/code"
check "a range passes" test "$(cat "$scratch/code") $(size "$scratch/got")" = "206 1000"
get "$port" /fine -r 299000-; check "an open range ends with the file" test "$(size "$scratch/got")" = 1000
get "$port" /is/hurt/so; check "what matches is hurt" differs_by_one_byte_at 0
get "$port" /one "http://127.0.0.1:$port/two" -o /dev/null
check "a kept-alive client can ask again" test "$(size "$scratch/got")" = 300000
head -c 200000 /dev/zero | get "$port" /post --data-binary @-
check "a request's body is taken and the answer comes whole" cmp -s "$scratch/body" "$scratch/got"
announced=$(cat "$scratch/healthy.port")
check "it ends cleanly when asked to" stop
check "it had written its port file" test "$announced" = "$port"
check "which is gone then" test ! -e "$scratch/healthy.port"

start flip --to "127.0.0.1:$server" --flip 123456 --first 2
get "$port" /a; check "a byte far inside is turned" differs_by_one_byte_at 123456
get "$port" /a -r 123400-123499; cp "$scratch/got" "$scratch/part"
check "a part that ends before the offset is not" \
    sh -c 'tail -c +123401 "$1/body" | head -c 100 | cmp -s - "$1/part"' sh "$scratch"
get "$port" /a; check "--first 2 leaves the third alone" cmp -s "$scratch/body" "$scratch/got"
stop

start truncate --to "127.0.0.1:$server" --truncate 70000
get "$port" /a; curl_said=$?
check "a truncated answer is an error to the client" test "$curl_said" = 18
check "and has so many bytes" test "$(size "$scratch/got")" = 70000
check "which are the right ones" is_start_of_body
stop

start reset --to "127.0.0.1:$server" --reset-after 70000 --first 1
get "$port" /a; curl_said=$?
check "a reset is a reset" test "$curl_said" = 56
check "after the bytes promised" test "$(size "$scratch/got")" = 70000
get "$port" /a -r 70000-; cat "$scratch/got" >"$scratch/rest"
check "and can be resumed" sh -c 'tail -c +70001 "$1/body" | cmp -s - "$1/rest"' sh "$scratch"
stop

start late --to "127.0.0.1:$server" --reset-after 300001
get "$port" /a; check "a cut beyond the end cuts nothing" cmp -s "$scratch/body" "$scratch/got"
stop

start stall --to "127.0.0.1:$server" --stall-after 5000
get "$port" /a --max-time 1; curl_said=$?
check "a stall lasts until the client gives up" test "$curl_said $(size "$scratch/got")" = "28 5000"
stop

start rate --to "127.0.0.1:$server" --rate 200000
get "$port" /a -w '%{time_total}' >"$scratch/time"
check "a rate holds, and nothing is lost" cmp -s "$scratch/body" "$scratch/got"
check "300 kB at 200 kB/s take 1.5 s" awk '{ exit !($1 > 1.3) }' "$scratch/time"
stop

start status --to "127.0.0.1:1" --status 503 --first 1
get "$port" /a -w '%{http_code}' >"$scratch/code"
check "a status is answered without the server" has '^503$' "$scratch/code"
get "$port" /a -w '%{http_code}' >"$scratch/code"
check "a server that is not there is a 502" has '^502$' "$scratch/code"
stop

start replace --to "127.0.0.1:$server" --replace "$scratch/other" --match /one
get "$port" /one; check "a replaced body is the other file" cmp -s "$scratch/other" "$scratch/got"
get "$port" /two; check "and only where it matches" cmp -s "$scratch/body" "$scratch/got"
stop

start many --to "127.0.0.1:$server" --match none
{
    i=0
    while [ $i -lt 300 ]; do
        printf 'url = "http://127.0.0.1:%s/%d"\noutput = "%s/many.%d"\n' "$port" $i "$scratch" $i
        i=$((i + 1))
    done
} >"$scratch/many.cfg"
curl -sS --noproxy '*' -Z --parallel-max 280 --max-time 60 -K "$scratch/many.cfg" 2>"$scratch/curl.log"
good=0
for one in "$scratch"/many.[0-9]*; do cmp -s "$scratch/body" "$one" && good=$((good + 1)); done
check "300 answers over up to 280 connections, all whole" test "$good" = 300

"$proxy" --listen "127.0.0.1:$port" --to 127.0.0.1:1 >"$scratch/out" 2>&1
check "a port in use is refused by name" has "listen on 127.0.0.1:$port" "$scratch/out"
check "an unknown option is refused" refuses --listen 127.0.0.1:0 --to 127.0.0.1:1 --bogus
check "a bad address is refused" refuses --listen nonsense --to 127.0.0.1:1
check "a number that is none is refused" refuses --listen 127.0.0.1:0 --to 127.0.0.1:1 --flip -1
check "two ends are refused" refuses --listen 127.0.0.1:0 --to 127.0.0.1:1 --truncate 1 --stall-after 1
check "a missing address is refused" refuses --to 127.0.0.1:1
check "a missing value is refused" refuses --listen 127.0.0.1:0 --to

[ "$failed" -eq 0 ] || { echo "$failed failed"; exit 1; }
