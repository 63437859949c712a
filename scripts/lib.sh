# Shared by every script: what must be installed, and the one way in which everything is built.
# Sourced, not run. A script sets -euo pipefail before.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# Builds live outside the checkout, so that a second clone finds the compiled dependencies again.
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/assent/target}

# One profile and one package selection for demo, tests and benches. Cargo unites features over the selected packages:
# another selection would compile the dependencies a second time.
PROFILE=ci
SELECTION=(--workspace --locked)
BIN=$CARGO_TARGET_DIR/$PROFILE

# Reckoned from a measurement on two cores; README.md says which.
FIRST_BUILD="about 15 minutes on 2 cores, less on more"

# Oldest compiler, as Cargo.toml says in rust-version.
RUST_MIN=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$ROOT/Cargo.toml")

ASK=no

say() { printf '%s\n' "$*" >&2; }

die() {
    say "error: $*"
    exit 1
}

# Whether the newer of two dotted versions is the first.
at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | tail -n 1)" = "$1" ]; }

# Whether bindgen will find the C interface of Clang. libclang-cpp, which other packages bring, is not it.
has_libclang() {
    [ -n "${LIBCLANG_PATH:-}" ] && return 0
    local name='libclang(-[0-9][0-9.]*)?\.so'
    ldconfig -p 2>/dev/null | grep -E "$name" >/dev/null && return 0
    compgen -G '/usr/lib/llvm-*/lib/libclang*.so*' | grep -E "$name" >/dev/null
}

# What is missing, as Debian packages: a C++ compiler for RocksDB, libclang for its bindings, a downloader for rustup.
missing_packages() {
    command -v c++ >/dev/null || echo g++
    command -v make >/dev/null || echo make
    has_libclang || echo libclang-dev
    if ! command -v cargo >/dev/null && ! [ -x "$HOME/.cargo/bin/cargo" ]; then
        command -v curl >/dev/null || echo curl
        [ -e /etc/ssl/certs/ca-certificates.crt ] || echo ca-certificates
    fi
}

confirm() {
    [ "$ASK" = yes ] || return 0
    local answer
    read -r -p "$1 Go on? [y/N] " answer </dev/tty || die "--ask needs a terminal"
    [ "$answer" = y ] || [ "$answer" = Y ] || die "stopped, nothing was changed"
}

install_packages() {
    local packages=("$@") root=()
    command -v apt-get >/dev/null || die "install these (Debian names) and run again: ${packages[*]}"
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || die "as root, run: apt-get install ${packages[*]}"
        root=(sudo)
    fi
    say "Installing Debian packages: ${packages[*]}"
    "${root[@]}" apt-get update -q >&2
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${packages[@]}" >&2
}

# Installs strace, and stops where a process may not be traced: a check that cannot run has not passed.
need_strace() {
    if ! command -v strace >/dev/null; then
        confirm "The Debian package strace is missing and would be installed."
        install_packages strace
    fi
    strace -o /dev/null true 2>/dev/null ||
        die "NOT RUN: this machine does not let strace trace a process (in a container: --cap-add SYS_PTRACE)"
}

install_rust() {
    say "Installing Rust into ~/.cargo and ~/.rustup with rustup (https://rustup.rs)"
    curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs |
        sh -s -- -y -q --no-modify-path --profile minimal --default-toolchain stable -c rustfmt -c clippy >&2
}

# Installs what is missing, says so, and says how long the first build takes.
prepare() {
    local packages
    mapfile -t packages < <(missing_packages)
    if [ ${#packages[@]} -gt 0 ]; then
        confirm "These Debian packages are missing and would be installed: ${packages[*]}."
        install_packages "${packages[@]}"
    fi
    command -v cargo >/dev/null || PATH=$HOME/.cargo/bin:$PATH
    if ! command -v cargo >/dev/null; then
        confirm "Rust is missing and would be installed with rustup, below ~/.cargo and ~/.rustup."
        install_rust
    fi
    local version
    version=$(cd "$ROOT" && rustc --version | cut -d' ' -f2)
    at_least "$version" "$RUST_MIN" || die "Rust $version is too old, $RUST_MIN is needed: rustup update stable"
    if ! compgen -G "$BIN/deps/librocksdb-*.rlib" >/dev/null; then
        say "First build into $CARGO_TARGET_DIR: $FIRST_BUILD. Later builds take what changed only."
    fi
}

# Cargo names a crate's artifacts by its path inside the workspace, and takes those of another checkout for its own where
# they are newer than its sources. So the project's own crates are built anew when the checkout changes; what they
# depend on stays.
own_artifacts() {
    local mark=$CARGO_TARGET_DIR/checkout
    if [ -e "$mark" ] && [ "$(<"$mark")" != "$ROOT" ]; then
        say "The last build here was of another checkout: the project's own crates are built anew."
        (cd "$ROOT" && cargo clean --quiet --profile "$PROFILE" --workspace)
    fi
    mkdir -p "$CARGO_TARGET_DIR"
    printf '%s\n' "$ROOT" >"$mark"
}

# Builds everything once: programs, tests and benches.
build() {
    own_artifacts
    (cd "$ROOT" && cargo build --profile "$PROFILE" "${SELECTION[@]}" --all-targets)
}

# Random test inputs and recorded figures name the commit.
commit() { git -C "$ROOT" describe --always --dirty 2>/dev/null || echo unknown; }
