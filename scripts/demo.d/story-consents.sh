# The steps of the demo with consents: given, proposed, amended, dissented from, revoked. Sourced by scripts/demo.

# A patient's phone: a key and a client configuration, asking any node.
new_patient() { # name
    mkdir "$NET/$1"
    "$BIN/assent" keys new --out "$NET/$1/patient.key" >/dev/null
    sed -e '/^org = /d' -e 's|^key = .*|key = "patient.key"|' "$NET/patient-app/client.toml" >"$NET/$1/client.toml"
}

step_register() {
    local name hospital
    chapter "Hospitals register their patients" \
        "On the ledger p1 to p5 are random pseudonyms, each with a key that stays on the patient's own phone."
    # The hospital in Shantou is a client without a node.
    for name in p1:shenzhen p2:shenzhen p3:shenzhen p4:hongkong p5:shantou; do
        hospital=${name#*:}-hospital name=${name%:*}
        new_patient "$name"
        submit "$name registered by $hospital" "$hospital" subject register --key "$NET/$name/patient.key"
        SP[$name]=$(field sp "$WORK/answer.json")
    done
    mapping >"$WORK/mapping.json"
    questions
}

# Ties the references of the FHIR files to the pseudonyms of this run.
mapping() {
    local name fixture=$FIXTURES/mapping.json edits=()
    for name in p1 p2 p3 p4; do
        edits+=(-e "/\"Patient\/$name\"/,/}/s/\"sp\": \"[0-9a-f]*\"/\"sp\": \"${SP[$name]}\"/")
    done
    # p5 and the hospital in Shantou are in no file of the fixtures: one of p1's is used for them.
    edits+=(-e "s|\"patients\": \[|&\n{\"reference\": \"Patient/p5\", \"controller\": 17, \"sp\": \"${SP[p5]}\"},|")
    edits+=(-e "s|\"organizations\": \[|&\n{\"reference\": \"Organization/shantou-hospital\", \"org\": 17},|")
    sed "${edits[@]}" "$fixture"
}

# What the insurer wants to see for a claim of p1, delivered in Hong Kong.
questions() {
    CLAIM=(--sp "${SP[p1]}" --controller 1 --user-role CLAIMS_ASSESSOR --purpose CLMATTCH
        --descriptor DIAGNOSIS:3:2026-09:HK --descriptor LAB:3:2026-09:HK)
    BASIS=$("$BIN/assent" genesis show "$NET/genesis.toml" | sed -n 's/^basis \([0-9a-f]*\) .* from 1 to 3$/\1/p')
    CLAIM_BASED=("${CLAIM[@]}" --basis "$BASIS")
    DIAGNOSES=("${CLAIM_BASED[@]:0:8}" --descriptor DIAGNOSIS:3:2026-09:HK --basis "$BASIS")
}

step_before() {
    chapter "Who may see p1's diagnoses and laboratory results? Nobody: there is no consent" \
        "A decision names all reasons of a denial. \"proven\" means: computed again from records with a proof. A reader who" \
        "may not see the consents has the node's word, and a hospital or regulator that may see them can ask the same."
    decide "the Hong Kong insurer asks: no consent" D40 hongkong-insurer "${CLAIM_BASED[@]}"
    decide "the Shenzhen hospital checks that answer" D40 shenzhen-hospital "${CLAIM_BASED[@]}" --requester 3
}

# A consent of a patient from a FHIR file, by the patient's own key.
grant() { # name, what, file, arguments...
    local name=$1 what=$2 file=$3
    shift 3
    submit "$what" "$name" consent grant --fhir "$file" --mapping "$WORK/mapping.json" "$@"
    CONSENT[$name]=$(field consents.0.consent "$WORK/answer.json")
}

step_grant() {
    chapter "Two patients consent, each with a FHIR R4 Consent file" \
        "p1: what the claim needs, to the Hong Kong insurer, with the separate consent to cross the border." \
        "p2: the record, for treatment, to the Hong Kong hospital."
    grant p1 "p1 grants a claim consent" "$FIXTURES/p1-claim.json"
    grant p2 "p2 shares the record for treatment" "$FIXTURES/p2-share.json"
}

step_after() {
    chapter "The same question after the consent"
    decide "the Hong Kong insurer asks again: permitted" permit hongkong-insurer "${CLAIM_BASED[@]}"
    decide "without a legal basis of the transfer" D59 hongkong-insurer "${CLAIM[@]}"
    decide "a second insurer asks: not its consent" D40 second-insurer "${CLAIM[@]}"
    decide "the Shenzhen hospital checks that answer" D40 shenzhen-hospital "${CLAIM[@]}" --requester 5
}

step_propose() {
    chapter "A consent is proposed, and the patient answers" \
        "The Hong Kong insurer drafts a consent for p4, a patient of the Hong Kong hospital; a draft permits nothing."
    submit "a claim consent is proposed to p4" hongkong-insurer consent propose \
        --fhir "$FIXTURES/p4-draft.json" --mapping "$WORK/mapping.json"
    PROPOSAL=$(field consents.0.consent "$WORK/answer.json")
    grant p4 "p4 grants what was proposed" "$FIXTURES/p4-draft.json" --proposal "$PROPOSAL"
}

step_amend() {
    chapter "p1 narrows the consent" \
        "The new version leaves laboratory results out; the old version ends."
    submit "p1 amends the claim consent" p1 consent amend --fhir "$FIXTURES/p1-claim-amended.json" \
        --mapping "$WORK/mapping.json" --sp "${SP[p1]}" --controller 1 --consent "${CONSENT[p1]:?p1 has not consented}"
    CONSENT[p1]=$(field consents.0.consent "$WORK/answer.json")
    decide "the same question: a category is not covered" D44 hongkong-insurer "${CLAIM_BASED[@]}"
    decide "the diagnoses alone: still permitted" permit hongkong-insurer "${DIAGNOSES[@]}"
}

step_dissent() {
    chapter "p3 consents, and then dissents" \
        "The dissent is from payment uses by two insurers; it beats every permit."
    sed 's|Patient/p1|Patient/p3|' "$FIXTURES/p1-claim.json" >"$WORK/p3-claim.json"
    grant p3 "p3 grants a claim consent" "$WORK/p3-claim.json"
    grant p3 "p3 denies two insurers" "$FIXTURES/p3-deny.json"
    decide "the Hong Kong insurer asks for p3's diagnoses" D30 hongkong-insurer --sp "${SP[p3]}" --controller 1 \
        --user-role CLAIMS_ASSESSOR --purpose CLMATTCH --descriptor DIAGNOSIS:3:2026-09:HK --basis "$BASIS"
}

step_refuse() {
    local file=$WORK/p5-claim.json
    chapter "What the ledger cannot hold is refused with a number, and changes nothing" \
        "p5's hospital lies in Shantou, outside the nine cities whose transfers to Hong Kong the standard contract covers:"
    sed -e 's|Patient/p1|Patient/p5|' -e 's|Organization/shenzhen-hospital|Organization/shantou-hospital|' \
        "$FIXTURES/p1-claim.json" >"$file"
    refused 306 p5 consent grant --fhir "$file" --mapping "$WORK/mapping.json"
    as shantou-hospital query state "consents:${SP[p5]}:17" --save "$WORK/absence.bundle"
    accepted "$WORK/absence.bundle" "$WORK/absence.json"
    [ "$(field state.0.present "$WORK/absence.json")" = false ] || fail "p5 has a consent"
    told "proven: no consent of p5 exists at height $(field header.fields.height "$WORK/absence.json")"
    told "p3's next file dissents from psychiatric data alone; nothing that a file says is passed over:"
    refused 711 p3 consent grant --fhir "$FIXTURES/p3-unsupported.json" --mapping "$WORK/mapping.json"
}

revoke() { # name, controller
    submit "$1 revokes the consent" "$1" consent revoke --sp "${SP[$1]}" --controller "$2" --consent "${CONSENT[$1]:?$1 has not consented}"
}

step_revoke() {
    chapter "p1 revokes: from the next block on nobody sees anything"
    revoke p1 1
    decide "the diagnoses alone: revoked" D51 hongkong-insurer "${DIAGNOSES[@]}"
}
