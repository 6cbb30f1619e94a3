# Sourced by the scripts that run a private nats-server and a replica of the service; expects `set -euo pipefail`.
#
# Every process is started in a session of its own, so that Ctrl-C reaches the script alone, which then ends what it
# started, the service first, by process id. Everything they write is in one temporary directory, removed at the end.

# What the reader's shell has set for a service or a bus of his own must not reach these: they would join it.
for variable in $(compgen -e); do
    case $variable in
    NATS_SERVER) ;;
    TOKEN_SERVICE_* | NATS_*) unset "$variable" ;;
    esac
done

work=$(mktemp -d "${TMPDIR:-/tmp}/token-service.XXXXXX")
started=()

# The service may take 25 s to drain; nothing here has so much to do.
readonly stop_seconds=26
readonly start_seconds=10

# Called on every way out; the exit status stays what it was.
stop_everything() {
    local status=$? index
    trap '' INT TERM HUP
    for ((index = ${#started[@]} - 1; index >= 0; index--)); do
        stop "${started[index]}"
    done
    rm -rf "$work"
    exit "$status"
}
trap stop_everything EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

# stop PID: asks it to end, and kills it when it does not.
stop() {
    local tenths
    kill -TERM "$1" 2>/dev/null || return 0
    for ((tenths = 0; tenths < stop_seconds * 10; tenths++)); do
        kill -0 "$1" 2>/dev/null || return 0
        sleep 0.1
    done
    printf 'process %s did not end within %s s: killed\n' "$1" "$stop_seconds" >&2
    kill -KILL "$1" 2>/dev/null || true
}

# start LOG COMMAND...: in the background; its process id is left in `pid`.
start() {
    local log=$1
    shift
    # Emptied here and not by the child: who waits for a line must not find that of the last run.
    : >"$log"
    setsid "$@" >>"$log" 2>&1 </dev/null &
    pid=$!
    started+=("$pid")
}

# await PID LOG CONDITION...: until the condition holds; shows the log when the process ends or time runs out first.
await() {
    local process=$1 log=$2 tenths
    shift 2
    for ((tenths = 0; tenths < start_seconds * 10; tenths++)); do
        if "$@"; then return 0; fi
        kill -0 "$process" 2>/dev/null || break
        sleep 0.1
    done
    # It may have got there between the last look and its end.
    if "$@"; then return 0; fi
    cat "$log" >&2
    return 1
}

# kill_at_once PID...: as when a machine loses power; nobody gets to say goodbye.
kill_at_once() {
    kill -KILL "$@"
    { wait "$@" || true; } 2>/dev/null
}

# start_nats_server: with JetStream, on a free loopback port, the same one and with the same store when it is started
# again; its address in `NATS_URL`, its process id in `nats_server_pid`.
start_nats_server() {
    rm -f "$work"/*.ports
    start "$work/nats-server.log" "${NATS_SERVER:-.build-tools/venv/bin/nats-server}" \
        --config deploy/nats-server/local.conf --port "${nats_server_port:--1}" --ports_file_dir "$work" --store_dir "$work"
    nats_server_pid=$pid
    server_address_is_known() {
        NATS_URL=$(sed -n 's|.*"nats":\["\(nats://[^"]*\)".*|\1|p' "$work"/*.ports 2>/dev/null)
        [ -n "$NATS_URL" ]
    }
    await "$pid" "$work/nats-server.log" server_address_is_known || {
        printf 'nats-server did not start; its log is above\n' >&2
        return 1
    }
    nats_server_port=${NATS_URL##*:}
    export NATS_URL
}

# start_service BINARY ARGUMENT...: one replica with a key of its own, serving when this returns; its process id in
# `service_pid`, its log in $work/service.log.
start_service() {
    local binary=$1
    shift
    if [ ! -e "$work/keys.json" ]; then
        "$binary" keys generate --keys "$work/keys.json" >"$work/keys.log" 2>&1 || {
            cat "$work/keys.log" >&2
            return 1
        }
    fi
    start "$work/service.log" "$binary" serve --keys "$work/keys.json" "$@"
    service_pid=$pid
    service_is_serving() { grep -q 'serving' "$work/service.log"; }
    await "$pid" "$work/service.log" service_is_serving || {
        printf 'token-service did not start serving; its log is above\n' >&2
        return 1
    }
}
