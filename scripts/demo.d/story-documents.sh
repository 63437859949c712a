# The steps of the demo with documents: ingest, access, a lost disk. Sourced by scripts/demo.

# The patient of the Bundle is p6 here. Documents by kind and category, as DiagnosticReport.LAB, and the bill.
declare -A DOCUMENT=()
KINDS=()
BILL=
# Documents stored and read, shards rebuilt.
STORED=0
READ=0
REBUILT=0

# The receipt of a transaction by its id, for what has no --save.
fetched() { # what, whose client, transaction
    as "$2" query receipt "$3" --save "$PROOFS/${#WHAT[@]}.bundle"
    receipt "$1" "$2"
}

# The transaction that applied a rule to an object, of the receipts in $WORK/events.
tx_of() { # rule, object
    awk -v row="\"row\":\"$1\"" -v object="\"object\":\"$2\"" '
    !found && index($0, row) && index($0, object) {
        match($0, /"tx":"[0-9a-f]*"/)
        found = substr($0, RSTART + 6, RLENGTH - 7)
    }
    END { print found; exit !found }' "$WORK/events" || fail "no $1 on $2"
}

events_from() { # height
    as shenzhen-hospital query events --from "$1"
    cp "$WORK/answer.json" "$WORK/events"
}

# A file of how the fixture's days of service are moved: claims are filed within months, so the last one is today.
scenario() {
    local last days
    last=$(date -u -d 2026-08-06 +%s)
    days=$((($(date -u +%s) - last) / 86400))
    sed "s|\"plan\"|\"service_shift_days\": $days, \"plan\"|" "$FIXTURES/p1-scenario.json"
}

ingest() { # bundle, scenario
    "$BIN/assent" ingest "${@:3}" --bundle "$1" --scenario "$2" --keyset "$KEYSET" --custodian 11 --custodian 12 \
        --custodian 13 --custodian 14 --client "$NET/shenzhen-hospital/client.toml"
}

step_ingest() {
    local height file=$FIXTURES/p1-bundle.json
    need_agents
    chapter "The Shenzhen hospital ingests a FHIR Bundle" \
        "Each document is encrypted, coded into four shards of which two suffice, anchored on the ledger, and stored with" \
        "four custodians, at most one of them in Hong Kong. Two of three key holders are needed to open it."
    as shenzhen-hospital doc keyset --threshold 2 --holder 1 --holder 2 --holder 4 \
        --cosigner "$NET/hongkong-hospital/keys/sign-tx.key" --cosigner "$NET/regulator/keys/sign-tx.key"
    KEYSET=$(field keyset "$WORK/answer.json")
    fetched "two of three holders for the hospital's keys" shenzhen-hospital "$(field receipt.tx "$WORK/answer.json")"
    height=$(field receipt.public.height "$PROOFS/$((${#WHAT[@]} - 1)).json")
    scenario >"$WORK/scenario.json"
    ingest "$file" "$WORK/scenario.json" --json --subject-keys "$WORK/keys" >"$WORK/ingest.json" ||
        fail "the Bundle is refused: $(cat "$WORK/ingest.json")"
    # Once more: nothing is done twice, and the counts are printed.
    ingest "$file" "$WORK/scenario.json" | sed '/^on the ledger/,$d; s/^/   /'
    events_from "$height"
    ingested
    [ -z "$BUNDLE" ] || own_bundle
}

# Tells what was made of the fixture, by its receipts.
ingested() {
    local index id kind category
    SP[p6]=$(field made.subjects.0 "$WORK/ingest.json")
    BILL=$(field made.bills.0.bill "$WORK/ingest.json")
    fetched "p6, the Bundle's patient, enrolled" shenzhen-hospital "$(tx_of SU-01 "${SP[p6]}")"
    for index in 0 1 2 3 4; do
        id=$(field "made.documents.$index.anchor" "$WORK/ingest.json")
        kind=$(field "made.documents.$index.kind" "$WORK/ingest.json")
        category=$(field "made.documents.$index.category" "$WORK/ingest.json")
        DOCUMENT[$kind.$category]=$id
        KINDS+=("$kind.$category")
        fetched "$kind ($category) anchored" shenzhen-hospital "$(tx_of DO-01 "$id")"
        stored "$id"
    done
    told "each document is active: all its shards are stored and its key shares accepted (DO-02, $STORED receipts)"
    fetched "bill of $(field made.bills.0.total "$WORK/ingest.json") registered" shenzhen-hospital "$(tx_of BI-01 "$BILL")"
    hand_over
}

# Verifies without a line of its own that a document is active.
stored() { # document
    as shenzhen-hospital query receipt "$(tx_of DO-02 "$1")" --save "$WORK/document.bundle"
    accepted "$WORK/document.bundle" "$WORK/verified.json"
    [ "$(outcome "$WORK/verified.json")" = "DO-02 code 0" ] || fail "document $1 is not active"
    STORED=$((STORED + 1))
}

# The patient's phone gets the key, which the hospital's registry does not keep.
hand_over() {
    mkdir "$NET/p6"
    mv "$WORK/keys/${SP[p6]}.key" "$NET/p6/patient.key"
    sed -e '/^org = /d' -e 's|^key = .*|key = "patient.key"|' "$NET/patient-app/client.toml" >"$NET/p6/client.toml"
}

# The Bundle of --bundle, besides: counts by type and error, and the receipt of each document's anchoring.
own_bundle() {
    local id count=0
    printf '\n   The Bundle %s:\n' "$BUNDLE"
    [ -n "$SCENARIO" ] || { SCENARIO=$WORK/empty.json && echo '{}' >"$SCENARIO"; }
    ingest "$BUNDLE" "$SCENARIO" --json >"$WORK/own.json" || fail "the Bundle is refused: $(cat "$WORK/own.json")"
    ingest "$BUNDLE" "$SCENARIO" | sed '/^on the ledger/,$d' | fold -s -w 112 | sed 's/^/   /; s/ *$//'
    events_from 1
    while id=$(field "made.documents.$count.anchor" "$WORK/own.json") && [ -n "$id" ]; do
        as shenzhen-hospital query receipt "$(tx_of DO-01 "$id")" --save "$WORK/document.bundle"
        accepted "$WORK/document.bundle" "$WORK/verified.json"
        [ "$(outcome "$WORK/verified.json")" = "DO-01 code 0" ] || fail "document $id is not anchored"
        count=$((count + 1))
    done
    if [ $count = 0 ]; then told "It holds no documents."; else told "documents of it anchored, each by a receipt: $count"; fi
    told "The story goes on with the documents of the demo's own Bundle."
}
