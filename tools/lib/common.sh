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

# --- one at a time, and where the time goes ---------------------------------------------------------------------------

# alone <arguments of the script...>: everything happens in build/, so a second run waits until the first one has ended.
alone() {
  if [ -n "${dgram_is_alone:-}" ] || ! command -v flock >/dev/null; then return; fi
  if ! flock -n "$logs/lock" true; then say "Another run is at work in build/: waiting until it ends."; fi
  dgram_is_alone=yes exec flock -o "$logs/lock" "$0" "$@"
}

tool=$(basename "$0")
times=$logs/$tool-times.tsv
started_at=$EPOCHREALTIME

# took <build, or nothing> <phase> <when it began>: remembers it for where_time_went.
took() {
  LC_ALL=C awk -v from="$3" -v to="$EPOCHREALTIME" -v build="$1" -v phase="$2" \
    'BEGIN { printf "%s\t%s\t%.1f\n", build, phase, to - from }' >>"$times"
}

# A table: per build, what each phase took; the slowest files and tests. It is kept in build/log/.
where_time_went() {
  say
  python3 -B "$root/tools/lib/times.py" "$root/build" "$times" "$started_at" | tee "$logs/$tool-times.txt"
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
  local began=$EPOCHREALTIME
  step "Installing: ${missing[*]}"
  if ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
    "${missing[@]}"; } >"$logs/apt.log" 2>&1 </dev/null; then
    give_up "apt-get could not install: ${missing[*]}" "$logs/apt.log"
  fi
  took '' install "$began"
}

# --- building ---------------------------------------------------------------------------------------------------------

# The build that tools/demo, tools/test and tools/bench share: optimized, as programs are, with line numbers. Each asks for
# the parts that it needs. (libdir: without dpkg-dev, Meson takes lib64 for Debian's, where CMake does not look.)
shared_build=(--buildtype=debugoptimized -Db_ndebug=true -Ddefault_library=static -Dcpp_args=-g1 -Dlibdir=lib)

# configure <name> <meson options...>: build/<name>. What was asked for earlier and is not named now stays as it is; with
# other tools it is made anew.
configure() {
  local name=$1 dir=$root/build/$1 log=$logs/$1-setup.log tools option began=$EPOCHREALTIME
  shift
  tools="$(meson --version) | $(${CXX:-c++} --version | head -n 1)"
  if [ ! -f "$dir/build.ninja" ] || [ "$(head -n 1 "$dir/configured" 2>/dev/null)" != "$tools" ]; then rm -rf "$dir"; fi

  local -A chosen=()
  local before=
  if [ -d "$dir" ]; then
    before=$(tail -n +2 "$dir/configured")
    while IFS= read -r option; do chosen[${option%%=*}]=$option; done <<<"$before"
  else
    for option in tests bench examples docs; do chosen[-D$option]=-D$option=disabled; done
  fi
  for option; do chosen[${option%%=*}]=$option; done
  local wanted
  wanted=$(printf '%s\n' "${chosen[@]}" | sort)
  if [ "$wanted" = "$before" ]; then return; fi

  status "   configuring"
  local again=()
  if [ -d "$dir" ]; then again=(--reconfigure); fi
  # ld.gold and lld link in half the time; where they cannot, the caller has set `linker`.
  if ! CXX_LD=${linker-$(faster_linker)} meson setup "${again[@]}" "$dir" "$root" "${chosen[@]}" >"$log" 2>&1 </dev/null; then
    rm -f "$dir/configured"
    give_up "Meson failed." "$log"
  fi
  status_done
  printf '%s\n' "$tools" "$wanted" >"$dir/configured"
  took "$name" configure "$began"
}

# fast_paths <name>: which of the ways that use Asio's internals are on there, as Meson has summed them up.
fast_paths() { sed -n 's/^ *fast paths *: *//p' "$root/build/$1/meson-logs/meson-log.txt" | tail -n 1; }

faster_linker() {
  local linker
  for linker in lld gold; do
    if command -v "ld.$linker" >/dev/null; then echo "$linker" && return; fi
  done
}

# compile <name> [targets...]: shows how far it is; says what failed and returns 1.
compile() {
  local name=$1 dir=$root/build/$1 log=$logs/$1-build.log line began=$SECONDS shown=$SECONDS precisely=$EPOCHREALTIME
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
  took "$name" compile "$precisely"
  if [ "$(tail -n 1 "$log")" = 'BUILD FAILED' ]; then
    say "   build failed (all of it: ${log#"$root"/}):"
    grep -E -A 12 'FAILED:|error:|undefined reference' "$log" | grep -vE '^\[|^c\+\+ |^clang' | head -n 60
    return 1
  fi
  say "   built in $((SECONDS - began)) s"
}
