# Hosts, and cables between them, for the scripts that need a network: each host is a network namespace of its own. Sourced
# instead of tap.sh, which it sources. Usage of a script: as in tap.sh.
#
#   host a
#   host b
#   cable a eth0 10.0.0.1/24,fd00::1/64 b eth0 10.0.0.2/24,fd00::2/64
#   serve $a "$examples/echo_server" 0.0.0.0 9000   # a program on host a
#
# The script itself moves into a namespace first, so nothing that it sends by mistake can leave the machine. Namespaces have
# no names and end with the script.

PATH=$PATH:/usr/sbin:/sbin

no_hosts() {
  echo "1..0 # SKIP $1"
  exit 0
}

if [ -z "${dgram_test_own_network:-}" ]; then
  export dgram_test_own_network=1
  command -v ip >/dev/null || no_hosts 'there is no program "ip" (Debian: iproute2)'
  command -v unshare >/dev/null || no_hosts 'there is no program "unshare" (Debian: util-linux)'
  # As root, or as root of a user namespace where the system lets anyone have one.
  for own in 'unshare --net' 'unshare --user --map-root-user --net'; do
    if $own sh -c 'ip link set lo up && echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad && unshare --net true' \
      2>/dev/null; then
      exec $own -- "$0" "$@"
    fi
  done
  no_hosts 'no right to make network namespaces with IPv6 and to set them up (run as root)'
fi

. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"

declare -A host_pid
last_index=100

# host <name>: a host that has its loopback interface only. $<name> before a command runs it there.
host() {
  start unshare --net sh -c 'set -e
    for which in all default; do
      echo 0 >/proc/sys/net/ipv4/conf/$which/rp_filter
      echo 0 >/proc/sys/net/ipv6/conf/$which/disable_ipv6
      echo 0 >/proc/sys/net/ipv6/conf/$which/accept_dad
    done
    echo 0 >/proc/sys/net/ipv4/icmp_ratelimit  # else only the first of several datagrams is answered
    echo 0 >/proc/sys/net/ipv6/icmp/ratelimit
    ip link set lo up
    echo ready
    exec sleep 600'  # keeps the namespace; the script ends it earlier
  if ! expect_line '^ready$'; then
    fail "host $1"
    give_up
  fi
  host_pid[$1]=$pid
  printf -v "$1" '%s' "nsenter --net=/proc/$pid/ns/net"
}

# router <name>: a host that forwards.
router() {
  host "$1"
  ${!1} sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
}

# cable <host> <interface> <addresses> <host> <interface> <addresses> [<mtu>]: usable when this returns. Addresses have
# commas between them.
cable() {
  local mtu=${7:-1500}
  # Indices that no other host has: one that is taken from the wrong host then names nothing.
  must ${!1} ip link add "$2" mtu "$mtu" index $((++last_index)) type veth \
    peer name "$5" mtu "$mtu" index $((++last_index)) netns "${host_pid[$4]}"
  plug "$1" "$2" "$3"
  plug "$4" "$5" "$6"
  must await_ready "$1" "$2"
  must await_ready "$4" "$5"
}

plug() {
  local address
  must ${!1} ip link set "$2" up
  for address in ${3//,/ }; do
    if [[ $address == *:* ]]; then
      must ${!1} ip address add "$address" nodad dev "$2"
    else
      must ${!1} ip address add "$address" brd + dev "$2"
    fi
  done
}

# await_ready <host> <interface>: it has its carrier and a link-local address, and the routes by which its addresses receive.
await_ready() {
  local end=$((SECONDS + patience))
  until ${!1} sh -c "ip -o link show $2 | grep -q LOWER_UP && ip -6 -o address show dev $2 | grep -q fe80: &&
    ! ip -6 -o address show dev $2 | grep -q tentative && ip -6 route show table local dev $2 | grep -q fe80:"; do
    if [ "$SECONDS" -ge "$end" ]; then
      echo "# $1: $2 is not ready"
      return 1
    fi
  done
}

# link_local <host> <interface>: its address, without a zone.
link_local() {
  ${!1} ip -6 -o address show dev "$2" scope link | sed -n 's|.*inet6 \([^/]*\)/.*|\1|p'
}
