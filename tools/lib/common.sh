# Shared by the entry points: where things are, how to talk, how to get packages, how to build. Sourced, not run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
logs=$root/build/log
mkdir -p "$logs"

# --- talking ----------------------------------------------------------------------------------------------------------

if [ -t 1 ]; then on_tty=yes; else on_tty=; fi

say() { printf '%s\n' "$*"; }
step() { printf '== %s\n' "$*"; }

# A line that replaces itself on a terminal; elsewhere nothing, so that logs stay short.
status() { if [ -n "$on_tty" ]; then printf '\r\033[K%s' "$*"; fi; }
status_done() { if [ -n "$on_tty" ]; then printf '\r\033[K'; fi; }

# The end of the story when it can't go on: why, where the log is, and the verdict as the last line.
give_up() {
  status_done
  say "$1"
  if [ -n "${2:-}" ]; then
    say "--- end of $2"
    tail -n 40 "$2"
  fi
  say "FAILED: 0 passed, 1 failed"
  exit 1
}

# --- packages ---------------------------------------------------------------------------------------------------------

on_debian() {
  command -v apt-get >/dev/null && command -v dpkg-query >/dev/null &&
    grep -qE '^ID(_LIKE)?=.*(debian|ubuntu)' /etc/os-release 2>/dev/null
}

# The machine that the project is tested on: there a new warning is our fault, elsewhere it may be a newer compiler's whim.
on_reference_machine() { on_debian && grep -q '^VERSION_ID="12"' /etc/os-release; }

is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# Installs what is missing of the named Debian packages.
need_packages() {
  local package missing=()
  if ! on_debian; then
    say "This is not Debian, so nothing is installed. Needed, by their names there: $*"
    say "Meson fetches libraries that it does not find (subprojects/*.wrap)."
    return
  fi
  for package; do is_installed "$package" || missing+=("$package"); done
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" != 0 ]; then
    give_up "Missing packages. Run as root: apt-get install --no-install-recommends ${missing[*]}"
  fi
  step "Installing: ${missing[*]}"
  if ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
    "${missing[@]}"; } >"$logs/apt.log" 2>&1 </dev/null; then
    give_up "apt-get could not install: ${missing[*]}" "$logs/apt.log"
  fi
}

# --- building ---------------------------------------------------------------------------------------------------------

# configure <name> <meson options...>: build/<name>, made anew when the options or the tools have changed.
configure() {
  local name=$1 dir=$root/build/$1 log=$logs/$1-setup.log wanted
  shift
  wanted="$* | $(meson --version) | $(${CXX:-c++} --version | head -n 1)"
  if [ -f "$dir/build.ninja" ] && [ "$(cat "$dir/configured" 2>/dev/null)" = "$wanted" ]; then return; fi
  rm -rf "$dir"
  status "   configuring"
  if ! meson setup "$dir" "$root" "$@" >"$log" 2>&1 </dev/null; then give_up "Meson failed." "$log"; fi
  status_done
  printf '%s' "$wanted" >"$dir/configured"
}

# compile <name> [targets...]: shows how far it is; says what failed and returns 1.
compile() {
  local name=$1 dir=$root/build/$1 log=$logs/$1-build.log line began=$SECONDS shown=$SECONDS
  shift
  : >"$log"
  while IFS= read -r line; do
    printf '%s\n' "$line" >>"$log"
    [[ $line == '['*/*']'* ]] || continue
    status "   building ${line%%]*}] $((SECONDS - began)) s"
    if [ -z "$on_tty" ] && ((SECONDS - shown >= 30)); then
      say "   building ${line%%]*}] after $((SECONDS - began)) s"
      shown=$SECONDS
    fi
  done < <(NINJA_STATUS='[%f/%t] ' ninja -C "$dir" "$@" 2>&1 </dev/null || echo 'BUILD FAILED')
  status_done
  if [ "$(tail -n 1 "$log")" = 'BUILD FAILED' ]; then
    say "   build failed (all of it: ${log#"$root"/}):"
    grep -E -A 12 'FAILED:|error:|undefined reference' "$log" | grep -vE '^\[|^c\+\+ |^clang' | head -n 60
    return 1
  fi
  say "   built in $((SECONDS - began)) s"
}
