# The newest Asio that this machine's own package sources offer, unpacked into build/: nothing is installed. Sourced.

# newest_asio: sets asio_options (for meson setup) and asio_name; returns 1 when there is only the system's.
newest_asio() {
  local dir=$root/build/asio-newest
  asio_options=()
  asio_name="the system's Asio"
  if ! on_debian; then
    asio_options=(--force-fallback-for=asio)
    asio_name="the wrap's Asio"
    return 0
  fi
  if [ ! -f "$dir/pkgconfig/asio.pc" ]; then
    status "   looking for a newer Asio"
    fetch_asio "$dir" sid >>"$logs/asio.log" 2>&1 || fetch_asio "$dir" trixie >>"$logs/asio.log" 2>&1 || {
      status_done
      return 1
    }
    status_done
  fi
  asio_options=(--pkg-config-path="$dir/pkgconfig")
  asio_name="Asio $(sed -n 's/^Version: //p' "$dir/pkgconfig/asio.pc")"
}

# fetch_asio <dir> <suite>: libasio-dev is headers for every architecture, so a later suite's package fits here. All state
# of apt's goes into <dir>: the system's sources and lists stay as they are.
fetch_asio() {
  local dir=$1 suite=$2 mirror signed='' version apt
  rm -rf "$dir"
  mkdir -p "$dir/apt/lists/partial" "$dir/apt/cache/archives/partial" "$dir/pkgconfig" || return 1

  mirror=$(debian_mirror)
  if [ -z "$mirror" ]; then
    apt-get update
    mirror=$(debian_mirror)
  fi
  [ -n "$mirror" ] || return 1
  if [ -f /usr/share/keyrings/debian-archive-keyring.gpg ]; then
    signed='[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]'
  fi
  echo "deb $signed $mirror $suite main" >"$dir/apt/sources.list"

  apt=(apt-get -o Dir::Etc::sourcelist="$dir/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o Dir::State::Lists="$dir/apt/lists" -o Dir::Cache="$dir/apt/cache")
  "${apt[@]}" update --error-on=any </dev/null || return 1
  (cd "$dir" && "${apt[@]}" download libasio-dev </dev/null) || return 1
  dpkg -x "$dir"/libasio-dev_*.deb "$dir" || return 1

  version=$(sed -n 's/^#define ASIO_VERSION .*\/\/ //p' "$dir/usr/include/asio/version.hpp")
  [ -n "$version" ] || return 1
  rm -rf "$dir/apt" "$dir"/*.deb
  printf '%s\n' 'Name: asio' 'Description: unpacked headers' "Version: $version" \
    "Cflags: -I$dir/usr/include" >"$dir/pkgconfig/asio.pc"
}

# Where this machine gets Debian from. Known only after an apt-get update.
debian_mirror() {
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | head -n 1
}
