# The steps of the demo with claims: filed, paid, and handed to a second insurer. Sourced by scripts/demo.

# Keyed hash of the person who decides at the insurer, which alone could open it.
ADJUDICATOR=5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f
# Claims traced to their payment.
TRACED=0

# A command whose receipt every node has before the next one is given to another organisation's node.
act() { # what, whose client, arguments...
    submit "$@"
    level
}

# Opens a case of p6 with an insurer, under which the hospital may file claims up to an amount.
open_case() { # what, insurer
    echo "cross-border inpatient plan" >"$WORK/plan"
    act "$1" shenzhen-hospital case open --sp "${SP[p6]:?p6 is not enrolled}" --insurer "$2" --provider 1 \
        --plan "$WORK/plan" --exp "$((($(date +%s) + 30 * 86400) * 1000))" --cap "10000.00 HKD" \
        --subject-key "$NET/p6/patient.key"
    CASE=$(field case "$WORK/answer.json")
}

# p6's consent: as p1's, with reports of radiology too, and of any day on which the demo runs.
claim_consent() {
    sed -e 's|Patient/p1|Patient/p6|' -e '/"dataPeriod"/,/}/s|"end": "[^"]*"|"end": "2035-12-31"|' \
        -e 's|"code": "LAB"|"code": "LAB"},{"system": "https://assent.example/fhir/CodeSystem/category", "code": "RAD_REPORT"|' \
        "$FIXTURES/p1-claim.json" >"$WORK/p6-claim.json"
    sed -i "s|\"patients\": \[|&\n{\"reference\": \"Patient/p6\", \"controller\": 1, \"sp\": \"${SP[p6]}\"},|" "$WORK/mapping.json"
    grant p6 "p6 grants a claim consent" "$WORK/p6-claim.json"
    level
}

step_claim() {
    chapter "p6 consents, and the hospital claims the bill from the insurer" \
        "The claim cites both reports: without the consent it could not be filed. The bill stands on the ledger under its" \
        "nullifier, which tells nobody its number, and is the same whoever is handed the bill."
    : "${BILL:?no bill is registered}"
    claim_consent
    open_case "p6's case with the Hong Kong insurer" 3
    act "5600.00 HKD claimed on the bill" shenzhen-hospital claim submit --case "$CASE" --bill "$BILL" \
        --claimed "5600.00 HKD" --subject-share "780.50 HKD"
    CLAIMED=$(field claim "$WORK/answer.json")
    act "the insurer takes the claim into review" hongkong-insurer claim accept "$CLAIMED"
}

step_payment() {
    local settlement
    chapter "The insurer approves a part, the bank pays, the hospital acknowledges"
    act "5000.00 HKD approved, 600.00 deductible" hongkong-insurer claim approve "${CLAIMED:?nothing is claimed}" \
        --amount "5000.00 HKD" --reason DEDUCTIBLE --adjudicator "$ADJUDICATOR"
    act "the insurer instructs its bank" hongkong-insurer claim pay "$CLAIMED"
    settlement=$(field settlement "$WORK/answer.json")
    act "the bank accepts" settlement-bank settlement accept "$settlement"
    echo "TT-EXAMPLE-000815" >"$WORK/reference"
    act "the bank has paid" settlement-bank settlement paid "$settlement" --value-day "$(date -u +%F)" \
        --reference "$WORK/reference"
    act "the hospital has the money; the claim is settled" shenzhen-hospital settlement ack "$settlement"
    traced
}

# The regulator traces the claim from bill and documents to the bank's reference: each step by its receipt.
traced() {
    local file row rows= index
    as regulator claim trace "$CLAIMED" --out "$WORK/trace"
    [ "$(field claim.claim.status "$WORK/answer.json")" = Settled ] || fail "the claim is not settled"
    for file in $(ls "$WORK/trace" | sort -V); do
        accepted "$WORK/trace/$file" "$WORK/verified.json"
        for index in 0 1; do
            row=$(field "receipt.details.events.$index.row" "$WORK/verified.json")
            rows+=${row:+ $row}
        done
    done
    [ "$(grep -o DO-01 <<<"$rows" | wc -l)" = 2 ] || fail "the trace has not both reports: $rows"
    [[ $rows == *" BI-01 CS-01 CL-01 CL-03 CL-16 ST-01 CL-25 ST-02 ST-05 ST-06 CL-27" ]] ||
        fail "the trace is not the claim's course: $rows"
    TRACED=$((TRACED + 1))
    told "traced by the regulator from documents and bill to the bank's reference, each step by its receipt:"
    told "${rows# }" | fold -s -w 112 | sed 's/^ */   /; s/ *$//'
}

step_second_insurer() {
    local asked=(--sp "${SP[p6]:?p6 is not enrolled}" --controller 1 --user-role CLAIMS_ASSESSOR --purpose CLMATTCH
        --descriptor RAD_REPORT:3:2026-09:HK)
    local request=(access request --anchor "${DOCUMENT[DiagnosticReport.RAD_REPORT]}" --purpose CLMATTCH
        --user-role CLAIMS_ASSESSOR)
    chapter "A second insurer asks for the same report and is handed the same bill" \
        "It has no consent. What a document's record says is not even shown to it; its request is denied, and the denial" \
        "stands in the trail of p6's accesses. The bill is claimed already: the claim is held as a duplicate (CL-02), and" \
        "nothing can be paid on it."
    decide "the second insurer asks for p6's report" D40 second-insurer "${asked[@]}"
    decide "the Shenzhen hospital checks that answer" D40 shenzhen-hospital "${asked[@]}" --requester 5
    refused 902 second-insurer "${request[@]}"
    ! "$BIN/assent" --json "${request[@]}" --sp "${SP[p6]}" --controller 1 --client "$NET/second-insurer/client.toml" \
        >"$WORK/answer.json" || fail "the second insurer is permitted"
    denial D40 "no consent names it" "the second insurer"
    open_case "p6's case with the second insurer" 5
    act "the same bill claimed again: held" shenzhen-hospital claim submit --case "$CASE" --bill "$BILL" --without-evidence
    [ "$(field status "$WORK/answer.json")" = DupHold ] || fail "the duplicate claim is not held"
    refused 607 second-insurer claim accept "$(field claim "$WORK/answer.json")"
}
