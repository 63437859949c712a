# What all steps of the demo share, and the first of them. Sourced by scripts/demo.

# Pseudonym and consent of each patient.
declare -A SP=() CONSENT=()
CHAPTER=0
# What happened beside receipts and answers, counted where it was seen.
REFUSED=0
KILLED=0
CAUGHT_UP=0
KEPT=0
OFFLINE=0
TAMPERED=0

chapter() {
    CHAPTER=$((CHAPTER + 1))
    printf '\n%d. %s\n' "$CHAPTER" "$1"
    shift
    [ $# -eq 0 ] || printf '   %s\n' "$@"
}

told() { printf '   %s\n' "$*"; }

step_network() {
    chapter "Four organisations start their nodes" \
        "A hospital and the regulator in Shenzhen, a hospital and an insurer in Hong Kong: each runs a process with keys," \
        "TLS certificate, ports and data folder of its own. The chain is one for tests, made a moment ago."
    "$BIN/assent" genesis sample --json --out "$NET" --base-port "$(free_ports)" >"$WORK/sample.json"
    CHAIN=$(field chain "$WORK/sample.json")
    for name in "${NODES[@]}"; do start_node "$name"; done
    wait_connected
    told "genesis hash $CHAIN"
    told "four nodes run (processes $(pids "${NODES[@]}")), each is connected to the three others"
}
