# The steps of the demo in which documents are read, or not any more. Sourced by scripts/demo.

# Height up to which accesses were told, and exports of the trail so far.
TRAIL_HEIGHT=0
TRAILS=0
# The regulator's look-up of the patient, once it is declared.
LOOKUP=

# A regulator asks by a pseudonym only under a lawful look-up, which stands on the ledger.
looked_up() {
    [ -z "$LOOKUP" ] || return 0
    refused 901 regulator access trail --sp "${SP[p6]}" --controller 1
    submit "the regulator declares a lawful look-up of the patient" regulator access lookup --sp "${SP[p6]}" \
        --basis "$(sha256sum "$WORK/answer.json" | cut -d ' ' -f 1)"
    LOOKUP=$(field lookup "$WORK/answer.json")
}

# The regulator exports who had access to p6's documents; tells what is new in it, by receipts.
accesses() { # [who asked]
    local who=${1:-the insurer} folder=$WORK/trail-$TRAILS name file row others=0
    TRAILS=$((TRAILS + 1))
    for name in "${NODES[@]}"; do
        until_true "the node of $name answers" know_height "$name"
        until_true "the regulator's node is level" reached regulator "$HEIGHT"
    done
    looked_up
    as regulator access trail --sp "${SP[p6]}" --controller 1 --lookup "$LOOKUP" --out "$folder"
    for file in $(ls "$folder" | grep '^[0-9]' | sort -V); do
        [ "${file%%-*}" -gt "$TRAIL_HEIGHT" ] || continue
        accepted "$folder/$file" "$WORK/verified.json"
        row=$(field receipt.details.events.0.row "$WORK/verified.json")
        case $row in
        AC-01) access_receipt "$folder/$file" "$who asks for access, and is permitted" ;;
        AC-02) access_receipt "$folder/$file" "$who asks for access, and is denied" ;;
        AC-03) access_receipt "$folder/$file" "$who breaks the glass" ;;
        AC-04) access_receipt "$folder/$file" "enough key shares are released to it" ;;
        AC-05) access_receipt "$folder/$file" "custodians have served enough shards" ;;
        AC-06) access_receipt "$folder/$file" "it has read, and all was as committed" ;;
        *) others=$((others + 1)) ;;
        esac
    done
    [ $others = 0 ] || told "and $others more receipts of single key shares and shards"
    TRAIL_HEIGHT=$(field height "$WORK/answer.json")
    TRAIL=$folder
}

access_receipt() { # bundle, what
    cp "$1" "$PROOFS/${#WHAT[@]}.bundle"
    receipt "$2" regulator
}

# Asks for access to both reports, as the insurer.
ask_access() { # purpose
    "$BIN/assent" --json access request --anchor "${DOCUMENT[DiagnosticReport.LAB]:?nothing is ingested}" \
        --anchor "${DOCUMENT[DiagnosticReport.RAD_REPORT]}" --purpose "$1" --user-role CLAIMS_ASSESSOR \
        --basis "$BASIS" --client "$NET/hongkong-insurer/client.toml" >"$WORK/answer.json"
}

# Reads one document of a session into a file.
read_document() { # who, kind, session, file
    as "$1" doc get --anchor "${DOCUMENT[$2]}" --session "$3" --no-ack --out "$4"
    DECODED=$(field document.decoded "$WORK/answer.json")
    FAULTY=$(field document.faults.0.custodian "$WORK/answer.json")
    READ=$((READ + 1))
}

# The insurer asks for both reports, reads them into files, and acknowledges.
read_reports() { # prefix of the files, purpose
    local session category
    ask_access "$2" ||
        fail "the insurer is denied: $(field reasons.0 "$WORK/answer.json")$(field error.message "$WORK/answer.json")"
    session=$(field session "$WORK/answer.json")
    for category in LAB RAD_REPORT; do
        read_document hongkong-insurer "DiagnosticReport.$category" "$session" "$1.$category"
    done
    as hongkong-insurer access ack --session "$session"
    accesses
}

step_lost_disk() {
    local lost=$NET/$VICTIM/shards before=$WORK/shards-before kind
    chapter "A custodian loses its disk: the reports are read without it, and its shards are rebuilt" \
        "Its process is killed, its folder deleted, and it starts again with nothing. It rebuilds each shard from parts that" \
        "the three others compute, and reads less of them than a document holds."
    need_agents
    kill_9 "$VICTIM"
    mv "$lost" "$before"
    start_victim
    wait_victim
    told "custodian 11 is back without its $(find "$before" -type f | wc -l) files"
    read_reports "$WORK/read-again" CLMATTCH
    [ "$DECODED" = true ] && [ "$FAULTY" = 11 ] || fail "the lost shards are not missed"
    for kind in LAB RAD_REPORT; do
        cmp "$WORK/read.$kind" "$WORK/read-again.$kind" >&2 || fail "the insurer has read something else"
    done
    told "both reports read the same, custodian 11 is named"
    for kind in "${KINDS[@]}"; do rebuild "$kind" "$before/${DOCUMENT[$kind]}" "$lost/${DOCUMENT[$kind]}"; done
    told "repair read $RATIO of each document's ciphertext; all files are byte for byte those that were lost"
}

# Has the custodian rebuild its shard of a document; every file is what it was, in a folder of the next attempt.
rebuild() { # kind, folder before, folder now
    local file bytes=0 count=0
    as shenzhen-hospital doc repair --anchor "${DOCUMENT[$1]}" --shard 0
    RATIO=$(field bytes_read "$WORK/answer.json")
    fetched "shard 0 of $1 rebuilt" shenzhen-hospital "$(field tx "$WORK/answer.json")"
    for file in "$2"/*/*; do
        cmp "$file" "$3"/*/"${file##*/}" >&2 || fail "a rebuilt file differs: $file"
        count=$((count + 1))
        # Columns of the shard; the rest is its index and list of stripes.
        case ${file##*/} in *.[0-9]*) bytes=$((bytes + $(stat -c %s "$file"))) ;; esac
    done
    [ $count -ge 6 ] && [ "$(find "$3" -type f | wc -l)" = $count ] || fail "files are missing in $3"
    # Two whole shards hold the ciphertext once.
    RATIO=$(awk -v read="$RATIO" -v whole=$((2 * bytes)) 'BEGIN { printf "%.3f", read / whole }')
    [ "$RATIO" = 0.750 ] || fail "the repair of $1 read $RATIO of the document"
    REBUILT=$((REBUILT + 1))
}

step_revoke_access() {
    chapter "p6 revokes: the next access is denied, and the denial stands on the ledger"
    revoke p6 1
    level
    ! ask_access CLMATTCH || fail "the insurer is permitted after the revocation"
    denial D51 "revoked"
}

# Stands for the salted hash of what stays off the ledger.
hash_of() { sha256sum <<<"$1" | cut -c 1-64; }

step_confirm() {
    local ask session
    chapter "p6 shares a report for treatment, and confirms each access by itself" \
        "The hospital writes down what it asks; p6's phone shows it and signs a token for this one request, which counts" \
        "once and for minutes."
    sed 's|Patient/p2|Patient/p6|' "$FIXTURES/p2-confirm.json" >"$WORK/p6-confirm.json"
    act "p6 shares with a hospital, and will be asked" p6 consent grant --fhir "$WORK/p6-confirm.json" \
        --mapping "$WORK/mapping.json"
    ask=(--anchor "${DOCUMENT[DiagnosticReport.RAD_REPORT]:?nothing is ingested}" --purpose TREAT --user-role PHYSICIAN
        --basis "$(care_basis)")
    ! "$BIN/assent" --json access request "${ask[@]}" --client "$NET/hongkong-hospital/client.toml" >"$WORK/answer.json" ||
        fail "the hospital is permitted without p6's confirmation"
    denial D54 "p6 has not confirmed it" "the Hong Kong hospital"
    as hongkong-hospital access prepare "${ask[@]}" --out "$WORK/to-confirm.json"
    as p6 access confirm "$WORK/to-confirm.json" --out "$WORK/token.json"
    told "p6's phone shows the request and confirms it"
    as hongkong-hospital access request --prepared "$WORK/to-confirm.json" --confirm "$WORK/token.json"
    session=$(field session "$WORK/answer.json")
    read_document hongkong-hospital DiagnosticReport.RAD_REPORT "$session" "$WORK/treated.RAD_REPORT"
    cmp "$WORK/read.RAD_REPORT" "$WORK/treated.RAD_REPORT" >&2 || fail "the hospital has read something else"
    as hongkong-hospital access ack --session "$session"
    accesses "the Hong Kong hospital"
}

step_break_glass() {
    local session
    chapter "p6 is brought unconscious to a hospital in Shantou, which breaks the glass" \
        "No consent names it. In an emergency the ledger permits at once and looks later: p6 is told, the hospital justifies" \
        "it, the regulator decides. Every step is an entry of the trail."
    as shantou-hospital access break-glass --anchor "${DOCUMENT[DiagnosticReport.LAB]:?nothing is ingested}" \
        --sp "${SP[p6]}" --controller 1 --purpose BTG --user-role PHYSICIAN --reason INCAPACITATED \
        --present "$(hash_of "p6 is in our emergency department")"
    [ "$(field btg "$WORK/answer.json")" = true ] || fail "a consent covers the emergency"
    session=$(field session "$WORK/answer.json")
    read_document shantou-hospital DiagnosticReport.LAB "$session" "$WORK/emergency.LAB"
    cmp "$WORK/read.LAB" "$WORK/emergency.LAB" >&2 || fail "the hospital has read something else"
    as shantou-hospital access ack --session "$session"
    accesses "the hospital in Shantou"
    act "p6 is told" shantou-hospital access notify --session "$session" --notice "$(hash_of "a letter to p6")"
    act "the hospital justifies it" shantou-hospital access justify --session "$session" --reason INCAPACITATED \
        --clinician "$(hash_of "the clinician")" --evidence "$(hash_of "the record of the emergency")"
    act "the regulator finds it justified" regulator access review --session "$session" --finding JUSTIFIED \
        --order "$(hash_of "the decision")"
}

# Tells the denial of the last request: by its receipt in the trail, and by its session's record, which has the reason.
denial() { # reason, what it means, [who asked]
    [ "$(field permit "$WORK/answer.json")" = false ] || fail "the access is not denied: $(cat "$WORK/answer.json")"
    DENIED=$(field session "$WORK/answer.json")
    until_true "the regulator's node has the denial" denial_known
    accesses "${@:3}"
    reasons "$@"
}

denial_known() { "$BIN/assent" access show --session "$DENIED" --client "$NET/regulator/client.toml" >/dev/null 2>&1; }

# Tells why the last access was denied, from the record of its session.
reasons() { # reason, what it means
    local number=0 id reason
    accepted "$TRAIL/sessions-0.bundle" "$WORK/verified.json"
    while id=$(field "state.$number.key.session" "$WORK/verified.json") && [ -n "$id" ] && [ "$id" != "$DENIED" ]; do
        number=$((number + 1))
    done
    reason=$(field "state.$number.record.session.decision.reasons.0" "$WORK/verified.json")
    [ "$reason" = "$1" ] || fail "the denial's reason is \"$reason\" and not $1"
    told "the session's record says $reason: $2"
}
