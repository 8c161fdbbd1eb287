// Calls everything that sockets offer, in random order, and checks what must always hold. See
// README.md.
#include <sys/mman.h>

#include <cstdio>
#include <exception>

#include "spinner/arguments.hpp"
#include "spinner/child.hpp"
#include "spinner/parent.hpp"
#include "spinner/passed.hpp"

int main(int argc, char** argv) {
  try {
    if (spinner::is_passed(argc, argv)) return spinner::run_passed(argv);
    const spinner::Arguments arguments = spinner::parse(argc, argv);
    if (!arguments.is_child) return spinner::run_parent(arguments);
    static spinner::Progress own;
    if (arguments.progress < 0) return spinner::run_child(arguments, own);
    void* const shared = ::mmap(nullptr,
                                sizeof(spinner::Progress),
                                PROT_READ | PROT_WRITE,
                                MAP_SHARED,
                                arguments.progress,
                                0);
    if (shared == MAP_FAILED) return 2;
    return spinner::run_child(arguments, *static_cast<spinner::Progress*>(shared));
  } catch (const std::exception& error) {
    std::fprintf(
        stderr,
        "spinner: %s\nspinner_test [--seed S] [--operations N] [--only 3,17,20-40] [--reached "
        "FILE] [--child]\n",
        error.what());
    return 2;
  }
}
