# What the demo believes: receipts, records and decisions whose bundles assent-verify accepted. Sourced by scripts/demo.

# Receipts in the order in which they came: what was done, and the number of its files in $PROOFS.
WHAT=()
# Who may fetch each receipt again, and its transaction.
READER=()
TX=()
# Answers of `assent query decide`, and the lines in which they were told.
ANSWERS=()
ASKED=()

# Value of a path as receipt.public.height in a JSON document that `assent` printed (one value a line); nothing if absent.
field() { # path, [file]
    awk -v want="$1" '
    !done {
        match($0, /^ */)
        depth = RLENGTH / 2
        line = substr($0, RLENGTH + 1)
        sub(/,$/, "", line)
        if (line ~ /^[]}]/) next
        if (match(line, /^"[^"]*": /)) {
            name[depth] = substr(line, 2, RLENGTH - 4)
            value = substr(line, RLENGTH + 1)
        } else {
            name[depth] = count[depth]++
            value = line
        }
        if (value == "{" || value == "[") { count[depth + 1] = 0; next }
        path = name[1]
        for (i = 2; i <= depth; i++) path = path "." name[i]
        if (path == want && value != "null") { gsub(/^"|"$/, "", value); print value; done = 1 }
    }' "${2:--}"
}

# Whether assent-verify, run alone on one file, accepts it; its JSON goes to a second file.
accepted() { # bundle, result
    env -i "$BIN/assent-verify" "$1" --genesis "$CHAIN" --json >"$2" || fail "assent-verify refuses $1: $(cat "$2")"
    [ "$(field accepted "$2")" = true ] || fail "assent-verify does not accept $1"
}

# Runs assent for somebody and keeps its JSON in $WORK/answer.json.
as() { # whose client, arguments...
    local client=$NET/$1/client.toml
    shift
    "$BIN/assent" --json "$@" --client "$client" >"$WORK/answer.json" ||
        fail "assent $1 $2 is refused: $(field error.number "$WORK/answer.json") $(field error.message "$WORK/answer.json")"
}

# A command that changes the ledger: keeps its receipt's bundle and says what the receipt says.
submit() { # what, whose client, arguments...
    local what=$1 who=$2
    shift 2
    as "$who" "$@" --save "$PROOFS/${#WHAT[@]}.bundle"
    receipt "$what" "$who"
}

# A command that must be refused with a number, and changes nothing; tells the answer.
refused() { # number, whose client, arguments...
    local number=$1 who=$2
    shift 2
    if "$BIN/assent" "$@" --client "$NET/$who/client.toml" >"$WORK/answer.json" 2>&1; then
        fail "assent $1 $2 of $who is not refused with E$number"
    fi
    grep -q "^error: E$number " "$WORK/answer.json" || fail "not refused with E$number: $(cat "$WORK/answer.json")"
    REFUSED=$((REFUSED + 1))
    sed 's/^error: //' "$WORK/answer.json" | fold -s -w 112 | sed 's/^/   /; s/ *$//'
}

# Takes the last bundle as the receipt of what was done.
receipt() { # what, who
    local number=${#WHAT[@]}
    accepted "$PROOFS/$number.bundle" "$PROOFS/$number.json"
    WHAT+=("$1")
    READER+=("$2")
    TX+=("$(field receipt.public.tx "$PROOFS/$number.json")")
    receipt_line "$number"
}

# What a receipt says: the rule of the transition tables that was applied, and its code, of which 0 is "executed".
outcome() {
    local row code
    row=$(field receipt.details.events.0.row "$1")
    code=$(field receipt.public.code "$1")
    echo "${row:-no rule} code $code"
}

receipt_line() { # number
    local proof=$PROOFS/$1.json tx
    tx=$(field receipt.public.tx "$proof")
    printf '   height %3d  tx %.10s  %-12s  %s\n' "$(field receipt.public.height "$proof")" "$tx" \
        "$(outcome "$proof")" "${WHAT[$1]}"
}

# Asks for a decision and requires the answer: "permit", or the numbers of all reasons of the denial.
decide() { # what, answer, whose client, arguments...
    local what=$1 expected=$2 who=$3 answer reason index height checked
    shift 3
    as "$who" query decide "$@" --save "$PROOFS/decision-${#ASKED[@]}.bundle"
    answer=permit
    if [ "$(field decision.permit "$WORK/answer.json")" != true ]; then
        answer=
        for index in 0 1 2 3 4 5 6 7; do
            reason=$(field "decision.reasons.$index" "$WORK/answer.json")
            answer+=${reason:+ $reason}
        done
        answer=${answer# }
    fi
    [ "$answer" = "$expected" ] || fail "the answer is \"$answer\" and not \"$expected\": $what"
    # The records on which the decision rests; where all may be read, assent has decided again from them.
    accepted "$PROOFS/decision-${#ASKED[@]}.bundle" "$WORK/verified.json"
    height=$(field height "$WORK/answer.json")
    [ "$(field header.fields.height "$WORK/verified.json")" = "$height" ] || fail "the proof is of another height: $what"
    checked="node's word"
    [ "$(field recomputed "$WORK/answer.json")" = false ] || checked="proven"
    ANSWERS+=("$answer")
    ASKED+=("$(printf 'height %3d  %-7s  %-11s  %s' "$height" "$answer" "$checked" "$what")")
    told "${ASKED[-1]}"
}

# A copy of a file with one bit flipped.
flipped() { # file, offset, copy
    local byte
    cp "$1" "$3"
    byte=$(od -An -tu1 -j "$2" -N 1 "$1")
    printf "\\x$(printf %02x $((byte ^ 1)))" | dd of="$3" bs=1 seek="$2" conv=notrunc status=none
}
