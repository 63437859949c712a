# The last steps of the demo and its summary. Sourced by scripts/demo.

step_kill_one() {
    local victim=shenzhen-hospital before
    chapter "One node is killed with kill -9; the other three go on" \
        "It is the node that the patients' phones ask first: they ask another one."
    before=${PID[$victim]}
    kill_9 "$victim"
    KILLED=$((KILLED + 1))
    told "the Shenzhen hospital's node is dead (process $before)"
    revoke p4 2
    revoke p2 1
    until_true "the regulator's node answers" know_height regulator
    start_node "$victim"
    until_true "$victim has caught up" reached "$victim" "$HEIGHT"
    CAUGHT_UP=$((CAUGHT_UP + 1))
    wait_connected
    told "started again, it has caught up with height $HEIGHT"
}

step_kill_all() {
    chapter "All four nodes are killed with kill -9 at once"
    kill_9 "${NODES[@]}"
    KILLED=$((KILLED + ${#NODES[@]}))
    told "no node is running"
}

# Checks a bundle with nothing else in the folder, then copies of it with one flipped bit each.
check_offline() { # file, what
    local size copy=tampered.bundle number offset code
    size=$(stat -c %s "$1")
    accepted "$1" "$WORK/verified.json"
    OFFLINE=$((OFFLINE + 1))
    told "accepted: $2 ($size bytes)"
    for number in {0..15}; do
        offset=$((size * number / 16))
        flipped "$1" "$offset" "$copy"
        code=0
        env -i "$BIN/assent-verify" "$copy" --genesis "$CHAIN" >/dev/null 2>&1 || code=$?
        [ $code -eq 1 ] || fail "a copy of $1 with byte $offset changed was not refused (exit status $code)"
        TAMPERED=$((TAMPERED + 1))
        rm "$copy"
    done
    told "refused: 16 copies of it with one bit flipped"
}

step_offline() {
    chapter "A receipt and an absence are checked offline, in a folder with nothing else" \
        "No node is running. All that the verifier trusts is the genesis hash."
    local name
    for name in "${NODES[@]}"; do gone "${PID[$name]}" || fail "the node of $name is running"; done
    mkdir "$WORK/elsewhere"
    cp "$PROOFS/5.bundle" "$WORK/elsewhere/receipt.bundle"
    cp "$WORK/absence.bundle" "$WORK/elsewhere/absence.bundle"
    cd "$WORK/elsewhere"
    check_offline receipt.bundle "the receipt of \"${WHAT[5]}\""
    check_offline absence.bundle "no consent of p5 exists at height $(field header.fields.height "$WORK/absence.json")"
    cd "$ROOT"
}

# Fetches a receipt again from another node and requires that it says the same.
still_there() { # number
    local number=$1 names=("${NODES[@]}") node again=$WORK/again part
    node=$(org_of "${names[number % ${#names[@]}]}")
    as "${READER[number]}" query receipt "${TX[number]}" --node "$node" --save "$again.bundle"
    accepted "$again.bundle" "$again.json"
    for part in tx height index code details; do
        [ "$(field "receipt.public.$part" "$again.json")" = "$(field "receipt.public.$part" "$PROOFS/$number.json")" ] ||
            fail "node $node has another $part in the receipt of: ${WHAT[number]}"
    done
    mv "$again.bundle" "$PROOFS/$number.bundle"
    mv "$again.json" "$PROOFS/$number.json"
    KEPT=$((KEPT + 1))
}

step_restart() {
    local name number
    chapter "All four start again: nothing is lost, and the chain goes on"
    for name in "${NODES[@]}"; do start_node "$name"; done
    wait_connected
    for number in "${!WHAT[@]}"; do still_there "$number"; done
    told "all $KEPT receipts from before are still there, fetched from the four nodes in turn"
    grant p2 "p2 shares the record once more" "$FIXTURES/p2-share.json"
    decide "the Hong Kong hospital asks to treat p2" permit hongkong-hospital --sp "${SP[p2]}" --controller 1 \
        --user-role PHYSICIAN --purpose TREAT --descriptor MEDICATION:3:2026-09:HK --basis "$(care_basis)"
}

care_basis() {
    "$BIN/assent" genesis show "$NET/genesis.toml" | sed -n 's/^basis \([0-9a-f]*\) .* from 1 to 2$/\1/p'
}

# What must have happened: rule and code of every receipt, every answer, every refusal, kill, check.
EXPECTED_RECEIPTS="SU-01 SU-01 SU-01 SU-01 SU-01 CN-02 CN-02 CN-01 CN-02 CN-05 CN-02 CN-02 CN-06
KS-01 SU-01 DO-01 DO-01 DO-01 DO-01 DO-01 BI-01 CC-01 PA-01 LL-01 AC-01 AC-04 AC-05 AC-06 PA-04 GP-01 GP-02
FX-01 CL-01 CL-03 CL-16 FX-01 ST-01 ST-02 ST-05 ST-06 AC-02 CS-01 CL-02 CL-13 CL-20 CL-22 ST-01 ST-02 ST-05 ST-06
AC-01 AC-04 AC-05 AC-06 SR-02 SR-02 SR-02 SR-02 SR-02 CN-02 AC-02 AC-01 AC-04 AC-05 AC-06 CN-06 AC-02
AC-03 AC-04 AC-05 AC-06 RV-08 RV-02 RV-03 CN-06 CN-06 CN-02"
EXPECTED_ANSWERS="D40 D40 permit D59 D40 D40 D44 permit D30 D51 D40 D40 permit"

summary() {
    local number seen= answers= answer counts
    chapter "What happened, by the receipts" \
        "SU-01 registers, CN-01 proposes, CN-02 grants (a dissent too), CN-05 amends, CN-06 revokes; KS-01 names key" \
        "holders, DO-01 anchors a document, SR-02 rebuilds a shard; AC-01 permits access, AC-02 denies it, AC-03 breaks" \
        "the glass, AC-04 releases keys, AC-05 serves shards, AC-06 acknowledges; RV-02, RV-03 and RV-08 justify, decide and" \
        "tell it; BI-01 registers a bill, CS-01 opens a case, CC-01 by a claim code; PA-01 asks for preauthorisation, PA-04" \
        "gives it, GP-01 offers a guarantee, GP-02 accepts it; FX-01 fixes a rate; CL-01 files a claim, CL-02 a duplicate," \
        "which CL-13 rejects; CL-03 begins the review, CL-16 approves a part, CL-20 appeals, CL-22 decides that; ST-01 to" \
        "ST-06 pay. Code 0 is executed."
    for number in "${!WHAT[@]}"; do
        accepted "$PROOFS/$number.bundle" "$PROOFS/$number.json"
        receipt_line "$number"
        seen+=" $(outcome "$PROOFS/$number.json")"
    done
    chapter "What was asked, and answered"
    printf '   %s\n' "${ASKED[@]}"
    printf '\n'
    told "$REFUSED requests refused with a number, $KILLED nodes killed, $KEPT receipts found again afterwards,"
    told "$OFFLINE bundles verified offline, $TAMPERED tampered copies refused;"
    told "$STORED documents stored, $READ read, $REBUILT shards rebuilt (repair read ${RATIO:-nothing}), $TRACED claim traced,"
    told "the trail verified offline and $FORGED forged ones refused, $SCANNED texts of the documents in no validator's data."
    seen=${seen//" code 0"/}
    [ "$seen" = " ${EXPECTED_RECEIPTS//$'\n'/ }" ] || fail "the story is not complete: the receipts say$seen"
    for answer in "${ANSWERS[@]}"; do answers+=" ${answer// /+}"; done
    [ "$answers" = " $EXPECTED_ANSWERS" ] || fail "the story is not complete: the answers are$answers"
    counts="refused $REFUSED, killed $KILLED, caught up $CAUGHT_UP, kept $KEPT, offline $OFFLINE, tampered $TAMPERED"
    [ "$counts" = "refused 10, killed 5, caught up 1, kept 76, offline 2, tampered 32" ] ||
        fail "the story is not complete: $counts"
    counts="stored $STORED, read $READ, rebuilt $REBUILT, traced $TRACED, forged $FORGED, scanned $SCANNED"
    [ "$counts" = "stored 5, read 6, rebuilt 5, traced 1, forged 3, scanned 22" ] ||
        fail "the story is not complete: $counts"
}

explain_kept() {
    printf '\nThe network stays up. To use it:\n'
    printf '   %s\n' "PATH=$BIN:\$PATH" \
        "assent node status --client $NET/regulator/client.toml" \
        "assent node why-no-block --client $NET/regulator/client.toml" \
        "assent query events --client $NET/shenzhen-hospital/client.toml --from 1" \
        "assent access trail --client $NET/regulator/client.toml --sp ${SP[p6]} --controller 1 --lookup $LOOKUP" \
        "assent claim trace --client $NET/regulator/client.toml $CLAIMED" \
        "assent consent show --client $NET/p2/client.toml --sp ${SP[p2]} --controller 1" \
        "assent-verify $PROOFS/5.bundle --genesis $CHAIN"
    printf 'A node that you stop starts again with, for example:\n'
    printf '   %s\n' "assent node run --config $NET/regulator/node.toml"
    printf 'To stop the network and remove it:\n'
    printf '   %s\n' "kill $(pids "${!PID[@]}"); rm -r $WORK"
}
