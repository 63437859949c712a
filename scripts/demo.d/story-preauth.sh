# The steps of the demo before a claim: a claim code, a preauthorisation, a guarantee of payment. Sourced by scripts/demo.

# Keyed hash of the person who decides at the insurer, which alone could open it.
ADJUDICATOR=5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f
# Longest text of a QR code that cameras read at a counter, in bytes.
QR_BYTES_MAX=299

# A command whose receipt every node has before the next one is given to another organisation's node.
act() { # what, whose client, arguments...
    submit "$@"
    level
}

# All rules that a receipt says were applied.
rows_of() { # receipt
    local index row rows=
    for index in 0 1 2 3 4 5; do
        row=$(field "receipt.details.events.$index.row" "$1")
        rows+=${row:+ $row}
    done
    echo "${rows# }"
}

# Milliseconds since 1970, so many days from now.
in_days() { echo "$((($(date +%s) + $1 * 86400) * 1000))"; }

# p6's consent: as p1's, with reports of radiology too, and of any day on which the demo runs.
claim_terms() {
    sed -e 's|Patient/p1|Patient/p6|' -e '/"dataPeriod"/,/}/s|"end": "[^"]*"|"end": "2035-12-31"|' \
        -e 's|"code": "LAB"|"code": "LAB"},{"system": "https://assent.example/fhir/CodeSystem/category", "code": "RAD_REPORT"|' \
        "$FIXTURES/p1-claim.json" >"$WORK/p6-claim.json"
    sed -i "s|\"patients\": \[|&\n{\"reference\": \"Patient/p6\", \"controller\": 1, \"sp\": \"${SP[p6]:?p6 is not enrolled}\"},|" \
        "$WORK/mapping.json"
}

step_claim_code() {
    local phone=$NET/p6 nonce shown redeem
    chapter "p6 shows a claim code; the hospital redeems it" \
        "The code is signed on the phone and is on no ledger. The phone shows a QR code with a signature for this hospital" \
        "and its terminal's challenge: a photograph of it is worth nothing. One transaction opens the case, gives the" \
        "hospital its authority, and grants the consent with the separate consent to cross the border."
    claim_terms
    echo "cross-border inpatient plan" >"$WORK/plan"
    as p6 claim-code issue --sp "${SP[p6]}" --insurer 3 --provider 1 --plan "$WORK/plan" --cap "10000.00 HKD" \
        --op PREAUTH,GUARANTEE,CLAIM,DISCLOSE --fhir "$WORK/p6-claim.json" --mapping "$WORK/mapping.json" \
        --case-exp "$(in_days 30)" --key "$phone/patient.key" --holder-out "$phone/holder.key" --out "$phone/code.json"
    nonce=$("$BIN/assent" claim-code challenge)
    shown=$("$BIN/assent" claim-code present --code "$phone/code.json" --holder "$phone/holder.key" --provider 1 \
        --terminal-nonce "$nonce" --handle https://wallet.example/c/1)
    [ ${#shown} -le $QR_BYTES_MAX ] || fail "the QR code's text has ${#shown} bytes"
    told "the QR code says, in ${#shown} bytes:"
    fold -w 112 <<<"$shown" | sed 's/^/   /'
    redeem=(claim-code redeem --code "$phone/code.json" --presented "$shown" --terminal-nonce "$nonce")
    act "p6's claim code redeemed" shenzhen-hospital "${redeem[@]}"
    CASE=$(field case "$WORK/answer.json")
    CONSENT[p6]=$(field consent "$WORK/answer.json")
    [ "$(rows_of "$PROOFS/$((${#WHAT[@]} - 1)).json")" = "CC-01 CS-01 CN-02" ] || fail "a redeemed code did something else"
    told "in the same transaction: case opened (CS-01), consent granted (CN-02)"
    crosses_border
    told "the same code once more:"
    refused 804 shenzhen-hospital "${redeem[@]}"
}

# Requires that p6's one consent has, proven, the separate consent to cross the border.
crosses_border() {
    as shenzhen-hospital query state "consents:${SP[p6]}:1" --save "$WORK/consents.bundle"
    accepted "$WORK/consents.bundle" "$WORK/verified.json"
    [ "$(field state.0.record.consents.live.0.id "$WORK/verified.json")" = "${CONSENT[p6]}" ] ||
        fail "the code's consent is not p6's"
    grep -q '"XB"' "$WORK/verified.json" && grep -q '"GBA_SC_HK"' "$WORK/verified.json" ||
        fail "the consent does not cross the border"
    told "proven: the consent has the separate consents to sensitive data, to another handler and abroad (SENS, PROV, XB)"
}

step_preauth() {
    local admitted
    admitted=$(date -u -d '3 days ago' +%F)
    chapter "The hospital asks for preauthorisation; the insurer reads the reports and approves" \
        "The ledger permits; key services release shares of the keys to the insurer alone and custodians serve shards, each" \
        "with a receipt; the insurer opens the documents and checks them against what was anchored."
    act "6000.00 HKD to be preauthorised on two reports" shenzhen-hospital preauth request --amount "6000.00 HKD" \
        --case "${CASE:?no claim code is redeemed}" --from "$admitted" --to "$(date -u +%F)" \
        --attach "${DOCUMENT[DiagnosticReport.LAB]}" --attach "${DOCUMENT[DiagnosticReport.RAD_REPORT]}"
    PREAUTH=$(field preauth "$WORK/answer.json")
    explained
    read_reports "$WORK/read" COVAUTH
    [ "$DECODED" = false ] && [ -z "$FAULTY" ] || fail "a shard was missing"
    told "the insurer reads: \"$(report_text)\""
    act "the insurer preauthorises all of it" hongkong-insurer preauth approve "$PREAUTH" --valid-from "$admitted" \
        --valid-to "$(in_days 30)" --adjudicator "$ADJUDICATOR"
}

# What the fixture's report says; the insurer has read it. Both have it in base64.
report_text() {
    local text
    text=$(sed -n 's/.*"presentedForm".*"data": "\([^"]*\)".*/\1/p' "$FIXTURES/p1-bundle.json")
    [ -n "$text" ] && grep -qF "$text" "$WORK/read.RAD_REPORT" || fail "the insurer has read something else"
    base64 -d <<<"$text"
}

# What the insurer could have of all of p6's documents, and what it is that each of the others misses.
explained() {
    local kind request=$WORK/all-documents.json
    printf '{"requester": 3, "facility": 1, "user_ref": "%s", "user_role": "CLAIMS_ASSESSOR", "subject": "%s",
        "controller": 1, "purpose": "COVAUTH", "action": "access", "xborder_basis": "%s", "asked": {"documents":
        {"anchors": [%s], "deliver_to": {"jur": "HK", "city": 0}, "case": null}}}\n' "$ADJUDICATOR" "${SP[p6]}" "$BASIS" \
        "$(printf '"%s"\n' "${DOCUMENT[@]}" | sort | paste -sd,)" >"$request"
    as shenzhen-hospital consent explain --request "$request" --save "$WORK/explained.bundle"
    accepted "$WORK/explained.bundle" "$WORK/verified.json"
    [ "$(field recomputed "$WORK/answer.json")" = true ] || fail "the explanation is nobody's but the node's"
    "$BIN/assent" consent explain --request "$request" --client "$NET/shenzhen-hospital/client.toml" >"$WORK/explained"
    for kind in "${KINDS[@]}"; do sed -i "s/^document ${DOCUMENT[$kind]}/$kind/" "$WORK/explained"; done
    [ "$(grep -c ': permit$' "$WORK/explained")" = 2 ] && [ "$(grep -c ': nearest miss D' "$WORK/explained")" = 3 ] ||
        fail "the explanation is: $(cat "$WORK/explained")"
    told "what the insurer may have for this, one by one, proven (assent consent explain):"
    grep -E ': (permit|nearest miss)' "$WORK/explained" | sed 's/^/   /'
}

step_guarantee() {
    chapter "The insurer guarantees the payment; the hospital asks p6 for no deposit"
    act "payment of 5600.00 HKD guaranteed" hongkong-insurer guarantee offer --case "${CASE:?no claim code is redeemed}" \
        --preauth "${PREAUTH:?nothing is preauthorised}" --amount "5600.00 HKD" --exp "$(in_days 20)"
    GUARANTEE=$(field guarantee "$WORK/answer.json")
    act "the hospital accepts the guarantee" shenzhen-hospital guarantee accept "$GUARANTEE"
}
