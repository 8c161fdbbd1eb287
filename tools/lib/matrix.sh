# The compilers, languages, standard libraries and machines that users have and that no change waits for. In each of them
# the tests of the engine, of the channel's contract and of what reads foreign bytes. Sourced by tools/test.

matrix=(clang-19 clang-19-libcxx gcc-no-rtti gcc-cpp23-lto i686 aarch64 s390x)

engine=(unit contract portable_contract conformance socket check proxy node_unit)

# qemu-user translates system calls, but not all options and control messages of sockets (on s390x not the size of a run's
# datagrams either): what is left out says so.
emulated=(unit contract portable_contract conformance check proxy node_unit)
not_emulated='~[reports]~[metadata]~[memberships]~[settings]~[interfaces]~[counters]~[offload]'

# build_engine <name> <meson options...>
build_engine() {
  local name=$1 targets tests=("${engine[@]}") which=()
  shift
  if [[ "$*" == *--cross-file=*/aarch64.ini* || "$*" == *--cross-file=*/s390x.ini* ]]; then
    tests=("${emulated[@]}") && which=("--test-args=$not_emulated")
  fi
  targets=("${tests[@]/#/test/}")
  targets=("${targets[@]/%/_test}")
  # The spinner starts itself, and forks; it asks objects what they are.
  if [[ "$*" != *--cross-file* && "$*" != *cpp_rtti=false* ]]; then targets+=(test/spinner_test) && tests+=(spinner); fi
  build_and_test "$name" --buildtype=debug -Ddefault_library=static "$@" \
    -- "${targets[@]}" -- "${tests[@]}" "${patient[@]}" "${which[@]}"
}

# build_machine <name> <what it is> <packages...>: a cross build; its tests run on this machine, or in an emulator.
build_machine() {
  local name=$1 what=$2 linker=
  shift 2
  need_packages "${packages[@]}" "$@"
  step "g++, the system's Asio, $what"
  if [[ $what == *emulator* ]]; then export DGRAM_DISABLE=gso,gro; fi
  CXX=$name-linux-gnu-g++ build_engine "$name" --cross-file="$root/tools/lib/machines/$name.ini"
  unset DGRAM_DISABLE
}

build_clang_19() {
  need_packages "${packages[@]}" clang-19
  with_newest_asio clang-19
  step "clang 19, $asio_name"
  CXX=clang++-19 build_engine clang-19 "${asio_options[@]}"
}

build_clang_19_libcxx() {
  need_packages "${packages[@]}" clang-19 libc++-19-dev libc++abi-19-dev
  with_newest_asio clang-19-libcxx
  step "clang 19 with libc++ 19, $asio_name"
  CXX=clang++-19 build_engine clang-19-libcxx -Dcpp_args='-stdlib=libc++ -fexperimental-library' \
    -Dcpp_link_args='-stdlib=libc++ -fexperimental-library' "${asio_options[@]}"
}

build_gcc_no_rtti() {
  need_packages "${packages[@]}"
  step "g++, the system's Asio, no RTTI"
  CXX=g++ build_engine gcc-no-rtti -Dcpp_rtti=false -Dcpp_args='-DASIO_NO_TYPEID -g1'
}

build_gcc_cpp23_lto() {
  local linker=
  need_packages "${packages[@]}"
  step "g++, the system's Asio, C++23, -O3 with link-time optimization"
  CXX=g++ build_engine gcc-cpp23-lto -Doptimization=3 -Dtests_optimization=1 -Db_lto=true -Dcpp_args='-std=c++23 -g1'
}

build_i686() { build_machine i686 '32 bits' g++-i686-linux-gnu; }
build_aarch64() { build_machine aarch64 'aarch64 in an emulator' g++-aarch64-linux-gnu qemu-user; }
build_s390x() { build_machine s390x 's390x, which is big-endian, in an emulator' g++-s390x-linux-gnu qemu-user; }
