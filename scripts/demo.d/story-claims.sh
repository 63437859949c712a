# The steps of the demo with claims: filed, decided, paid in another currency, appealed against, handed to a second insurer.
# Sourced by scripts/demo.

# Keyed hash of the person who decides appeals at the insurer.
REVIEWER=6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e
# Hashes of the bank's references, in the order of the payments.
REFERENCES=()
# Texts that the story's people keep to themselves, beside the documents.
PRIVATE=("cross-border inpatient plan" TT-EXAMPLE-000815 TT-EXAMPLE-000816 "the second scan was ordered by the ward"
    "one bill, two insurers")
# Claims traced to their payments.
TRACED=0

step_fixing() {
    chapter "An exchange rate is fixed" \
        "The bill is in Hong Kong dollars, the hospital is paid in renminbi. The rate comes from an oracle, not from payer" \
        "or payee."
    act "the first oracle: 1 HKD = 0.9127 CNY" fx-oracle-1 fixing publish --base HKD --quote CNY --rate 9127/10000 \
        --day "$(date -u +%F)" --days 3 --source "sample central parity"
    FIXING=$(field fixing "$WORK/answer.json")
}

step_claim() {
    chapter "The hospital claims the bill under preauthorisation and guarantee" \
        "The claim cites both reports: without the consent it could not be filed. The bill stands on the ledger under its" \
        "nullifier, which tells nobody its number, and is the same whoever is handed the bill."
    : "${BILL:?no bill is registered}"
    act "5600.00 HKD claimed on the bill, payable in CNY" shenzhen-hospital claim submit --bill "$BILL" \
        --case "${CASE:?no claim code is redeemed}" --claimed "5600.00 HKD" --subject-share "780.50 HKD" \
        --preauth "${PREAUTH:?nothing is preauthorised}" --guarantee "${GUARANTEE:?nothing is guaranteed}" \
        --pay-in CNY --rate-at DECISION
    CLAIMED=$(field claim "$WORK/answer.json")
    act "the insurer takes the claim into review" hongkong-insurer claim accept "$CLAIMED"
}

step_decision() {
    local later
    chapter "The insurer approves a part; the decision locks the rate" \
        "A guarantee has been given: only reasons that it leaves open are accepted."
    refused 608 hongkong-insurer claim approve "${CLAIMED:?nothing is claimed}" --amount "5000.00 HKD" \
        --reason NOT_NECESSARY --adjudicator "$ADJUDICATOR"
    act "5000.00 HKD approved, 600.00 over a cap" hongkong-insurer claim approve "$CLAIMED" --amount "5000.00 HKD" \
        --reason OVER_CAP --adjudicator "$ADJUDICATOR"
    told "a second oracle moves the rate by more than 5 %: not alone, and not for what is decided:"
    later=(fixing publish --base HKD --quote CNY --rate 86/100 --day "$(date -u +%F)" --days 3 --source "sample crash")
    refused 706 fx-oracle-2 "${later[@]}"
    act "counter-signed: 1 HKD = 0.86 CNY from now on" fx-oracle-2 "${later[@]}" \
        --cosigner "$NET/fx-oracle-1/keys/sign-tx.key"
}

# The claim is paid: instructed, accepted, paid, acknowledged. The amount is proven by the payment's record.
pay() { # amount approved, amount paid, bank's reference
    local settlement
    act "the insurer instructs its bank: $1" hongkong-insurer claim pay "${CLAIMED:?nothing is claimed}"
    settlement=$(field settlement "$WORK/answer.json")
    act "the bank accepts" settlement-bank settlement accept "$settlement"
    echo "$3" >"$WORK/reference"
    act "the bank has paid $2" settlement-bank settlement paid "$settlement" --value-day "$(date -u +%F)" \
        --reference "$WORK/reference"
    REFERENCES+=("$(field kept.reference_hash "$WORK/answer.json")")
    as hongkong-insurer settlement show "$settlement" --save "$WORK/settlement.bundle"
    accepted "$WORK/settlement.bundle" "$WORK/verified.json"
    paid_as "$2"
    act "the hospital has the money; the claim is settled" shenzhen-hospital settlement ack "$settlement"
}

# Requires that the payment in $WORK/verified.json is this amount by the first fixing.
paid_as() { # amount
    local record=state.0.record.settlement minor=${1% *}
    [ "$(field $record.paid.amount.minor "$WORK/verified.json")" = "${minor/./}" ] &&
        [ "$(field $record.paid.amount.ccy "$WORK/verified.json")" = "${1#* }" ] &&
        [ "$(field $record.fx.fixing "$WORK/verified.json")" = "$FIXING" ] || fail "not $1 was paid by the fixing"
}

step_payment() {
    chapter "The claim is paid in renminbi at the rate of its decision"
    pay "5000.00 HKD" "4563.50 CNY" TT-EXAMPLE-000815
}

# Opens a case of p6 with an insurer, under which the hospital may file claims up to an amount.
open_case() { # what, insurer
    act "$1" shenzhen-hospital case open --sp "${SP[p6]:?p6 is not enrolled}" --insurer "$2" --provider 1 \
        --plan "$WORK/plan" --exp "$(in_days 30)" --cap "10000.00 HKD" --subject-key "$NET/p6/patient.key"
}

step_second_insurer() {
    local asked=(--sp "${SP[p6]:?p6 is not enrolled}" --controller 1 --user-role CLAIMS_ASSESSOR --purpose CLMATTCH
        --descriptor RAD_REPORT:3:2026-09:HK) duplicate
    local request=(access request --anchor "${DOCUMENT[DiagnosticReport.RAD_REPORT]}" --purpose CLMATTCH
        --user-role CLAIMS_ASSESSOR)
    chapter "A second insurer asks for the same report and is handed the same bill" \
        "It has no consent. What a document's record says is not even shown to it; its request is denied, and the denial" \
        "stands in the trail of p6's accesses. The bill is claimed already: the claim is held as a duplicate (CL-02), and" \
        "nothing can be paid on it. With the bill's issuer the insurer finds that it is one."
    decide "the second insurer asks for p6's report" D40 second-insurer "${asked[@]}"
    decide "the Shenzhen hospital checks that answer" D40 shenzhen-hospital "${asked[@]}" --requester 5
    refused 902 second-insurer "${request[@]}"
    ! "$BIN/assent" --json "${request[@]}" --sp "${SP[p6]}" --controller 1 --client "$NET/second-insurer/client.toml" \
        >"$WORK/answer.json" || fail "the second insurer is permitted"
    denial D40 "no consent names it" "the second insurer"
    open_case "p6's case with the second insurer" 5
    act "the same bill claimed again: held" shenzhen-hospital claim submit --case "$(field case "$WORK/answer.json")" \
        --bill "$BILL" --without-evidence
    [ "$(field status "$WORK/answer.json")" = DupHold ] || fail "the duplicate claim is not held"
    duplicate=$(field claim "$WORK/answer.json")
    refused 607 second-insurer claim accept "$duplicate"
    echo "one bill, two insurers" >"$WORK/finding"
    act "insurer and hospital confirm the duplicate: rejected" second-insurer claim confirm-duplicate "$duplicate" \
        --cosigner "$NET/shenzhen-hospital/keys/sign-tx.key" --evidence "$WORK/finding"
}

step_appeal() {
    local decide=(claim decide-appeal "${CLAIMED:?nothing is claimed}" --reason OVER_CAP --adjudicator)
    chapter "p6 appeals; another person at the insurer decides, and the difference is paid" \
        "What was approved stays: an appeal is never decided lower, nor by who decided before. The rate is that of the" \
        "first decision, whatever it is today; half a fen is rounded to the even one."
    echo "the second scan was ordered by the ward" >"$WORK/grounds"
    act "p6 appeals against the part that was not approved" p6 claim appeal "$CLAIMED" --grounds "$WORK/grounds"
    refused 613 hongkong-insurer "${decide[@]}" "$REVIEWER" --amount "4900.00 HKD"
    refused 612 hongkong-insurer "${decide[@]}" "$ADJUDICATOR" --amount "5450.00 HKD"
    act "5450.00 HKD approved on appeal" hongkong-insurer "${decide[@]}" "$REVIEWER" --amount "5450.00 HKD"
    pay "450.00 HKD" "410.72 CNY" TT-EXAMPLE-000816
}

# The rows of a claim's course, in the order of the chain.
COURSE="BI-01 CC-01 CS-01 PA-01 PA-04 GP-01 GP-02 FX-01 CL-01 GP-08 CL-03 CL-16 ST-01 CL-25 ST-02 ST-05 ST-06 CL-27 GP-09"
COURSE+=" CL-20 CL-22 ST-01 CL-25 ST-02 ST-05 ST-06 CL-27"

step_trace() {
    local file rows= index number=0
    chapter "The regulator traces the claim from bill to bank reference" \
        "Each record and each step comes with its proof; none between two of them is left out."
    as regulator claim trace "${CLAIMED:?nothing is claimed}" --out "$WORK/trace"
    [ "$(field claim.claim.status "$WORK/answer.json")" = Settled ] || fail "the claim is not settled"
    for index in "${!REFERENCES[@]}"; do
        [ "$(field "settlements.$index.paid.bank_ref" "$WORK/answer.json")" = "${REFERENCES[index]}" ] ||
            fail "the trace has not the bank's reference of payment $index"
    done
    [ ${#REFERENCES[@]} = 2 ] || fail "the claim was not paid twice"
    for file in $(ls "$WORK/trace" | sort -V); do
        accepted "$WORK/trace/$file" "$WORK/verified.json"
        [[ $file = records.bundle ]] || rows+=" $(rows_of "$WORK/verified.json")"
    done
    [ "$(grep -o DO-01 <<<"$rows" | wc -l)" = 2 ] || fail "the trace has not both reports: $rows"
    "$BIN/assent" claim trace "$CLAIMED" --client "$NET/regulator/client.toml" >"$WORK/traced"
    [ "$(sed -n 's/^  \([A-Z][A-Z]-[0-9]*\) height .*/\1/p' "$WORK/traced" | paste -sd' ')" = "$(echo $rows)" ] ||
        fail "the trace prints other steps than it proves"
    [[ $rows == *" $COURSE" ]] || fail "the trace is not the claim's course: $rows"
    TRACED=$((TRACED + 1))
    sed '/^steps, /,$d; s/\([0-9a-f]\{10\}\)[0-9a-f]\{54\}/\1/g; s/^/   /' "$WORK/traced"
    told "steps, each by its receipt:$rows" | fold -s -w 112 | sed 's/^ */   /; s/ *$//'
}
