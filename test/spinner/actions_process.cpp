// Sockets that go from one process to another: links, with ends that mean no good, restarts, and
// descriptors with names.
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/co_spawn.hpp>
#include <cstdlib>
#include <cstring>

#include "spinner/actions.hpp"
#include "spinner/fail.hpp"
#include "spinner/passed.hpp"
#include "spinner/process_part.hpp"
#include "spinner/reached.hpp"
#include "spinner/seat.hpp"

namespace spinner {
namespace processes {

using OnStage = std::function<void(ProcessPart&)>;

Deed on_stage(OnStage deed) {
  return [deed = std::move(deed)](Seat& seat) {
    ProcessPart& part = seat.world().part<ProcessPart>();
    part.stage().act([&part, deed] { deed(part); }, false);
  };
}

// ---- links

Deed plan_try_send(Draw& draw) {
  const std::size_t n = draw.below(ProcessPart::pairs_count), from = draw.below(2),
                    count = draw.one_in(30) ? 65 : draw.below(4);
  draw.say("try_send of link ", n, " with ", count, " descriptors");
  return on_stage([=](ProcessPart& part) {
    LinkEnd& end = part.pair(n).ends[from];
    std::uint64_t number = 0;
    const std::string text = part.write(end, number);
    std::error_code ec;
    const auto handles = part.descriptors(count);
    const bool sent = CALL(DescriptorLink, *end.link, try_send, text, handles, ec);
    if (sent == static_cast<bool>(ec)) fail("try_send of a link says two things");
    if (!sent) end.under_way.erase(number);
    if (sent && count > dgram::DescriptorLink::max_descriptors)
      fail("a link takes more descriptors than it has room for");
  });
}

Deed plan_try_receive(Draw& draw) {
  const std::size_t n = draw.below(ProcessPart::pairs_count), to = draw.below(2);
  draw.say("try_receive of link ", n);
  return on_stage([=](ProcessPart& part) {
    LinkPair& pair = part.pair(n);
    std::error_code ec;
    dgram::DescriptorLink::Message message;
    message.bytes = "untouched";
    if (CALL(DescriptorLink, *pair.ends[to].link, try_receive, message, ec))
      part.received(pair, to, message);
    else if (!ec || message.bytes != "untouched")
      fail("a link has received nothing, and says so by a message or without an error");
  });
}

Deed plan_wait(Draw& draw) {
  const std::size_t n = draw.below(ProcessPart::pairs_count), end = draw.below(2),
                    count = draw.below(4);
  const bool sends = draw.one_in(2), throws = draw.one_in(2);
  draw.say(sends ? "send" : "receive", " of link ", n);
  return on_stage([=](ProcessPart& part) {
    LinkEnd& one = part.pair(n).ends[end];
    if (one.sends + one.receives > 4) return;
    asio::cancellation_signal& signal = one.signals.emplace_back();
    const auto ended = [](const std::exception_ptr& failure) {
      try {
        if (failure) std::rethrow_exception(failure);
      } catch (const std::system_error& error) {
        if (error.code() != asio::error::operation_aborted)
          fail(std::string("a coroutine of a link ends with ") + error.what());
      }
    };
    asio::co_spawn(part.stage().context(),
                   sends ? part.send(n, end, count, throws) : part.receive(n, end, throws),
                   asio::bind_cancellation_slot(signal.slot(), ended));
  });
}

Deed plan_cancel(Draw& draw) {
  const std::size_t n = draw.below(ProcessPart::pairs_count), end = draw.below(2);
  const std::uint64_t choice = draw.number();
  draw.say("an operation of link ", n, " is cancelled");
  return on_stage([=](ProcessPart& part) {
    auto& signals = part.pair(n).ends[end].signals;
    if (signals.empty()) return;
    auto one = signals.begin();
    std::advance(one, static_cast<std::ptrdiff_t>(choice % signals.size()));
    one->emit(asio::cancellation_type::terminal);
  });
}

/// What no link sends: empty with descriptors, or too long.
void write_as_stranger(int link, std::size_t size, std::vector<dgram::NativeHandle> descriptors) {
  std::string text(size, 'x');
  iovec piece{text.data(), text.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(3 * sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  if (!descriptors.empty()) {
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(descriptors.size() * sizeof(int));
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(descriptors.size() * sizeof(int));
    std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size() * sizeof(int));
  }
  ::sendmsg(link, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

Deed plan_change(Draw& draw) {
  constexpr std::array<std::size_t, 4> sizes{0, 8, 65'537, 100'000};
  const std::size_t size = draw.of(sizes), count = size == 0 ? 1 + draw.below(3) : draw.below(4);
  const std::size_t n = draw.below(ProcessPart::pairs_count), end = draw.below(2);
  const std::size_t what = draw.below(5);
  constexpr std::array names{
      "is moved", "is moved", "is written to by a stranger", "is closed", "is looked at"};
  draw.say("link ", n, " ", names[what]);
  return on_stage([=](ProcessPart& part) {
    LinkPair& pair = part.pair(n);
    dgram::DescriptorLink& link = *pair.ends[end].link;
    switch (what) {
      case 0:
      case 1: {
        dgram::DescriptorLink elsewhere(std::move(link));
        if (CALL(DescriptorLink, link, is_open)) fail("a moved-from link is open");
        link = std::move(elsewhere);
        return;
      }
      case 2: {
        const int handle = CALL(DescriptorLink, link, native_handle);
        pair.is_hostile = true;
        if (handle >= 0) write_as_stranger(handle, size, part.descriptors(count));
        return;
      }
      case 3:
        pair.has_closed = true;
        CALL(DescriptorLink, link, close);
        return;
      default:
        if (CALL(DescriptorLink, link, is_open) != (CALL(DescriptorLink, link, native_handle) >= 0))
          fail("a link is open without a descriptor, or closed with one");
    }
  });
}

// ---- handover

Deed plan_server(Draw& draw) {
  ProcessPart::Plan plan;
  plan.throws = draw.one_in(2);
  plan.gives_up = draw.one_in(4);
  draw.say("a server", plan.gives_up ? " that gives up" : "");
  return on_stage([plan](ProcessPart& part) { part.start_server(plan); });
}

Deed plan_end_server(Draw& draw) {
  const std::uint64_t choice = draw.number();
  const bool closes = draw.one_in(2);
  draw.say("a server is ", closes ? "closed" : "cancelled");
  return on_stage([=](ProcessPart& part) {
    if (part.servers().empty()) return;
    auto one = part.servers().begin();
    std::advance(one, static_cast<std::ptrdiff_t>(choice % part.servers().size()));
    const std::shared_ptr<Server> server = *one;
    if (closes)
      part.close_server(*server);
    else
      server->signal.emit(asio::cancellation_type::terminal);
  });
}

Deed plan_stranger(Draw& draw) {
  constexpr std::array texts{"", "x", "dgram handover 1", "\x01\x00\xff\xff"};
  const std::string says = draw.of(texts);
  draw.say("a stranger calls the server and says \"", says, "\"");
  return on_stage([says](ProcessPart& part) { part.call_as_stranger(says); });
}

// ---- values

Deed plan_names(Draw& draw) {
  const std::uint64_t seed = draw.number();
  draw.say("named descriptors");
  return [seed](Seat&) {
    Draw inner(seed, 0, nullptr);
    constexpr std::array all{"a", "b", "c"};
    dgram::NamedDescriptors named;
    std::vector<std::string> model;
    for (int i = 0; i < 10; ++i) {
      const std::string name = inner.of(all);
      const std::size_t what = inner.below(4);
      if (what <= 1) {
        dgram::Descriptor own(::dup(2));
        CALL(NamedDescriptors, named, add, name, std::move(own));
        model.push_back(name);
      } else if (what == 2) {
        const dgram::Descriptor taken = CALL(NamedDescriptors, named, take, name);
        const auto found_at = std::find(model.begin(), model.end(), name);
        if (static_cast<bool>(taken) != (found_at != model.end()))
          fail("a descriptor is taken that is not there, or is not found");
        if (found_at != model.end()) model.erase(found_at);
      } else {
        const dgram::Descriptor taken = CALL(NamedDescriptors, named, take);
        if (static_cast<bool>(taken) == model.empty())
          fail("a descriptor is taken out of none, or is not found");
        if (!model.empty()) model.erase(model.begin());
      }
      if (CALL(NamedDescriptors, named, names) != model ||
          CALL(NamedDescriptors, named, size) != model.size() ||
          CALL(NamedDescriptors, named, empty) != model.empty())
        fail("named descriptors are others than were added");
    }
    const std::error_code withdrawn = dgram::HandoverErrc::withdrawn;
    if (&withdrawn.category() != &CALL_FREE(handover_error_category) ||
        CALL_FREE(make_error_code, dgram::HandoverErrc::version).message().empty())
      fail("an error of a handover has another category");
  };
}

/// In a process of its own, which the environment belongs to: passed.cpp.
Deed plan_passed(Draw& draw) {
  const int count = draw.between(0, 4);
  const bool is_wrong = draw.one_in(3), throws = draw.one_in(2);
  draw.say(count, " descriptors are passed", is_wrong ? ", and others are named" : "");
  return [=](Seat&) {
    // The child cannot count for this process.
    if (throws)
      REACH("passed_sockets");
    else
      REACH("passed_sockets", 0);
    std::vector<std::string> words = passed_words(count, is_wrong, throws);
    std::vector<char*> raw;
    for (std::string& word : words) raw.push_back(word.data());
    raw.push_back(nullptr);
    // A fork of a process with threads may do little before exec: under ThreadSanitizer not even
    // ask for memory.
    const pid_t child = ::fork();
    if (child < 0) return;
    if (child == 0) {
      for (int i = 0; i < count; ++i) ::dup2(2, 3 + i);
      ::execv("/proc/self/exe", raw.data());
      ::_exit(127);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    if (status != 0) fail("descriptors are passed, and others arrive");
  };
}

}  // namespace processes

Actions process_actions() {
  return {{16, processes::plan_try_send},
          {16, processes::plan_try_receive},
          {12, processes::plan_wait},
          {4, processes::plan_cancel},
          {4, processes::plan_change},
          {8, processes::plan_server},
          {3, processes::plan_end_server},
          {3, processes::plan_stranger},
          {2, processes::plan_names},
          {1, processes::plan_passed}};
}

}  // namespace spinner
