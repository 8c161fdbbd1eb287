# Debian's nginx, unpacked into build/: installed, it would be a service that listens on port 80, now and after each boot. Its
# libraries are those of every Debian with python3. Sourced.

# with_nginx: puts it into PATH, where test/examples/balancer looks; returns 1 when Debian has none for us. One that is
# installed is taken as it is, elsewhere too.
with_nginx() {
  local dir=$root/build/nginx
  if is_installed nginx && is_installed libnginx-mod-stream; then return; fi
  on_debian || return 0
  if [ ! -f "$dir/usr/lib/nginx/modules/ngx_stream_module.so" ]; then
    status "   fetching nginx"
    fetch_nginx "$dir" >"$logs/nginx.log" 2>&1 || {
      status_done
      return 1
    }
    status_done
  fi
  PATH=$dir/usr/sbin:$PATH
}

fetch_nginx() {
  local dir=$1 package
  rm -rf "$dir"
  mkdir -p "$dir/packages" || return 1
  (
    cd "$dir/packages" || exit 1
    apt-get download nginx libnginx-mod-stream || { apt-get update && apt-get download nginx libnginx-mod-stream; }
  ) </dev/null || return 1
  for package in "$dir"/packages/*.deb; do dpkg -x "$package" "$dir" || return 1; done
  rm -rf "$dir/packages"
  "$dir/usr/sbin/nginx" -v
}
