# The processes of the demo, nodes and agents: start, watch, kill, stop. Sourced by scripts/demo.

NODES=(shenzhen-hospital hongkong-hospital hongkong-insurer regulator)
# Longest that anything may take on a machine that does other work beside, in seconds.
PATIENCE=60

declare -A PID=()
# Every process that was ever started.
STARTED=()

# Number of an organisation of the sample network that runs a node.
org_of() {
    case $1 in
    shenzhen-hospital) echo 1 ;;
    hongkong-hospital) echo 2 ;;
    hongkong-insurer) echo 3 ;;
    regulator) echo 4 ;;
    esac
}

# Ports of a sample network: three of each node, a follower's too, and two of each custodian and key service.
PORTS=33

# First of so many ports on which nobody answers.
free_ports() {
    local base port taken
    [ -z "${ASSENT_BASE_PORT:-}" ] || { echo "$ASSENT_BASE_PORT" && return; }
    while true; do
        # Below the range from which Linux draws ports of outgoing connections.
        base=$((${ASSENT_PORTS_FROM:-10000} + RANDOM % ${ASSENT_PORTS_COUNT:-22000})) taken=no
        for ((port = base; port < base + PORTS; port++)); do
            if (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then taken=yes; fi
        done
        [ $taken = yes ] || { echo "$base" && return; }
    done
}

# A session of its own, so that neither Ctrl-C nor the end of the terminal reaches a node before the script does.
start() { # name, arguments of assent...
    local name=$1
    shift
    setsid "$BIN/assent" "$@" </dev/null >>"$WORK/$name.log" 2>&1 3>&- 4>&- &
    PID[$name]=$!
    STARTED+=($!)
    # The shell shall not report that it was killed: the demo does.
    disown $!
}

start_node() { start "$1" node run --config "$NET/$1/node.toml"; }

# Processes by their names.
pids() { # names...
    local name list=()
    for name in "$@"; do list+=("${PID[$name]}"); done
    echo "${list[*]}"
}

alive() { kill -0 "$1" 2>/dev/null; }

kill_9() {
    local name
    for name in "$@"; do kill -9 "${PID[$name]}"; done
    for name in "$@"; do until_true "$name is gone" gone "${PID[$name]}"; done
}

gone() { ! alive "$1"; }

# Waits for a condition; fails when it takes too long, or when a node that should run has ended.
until_true() { # what, command...
    local what=$1 end=$((SECONDS + PATIENCE)) tell=$((SECONDS + 3))
    shift
    until "$@"; do
        [ $SECONDS -lt $end ] || fail "waited $PATIENCE s and still not: $what"
        if [ $SECONDS -ge $tell ]; then
            say "   ... waiting until $what"
            tell=$((tell + 10))
        fi
        sleep 0.05
    done
}

fail() {
    say "error: $*"
    local name
    for name in "${!PID[@]}"; do
        [ -e "$WORK/$name.log" ] && ! alive "${PID[$name]}" && say "the last words of $name:" &&
            tail -n 3 "$WORK/$name.log" >&2
    done
    exit 1
}

# What a node says of itself, as JSON.
status() { "$BIN/assent" node status --json --client "$NET/$1/client.toml" --node "$(org_of "$1")" --timeout-s 1; }

# Height of a node, or nothing.
height_of() { status "$1" 2>/dev/null | field height || true; }

# Puts the height of a node into HEIGHT, or fails.
know_height() {
    HEIGHT=$(height_of "$1")
    [ -n "$HEIGHT" ]
}

# Whether a node answers and sees three peers.
connected() {
    alive "${PID[$1]}" || fail "the node of $1 has ended"
    status "$1" >"$WORK/status.json" 2>/dev/null || return 1
    [ -n "$(field peers.2.org "$WORK/status.json")" ]
}

# Whether a node has reached a height.
reached() { # node, height
    alive "${PID[$1]}" || fail "the node of $1 has ended"
    local height
    height=$(height_of "$1")
    [ -n "$height" ] && [ "$height" -ge "$2" ]
}

# Waits until every node has the last receipt's block: what follows is asked of others than the one that sent it.
level() {
    local name height
    height=$(field receipt.public.height "$PROOFS/$((${#WHAT[@]} - 1)).json")
    for name in "${NODES[@]}"; do until_true "$name has block $height" reached "$name" "$height"; done
}

wait_connected() {
    local name
    for name in "${NODES[@]}"; do until_true "$name is connected to three peers" connected "$name"; done
}

# Ends every process that was started and checks that none is left.
stop_all() {
    local pid left=0 end=$((SECONDS + 15))
    for pid in "${STARTED[@]}"; do kill "$pid" 2>/dev/null || true; done
    for pid in "${STARTED[@]}"; do
        while alive "$pid" && [ $SECONDS -lt $end ]; do sleep 0.05; done
        if alive "$pid"; then
            say "process $pid did not end when asked, and is killed"
            kill -9 "$pid" 2>/dev/null || true
            left=1
        fi
    done
    return $left
}
