#!/usr/bin/env python3
"""A second verifier of proof bundles, in Python's standard library, written from the format and not from the Rust code.

    verify.py BUNDLE GENESIS_HASH    exit 0 if the bundle is accepted, 1 if it is refused
    verify.py --list FILE            checks lines "name hex" against the chain id in the line "genesis HASH"

Of a state value it decodes the key, the writer and the kind of the record, not the record itself.
"""
import hashlib
import sys

class Refused(Exception):
    pass

def need(fact, why):
    if not fact:
        raise Refused(why)

sha = lambda *parts: hashlib.sha256(b"".join(parts)).digest()
tagged = lambda tag, data: sha(bytes([len(tag)]), tag.encode(), data)
little = lambda number, width: number.to_bytes(width, "little")

# ---- Ed25519 (RFC 8032 §5.1), strict: canonical encodings, no small order, no cofactor ----
P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D, ROOT, NEUTRAL = -121665 * pow(121666, P - 2, P) % P, pow(2, (P - 1) // 4, P), (0, 1, 1, 0)

def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P

def mul(scalar, point):
    total = NEUTRAL
    while scalar:
        total = add(total, point) if scalar & 1 else total
        point, scalar = add(point, point), scalar >> 1
    return total

same = lambda p, q: (p[0] * q[2] - q[0] * p[2]) % P == 0 and (p[1] * q[2] - q[1] * p[2]) % P == 0

def point(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x * ROOT % P if (x * x - square) % P else x
    if y >= P or (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P

BASE = point(little(4 * pow(5, P - 2, P) % P, 32))

def signed(key, message, signature):
    a, r, s = point(key), point(signature[:32]), int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L or same(mul(8, a), NEUTRAL) or same(mul(8, r), NEUTRAL):
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    return same(mul(s, BASE), add(r, mul(h, a)))

# ---- History log: the recursive definitions of RFC 9162 §2.1, taking hashes from the end of the proof ----
node = lambda left, right: sha(b"\1", left, right)
half = lambda size: 1 << (size - 1).bit_length() - 1

def pop(path):
    need(path, "proof too short")
    return path.pop()

def subtree(leaf, index, size, path):
    if size == 1:
        return leaf
    sibling, left = pop(path), half(size)
    if index < left:
        return node(subtree(leaf, index, left, path), sibling)
    return node(sibling, subtree(leaf, index - left, size - left, path))

def included(data, index, size, path, root):
    need(size <= 1 << 62 and index < size, "outside the log")
    need(subtree(sha(b"\0", data), index, size, path) == root and not path, "not in the log")

def fold(count, leaves, hidden):
    """Root from the leaves shown, by index, and from left to right the roots of the largest subtrees without one."""
    def root(start, end):
        if not any(start <= index < end for index in leaves):
            return pop(hidden)
        middle = start + half(end - start) if end - start > 1 else end
        return leaves[start] if middle == end else node(root(start, middle), root(middle, end))
    hidden.reverse()
    found = root(0, count) if count else sha(b"")
    need(not hidden and all(index < count for index in leaves), "opening")
    return found

def grow(old, new, path, whole):
    """Old and new root; `whole` is the old root while the old tree is all of this subtree's beginning."""
    if old == new:
        return (whole or pop(path),) * 2
    sibling, left = pop(path), half(new)
    if old <= left:
        first, second = grow(old, left, path, whole)
        return first, node(second, sibling)
    return tuple(node(sibling, root) for root in grow(old - left, new - left, path, None))

def consistent(old, old_root, new, new_root, path):
    if old in (0, new):
        return need(not path and old_root == (new_root if old else sha(b"")), "history is not a beginning")
    need(old < new <= 1 << 62, "sizes")
    need(grow(old, new, path, old_root) == (old_root, new_root) and not path, "history is not a beginning")

# ---- Encoding (borsh) ----
class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0
    def take(self, count):
        need(self.at + count <= len(self.data), "truncated")
        self.at += count
        return self.data[self.at - count:self.at]
    def int(self, width):
        return int.from_bytes(self.take(width), "little")
    def hash(self):
        return self.take(32)
    def list(self, most, item):
        count = self.int(4)
        need(count <= most, "list too long")
        return [item() for _ in range(count)]
    def option(self, item):
        flag = self.int(1)
        need(flag < 2, "option")
        return item() if flag else None
    def raw(self, item):
        start = self.at
        return item(), self.data[start:self.at]
    def fields(self, names):
        named = (field.partition(":") for field in names.split())
        return {name: self.int(int(width)) if width else self.hash() for name, _, width in named}
    def header(self):
        return self.fields("format:1 chain height:8 time:8 proposer:4 previous tx_root tx_count:4 log_root log_size:8 "
            "state_root validators next_validators params app_version:4")
    def final(self):
        header, raw = self.raw(self.header)
        certificate = self.int(8), self.int(4), self.hash(), self.list(128, lambda: (self.int(4), self.take(64)))
        return header, tagged("assent/header/1", raw), certificate
    def validators(self):
        found, raw = self.raw(lambda: self.list(128, lambda: (self.int(4), self.int(8), self.int(1), self.hash())))
        orgs, keys = [org for org, *_ in found], [key for *_, key in found]
        need(found and orgs == sorted(set(orgs)) and len(set(keys)) == len(keys), "validator set")
        need(all(1 <= power <= 1 << 32 and suite == 1 for _, power, suite, _ in found), "validator")
        return {org: (power, key) for org, power, _, key in found}, tagged("assent/validators/1", raw)
    def genesis(self):
        need(self.int(1) == 1, "genesis format")
        name = self.take(self.int(4))
        need(len(name) <= 64 and (name.decode(), self.int(1))[1] in (1, 2), "genesis")
        self.int(8)
        return self.validators(), self.fields("params state_root app_version:4")
    def key(self):
        kind = self.int(1)
        need(1 <= kind <= 11, "state key")
        fields = {4: "o", 5: "h", 6: "h", 7: "h", 8: "ho", 9: "o", 10: "o"}.get(kind, "")
        return (kind, *(self.hash() if field == "h" else self.int(4) for field in fields))
    def event(self):
        return self.take(3), self.hash(), self.option(self.hash), self.list(64, lambda: self.int(4))

# ---- Bundles ----
def finality(final, chain, trusted):
    header, block, (height, number, named, votes) = final
    since, (members, members_hash) = trusted
    need(header["format"] == 1 and header["chain"] == chain and header["height"] >= since, "header")
    need(header["validators"] == members_hash, "validators")
    need((height, named) == (header["height"], block), "certificate of another block")
    voters = [voter for voter, _ in votes]
    need(voters == sorted(set(voters)) and set(voters) <= set(members), "voters")
    for voter, signature in votes:
        payload = chain + b"\2" + little(height, 8) + little(number, 4) + b"\1" + block + little(voter, 4)
        need(signed(members[voter][1], tagged("assent/vote/1", payload), signature), "signature")
    power, total = (sum(members[org][0] for org in orgs) for orgs in (voters, members))
    need(3 * power > 2 * total, "power")
    return header

def opening(reader):
    (*_, count), begin = reader.raw(lambda: (reader.hash(), reader.option(reader.hash), reader.int(4)))
    shown = reader.list(20_000, lambda: (reader.int(4), reader.raw(lambda: (reader.hash(), reader.event()))[1]))
    hidden, order = reader.list(20_000, reader.hash), [index for index, _ in shown]
    need(order == sorted(set(order)), "opening")
    leaves = {index: sha(b"\0", tagged("assent/receipt-event/1", raw)) for index, raw in shown}
    return tagged("assent/receipt-details/1", begin + fold(count, leaves, hidden))

def receipt(reader, header):
    found, raw = reader.raw(lambda: reader.fields("format:1 height:8 time:8 index:4 tx code:2 details"))
    index, path = reader.int(8), reader.list(63, reader.hash)
    details = reader.option(lambda: opening(reader))
    included(tagged("assent/receipt/1", raw), index, header["log_size"], path, header["log_root"])
    order = [(found[name] > header[name]) - (found[name] < header[name]) for name in ("height", "time")]
    need(found["format"] == 1 and order in ([0, 0], [-1, -1]), "place")
    need(details is None or details == found["details"], "details")
    return f"receipt of height {found['height']}"

def earlier(reader, header):
    (older, raw), path = reader.raw(reader.header), reader.list(63, reader.hash)
    included(tagged("assent/header/1", raw), older["log_size"], header["log_size"], path, header["log_root"])
    need(older["format"] == 1 and older["chain"] == header["chain"], "earlier header")
    need(older["height"] < header["height"] and older["time"] < header["time"], "place")
    return f"header of height {older['height']}"

EMPTY = b"SPARSE_MERKLE_PLACEHOLDER_HASH__"

def item(reader, root):
    key, raw = reader.raw(reader.key)
    value = reader.option(lambda: reader.take(reader.int(4)))
    neighbour = reader.option(lambda: (reader.hash(), reader.hash()))
    path = reader.list(256, lambda: reader.option(reader.hash))
    hashed, depth, current = tagged("assent/state-key/1", raw), len(path), EMPTY
    place = int.from_bytes(hashed, "big")
    need(EMPTY not in path, "an empty sibling is spelled out")
    if value is not None:
        need(neighbour is None and len(value) <= 4 << 20, "presence with a neighbour")
        current = sha(b"JMT::LeafNode", hashed, sha(value))
        inside = Reader(value)
        need(inside.key() == key and inside.hash() and inside.int(1) == key[0], "value of another key")
    elif neighbour:
        need(neighbour[0] != hashed, "the key is present")
        need((int.from_bytes(neighbour[0], "big") ^ place) >> 256 - depth == 0, "neighbour elsewhere")
        current = sha(b"JMT::LeafNode", *neighbour)
    for height, sibling in enumerate(path):
        right = place >> 256 - depth + height & 1
        current = sha(b"JMT::IntrnalNode", *((current, sibling or EMPTY)[::-1 if right else 1]))
    need(current == root, "state root")
    return key, value is not None

def state(reader, header):
    items = reader.list(256, lambda: item(reader, header["state_root"]))
    keys = [key for key, _ in items]
    need(keys and keys == sorted(set(keys)), "order of keys")
    return f"{sum(found for _, found in items)} keys present, {sum(not found for _, found in items)} absent"

def consistency(reader, header, chain, trusted):
    older, path = reader.final(), reader.list(63, reader.hash)
    sets = [entry for entry in trusted if entry[0] <= older[0]["height"] < header["height"]]
    need(sets, "order of heights")
    old = finality(older, chain, sets[-1])
    consistent(old["log_size"], old["log_root"], header["log_size"], header["log_root"], path)
    return f"history since height {old['height']}"

def verify(data, chain):
    need(data[:15] == b"assent/proof/v1", "magic")
    need(len(data) <= 32 << 20 and len(data) > 47 and sha(data[:-32]) == data[-32:], "checksum")
    reader = Reader(data[15:-32])
    need(reader.hash() == chain, "chain")
    (members, _), raw = reader.raw(reader.genesis)
    need(tagged("assent/genesis/1", raw) == chain, "genesis")
    trusted = [(1, members)]
    for final, members in reader.list(1024, lambda: (reader.final(), reader.validators())):
        header = finality(final, chain, trusted[-1])
        need(header["next_validators"] == members[1] != trusted[-1][1][1], "change of validators")
        trusted.append((header["height"] + 1, members))
    header, claim = finality(reader.final(), chain, trusted[-1]), reader.int(1)
    need(1 <= claim <= 5, "claim")
    proven = (lambda: "finality", lambda: receipt(reader, header), lambda: earlier(reader, header),
        lambda: state(reader, header), lambda: consistency(reader, header, chain, trusted))[claim - 1]()
    need(reader.at == len(reader.data), "trailing bytes")
    return f"{proven}, at height {header['height']}"

def verdict(data, chain):
    try:
        return "accepted", verify(data, chain)
    except (Refused, UnicodeDecodeError) as error:
        return "refused", str(error)

def main(arguments):
    if len(arguments) == 2 and arguments[0] == "--list":
        names = [line.rsplit(" ", 1) for line in open(arguments[1], encoding="utf-8")]
        chain = next(bytes.fromhex(text) for name, text in names if name == "genesis")
        for name, text in names:
            name == "genesis" or print(name, *verdict(bytes.fromhex(text), chain), sep="\t")
        return 0
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    result, detail = verdict(open(arguments[0], "rb").read(), bytes.fromhex(arguments[1]))
    print(f"{result}: {detail}")
    return 0 if result == "accepted" else 1

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
