# The steps of the demo in which others check: the regulator's trail, and what validators keep. Sourced by scripts/demo.

# What names p6 in the fixture, or stands in its documents.
PLANTED=(MRN-EXAMPLE-000017 PERMIT-EXAMPLE-0456789 Exempel-Chan Siu-Made +852-0000-4711 siu-made@patients.example
    1971-03-09 "Imaginary Mansion" "Nowhere Road" BILL-EXAMPLE-2026-0815 CLAIM-EXAMPLE-0042
    "CT of the chest of a made-up patient" "Discharge summary of a made-up patient" haemoglobin chest-ct)
SCANNED=0
FORGED=0

# A copy of the trail with a change must not be accepted.
forged() { # what
    local code=0
    env -i "$BIN/assent-verify" "$WORK/forged" --genesis "$CHAIN" >/dev/null 2>&1 || code=$?
    [ $code -eq 1 ] || fail "a trail with $1 was not refused (exit status $code)"
    FORGED=$((FORGED + 1))
    rm -r "$WORK/forged"
}

step_trail() {
    local first size
    chapter "The regulator exports who had access, and the export is checked offline" \
        "It is complete or it is refused: the ledger's log says how many entries there are."
    accesses
    accepted "$TRAIL" "$WORK/verified.json"
    [ "$(grep -c '"row": "AC-02"' "$WORK/verified.json")" = 3 ] || fail "the trail has not all three denials"
    grep -q '"row": "AC-03"' "$WORK/verified.json" || fail "the trail has not the broken glass"
    told "accepted: $(grep -c '"row"' "$WORK/verified.json") entries up to height $(field height "$WORK/answer.json"), and no others;" \
        "three are denials, and one broke the glass"
    first=$(ls "$TRAIL" | grep '^[0-9]' | sort -V | head -n 1)
    cp -r "$TRAIL" "$WORK/forged"
    rm "$WORK/forged/$first"
    forged "an access left out"
    cp -r "$TRAIL" "$WORK/forged"
    cp "$TRAIL/$first" "$WORK/forged/0-0.bundle"
    forged "an access twice"
    cp -r "$TRAIL" "$WORK/forged"
    size=$(stat -c %s "$TRAIL/$first")
    flipped "$TRAIL/$first" $((size / 2)) "$WORK/forged/$first"
    forged "a bit flipped"
    told "refused: copies with an access left out, an access twice, and a bit flipped"
}

# What the fixture says, with its attachments decoded.
fixture_text() {
    cat "$FIXTURES/p1-bundle.json"
    sed -n 's/.*"data": "\([^"]*\)".*/\1/p' "$FIXTURES/p1-bundle.json" | while read -r data; do base64 -d <<<"$data"; done
}

# Eight bytes of the bill's nullifier, as a pattern. Lines end at 0a: a part without it is taken.
nullifier_bytes() {
    local start part
    for ((start = 0; start <= 48; start += 2)); do
        part=$(sed 's/../\\x&/g' <<<"${BILL:start:16}")
        [[ $part == *'\x0a'* ]] || break
    done
    printf '%s\n' "$part"
}

# Files, below folders too, in which any text of $WORK/texts stands.
texts_in() { LC_ALL=C grep -raiFlf "$WORK/texts" "$@" || true; }

step_scan() {
    local name text folders=() found
    chapter "What validators keep names nobody"
    fixture_text >"$WORK/fixture"
    for text in "${PLANTED[@]}"; do
        grep -qF -- "$text" "$WORK/fixture" || fail "the fixture does not say \"$text\""
    done
    # Attachments as they stand in the fixture, too, and what else in the story stays off the ledger.
    { printf '%s\n' "${PLANTED[@]}" "${PRIVATE[@]}" && sed -n 's/.*"data": "\([^"]\{40\}\).*/\1/p' "$FIXTURES/p1-bundle.json"; } >"$WORK/texts"
    for name in "${NODES[@]}"; do
        folders+=("$NET/$name/data")
        # What is there is found, or the scan would show nothing: each validator keeps the bill under its nullifier.
        LC_ALL=C grep -rqaP "$(nullifier_bytes)" "$NET/$name/data" || fail "the scan does not see the bill in $name's data"
    done
    [ "$(texts_in "$WORK"/read.*)" = "$(ls "$WORK"/read.*)" ] || fail "the scan does not see the reports that the insurer read"
    found=$(texts_in "${folders[@]}" "$WORK"/*.log)
    [ -z "$found" ] || fail "a text of the fixture stands in: $found"
    SCANNED=$(wc -l <"$WORK/texts")
    told "$SCANNED texts (names, numbers, sentences of reports, bank references) stand in no validator's data and log;"
    told "the same scan sees them in what the insurer has read, and sees the bill's nullifier in all four folders."
}
