# The agents of the demo: custodians, which keep shards of documents, and key services. Sourced by scripts/demo.

# The custodian that will lose its disk; its process is its own.
VICTIM=custodian-guangzhou
# Who else runs a custodian, in one process, and who runs a key service, in another.
CUSTODIANS=(custodian-shenzhen custodian-dongguan custodian-hongkong-1 custodian-hongkong-2 custodian-hongkong-3)
KEY_HOLDERS=(shenzhen-hospital hongkong-hospital regulator)
AGENTS=("$VICTIM" custodians key-services)

# Starts agents of a kind in one process.
start_agents() { # name of the process, kind, whose...
    local name=$1 kind=$2 who configs=()
    shift 2
    for who in "$@"; do configs+=(--config "$NET/$who/$kind.toml"); done
    start "$name" "$kind" run "${configs[@]}"
}

start_victim() { start_agents "$VICTIM" custodian "$VICTIM"; }

# Whether an agent answers.
answers() { # kind, flag, number of its organisation
    "$BIN/assent" "$1" status "$2" "$3" --timeout-s 1 --client "$NET/regulator/client.toml" >/dev/null 2>&1
}

wait_victim() { until_true "$VICTIM answers" answers custodian --custodian 11; }

step_agents() {
    local number
    chapter "Six custodians and three key services start" \
        "Custodians keep shards of encrypted documents, each in its own folder; the hospitals and the regulator keep shares" \
        "of the keys. No shard or share suffices alone. Nothing is released without a decision of the ledger."
    start_victim
    start_agents custodians custodian "${CUSTODIANS[@]}"
    start_agents key-services keyservice "${KEY_HOLDERS[@]}"
    for number in 11 12 13 14 15 16; do
        until_true "custodian $number answers" answers custodian --custodian "$number"
    done
    for number in 1 2 4; do until_true "key service $number answers" answers keyservice --holder "$number"; done
    told "they run (processes $(pids "${AGENTS[@]}")), and each answers over TLS"
}

# Fails at once when the agents are not there.
need_agents() {
    local name
    for name in "${AGENTS[@]}"; do
        [ -n "${PID[$name]:-}" ] && alive "${PID[$name]}" || fail "the agents do not run: $name"
    done
}
