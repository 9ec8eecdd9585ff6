# The scripts beside this folder source this file. It sets `root`, finds Swift, and prints messages.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

say() { printf '%s\n' "$*" >&2; }

die() {
  say "${0##*/}: $*"
  exit 1
}

# Prints the comment block at the top of the calling script, which is its help.
help() { sed -n '2,/^$/s/^# \{0,1\}//p' "$0"; }

# A toolchain that is not on PATH may still lie where swiftly puts it, or where people unpack swift.org's archives, whose
# programs are in usr/bin.
find_swift() {
  local place
  command -v swift >/dev/null && return
  for place in "${SWIFTLY_BIN_DIR:-$HOME/.local/share/swiftly/bin}" "$HOME/.swiftly/bin" \
    {/opt,/usr/local,/usr/share,"$HOME"}/swift*/usr/bin /usr/bin; do
    if [[ -x $place/swift ]]; then
      PATH=$place:$PATH
      return
    fi
  done
}
find_swift

check_swift() {
  local version
  command -v swift >/dev/null ||
    die "Swift 6.2 or newer is needed and there is no 'swift' on PATH: see https://www.swift.org/install/linux/"
  version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9.]*\).*/\1/p' | head -n 1)
  [[ -n $version ]] || die "'swift --version' does not work: $(swift --version 2>&1 | tail -n 1)"
  printf '6.2\n%s\n' "$version" | sort -CV || die "Swift 6.2 or newer is needed, this is $version"
}
