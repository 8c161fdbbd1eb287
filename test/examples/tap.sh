# Shared by the scripts of this folder, which run the examples with programs that are not ours. Sourced, not run.
#
# Usage of each: <script> <folder of the built examples>. Output is TAP. Nothing here sleeps: a program says that it is
# ready, and expect_line waits for the line.

set -u
examples=$(cd "$1" && pwd)
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
PATH=$PATH:/usr/sbin:/sbin
patience=20  # seconds that a line or a program may take: a busy machine needs some

# Ends what this script started, and nothing else.
started=()
finish() {
  local pid
  for pid in "${started[@]}"; do
    kill "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
  done
  rm -rf "$work"
}
trap finish EXIT

# --- TAP --------------------------------------------------------------------------------------------------------------

number=0
pass() { echo "ok $((++number)) - $1"; }
fail() { echo "not ok $((++number)) - $1"; }
skip() { echo "ok $((++number)) - $1 # SKIP $2"; }
plan() { echo "1..$number"; }
has() { command -v "$1" >/dev/null; }
give_up() {
  plan
  exit 1
}

# must <command...>: prepares what everything after it needs. Where it fails, nothing more is tried.
must() {
  local said
  if said=$("$@" 2>&1); then return 0; fi
  sed 's/^/# /' <<<"$said"
  fail "$*"
  give_up
}

# same <name> <wanted> <got>
same() {
  if [ "$2" = "$3" ]; then
    pass "$1"
  else
    sed 's/^/# /' <<<"wanted: $2
got:    $3"
    fail "$1"
  fi
}

# contains <name> <wanted part> <got>
contains() { if [[ $3 == *"$2"* ]]; then pass "$1"; else same "$1" "…$2…" "$3"; fi; }

# --- programs ---------------------------------------------------------------------------------------------------------

# ask <command...>: runs a client. Its stdout is in $out, its stderr in $err, its exit code in $code.
ask() {
  timeout "$patience" "$@" >"$work/out" 2>"$work/err" </dev/null
  code=$?
  out=$(cat "$work/out")
  err=$(cat "$work/err")
}

# start <command...>: in the background, remembered. Its output is read by expect_line; its pid is in $pid.
start() {
  local pipe=$work/pipe.$((++pipes))
  mkfifo "$pipe"
  "$@" >"$pipe" 2>&1 </dev/null &
  pid=$!
  started+=("$pid")
  exec {lines}<"$pipe"
}
pipes=0

# expect_line <pattern>: reads the output of the program that was started last, up to a line that matches. It is then in
# $line.
expect_line() {
  while IFS= read -r -t "$patience" -u "$lines" line; do
    if [[ $line =~ $1 ]]; then return 0; fi
    echo "# $line"
  done
  echo "# no line that matches: $1"
  return 1
}

# serve <command...>: starts a server that says "listening on <address>:<port>". The port is then in $port.
serve() {
  start "$@"
  expect_line 'listening on .*:([0-9]+)$' && port=${BASH_REMATCH[1]}
}

# stop: ends the program that was started last. Its exit code is in $code.
stop() {
  kill "-${1:-TERM}" "$pid"
  wait "$pid"
  code=$?
  unset "started[-1]"
}

# serve_on_free_port <pattern> <command...>: for a server that cannot be told to take any port. PORT in its arguments
# becomes a number that was free a moment ago; when somebody else was faster, another one is tried. Ready when a line
# matches.
serve_on_free_port() {
  local ready=$1 attempt
  shift
  for attempt in 1 2 3 4 5; do
    port=$(free_port)
    start "${@//PORT/$port}"
    if expect_line "$ready"; then return 0; fi
  done
  return 1
}

# Free for UDP and for TCP: DNS servers take both.
free_port() {
  python3 - <<'END'
import socket
while True:
    udp, tcp = socket.socket(type=socket.SOCK_DGRAM), socket.socket()
    udp.bind(("127.0.0.1", 0))
    try:
        tcp.bind(udp.getsockname())
    except OSError:
        continue
    print(udp.getsockname()[1])
    break
END
}
