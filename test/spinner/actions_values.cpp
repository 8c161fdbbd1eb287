// Values, and what holds for the process: endpoints, errors, interfaces, copies of datagrams, the
// log.
#include <asio/execution/context.hpp>
#include <asio/query.hpp>

#include "spinner/actions.hpp"
#include "spinner/fail.hpp"
#include "spinner/seat.hpp"

namespace spinner {
namespace values {

Deed plan_endpoint(Draw& draw) {
  constexpr std::array texts{
      "127.0.0.1", "::1", "fe80::1%lo", "host", "", "1.2.3", "::ffff:1.2.3.4"};
  const std::string text = draw.of(texts);
  const int port = draw.between(-1, 65536);
  draw.say("make_endpoint(\"", text, "\", ", port, ")");
  return [text, port](Seat&) {
    std::error_code ec;
    const dgram::Endpoint endpoint = CALL_FREE(make_endpoint, text, port, ec);
    if (!ec && CALL_FREE(to_string, endpoint).empty()) fail("an endpoint has no text");
    static_cast<void>(CALL_FREE(family_of, endpoint));
    if (ec && CALL_FREE(code_name, ec).empty()) fail("an error has no name");
    try {
      if (CALL_FREE(make_endpoint, text, port) != endpoint || ec)
        fail("make_endpoint throws or sets a code, but not the same");
    } catch (const dgram::Error& error) {
      if (error.code() != ec) fail("make_endpoint throws another error than it sets");
    }
  };
}

Deed plan_errors(Draw& draw) {
  const int code = draw.between(0, 16);
  draw.say("looks error ", code, " up");
  return [code](Seat&) {
    const std::error_code ec = CALL_FREE(make_error_code, static_cast<dgram::Errc>(code));
    if (ec.category() != CALL_FREE(error_category)) fail("an Errc of another category");
    if (code != 0 && (ec.message().empty() || CALL_FREE(code_name, ec).empty()))
      fail("an Errc without a text");
    const auto setting = static_cast<dgram::Setting>(code % dgram::setting_count);
    if (CALL_FREE(name_of, setting).empty()) fail("a setting without a name");
    if (CALL_FREE(no_such_device) != std::errc::no_such_device) fail("no_such_device is another");
  };
}

Deed plan_interface(Draw& draw) {
  constexpr std::array texts{"", "lo", "127.0.0.1", "%lo", "fe80::1%lo", "3"};
  const std::string text = draw.of(texts);
  draw.say("the interface \"", text, "\"");
  return [text](Seat&) {
    dgram::Interface one(text);
    const auto kind = CALL(Interface, one, kind);
    const bool has_name = !CALL(Interface, one, name).empty();
    const bool has_address = !CALL(Interface, one, address).is_unspecified();
    const bool has_index = CALL(Interface, one, index) != 0;
    using Kind = dgram::Interface::Kind;
    if (has_name != (kind == Kind::name) || (has_address && kind != Kind::address) ||
        (has_index && kind != Kind::index))
      fail("an interface is of several kinds: \"" + text + "\"");
    if (CALL_FREE(to_string, one).empty()) fail("an interface has no text");
  };
}

Deed plan_process(Draw& draw) {
  const auto value = static_cast<dgram::Segmentation>(draw.below(4));
  draw.say("set_process_segmentation(", static_cast<int>(value), ")");
  return [value](Seat&) {
    try {
      CALL_FREE(set_process_segmentation, value);
    } catch (const dgram::Error&) {
      if (value <= dgram::Segmentation::off) fail("a value of Segmentation is refused");
    }
    if (CALL_FREE(process_segmentation) > dgram::Segmentation::off)
      fail("the process has another segmentation than there are");
  };
}

Deed plan_kept(Draw& draw) {
  const std::size_t what = draw.below(3);
  draw.say("a kept datagram is ", what == 0 ? "copied" : what == 1 ? "reset" : "measured");
  return [what](Seat& seat) {
    if (!seat.kept) return;
    dgram::Datagram& kept = *seat.kept;
    dgram::Payload payload(kept);
    if (CALL(Payload, payload, size) != kept.size() || CALL(Payload, payload, buffers).size() != 1)
      fail("a payload is not what it was made from");
    if (what == 0) {
      dgram::Datagram copy = CALL(Datagram, kept, copy);
      if (copy.text() != kept.text() || copy.remote() != kept.remote())
        fail("a copy is another datagram");
      seat.kept = std::move(copy);
    } else if (what == 1) {
      CALL(Datagram, kept, reset);
      if (CALL(Datagram, kept, operator bool)) fail("a datagram that was reset is there");
      seat.kept.reset();
    }
  };
}

Deed plan_stats(Draw& draw) {
  draw.say("adds its numbers up");
  return [](Seat& seat) {
    dgram::Stats stats = CALL(SocketBase, seat.socket(), stats);
    dgram::Stats sum;
    sum += stats;
    if (CALL(CallHistogram, sum.receive_calls, calls) !=
        CALL(CallHistogram, stats.receive_calls, calls))
      fail("a sum of one is another");
    CALL(CallHistogram, sum.send_calls, record, 3);
    dgram::ErrorCounts errors;
    CALL(ErrorCounts, errors, record, asio::error::eof, 2);
    if (CALL(ErrorCounts, errors, of, asio::error::eof) != 2) fail("errors are not counted");
    const auto all = seat.socket().capabilities();
    if (!all.empty() && !CALL_FREE(find, all, "batch_receive"))
      fail("a socket does not know its capability \"batch_receive\"");
  };
}

/// Whatever is said, on any thread.
struct Listener {
  void operator()(dgram::LogLevel, std::string_view text) const {
    if (text.empty()) fail("the log says nothing");
  }
};

Deed plan_log(Draw& draw) {
  const bool listens = draw.one_in(2);
  draw.say(listens ? "listens to the log" : "does not listen to the log");
  return [listens](Seat& seat) {
    dgram::LogHandler handler;
    if (listens) handler = Listener();
    auto& context = asio::query(seat.home().executor, asio::execution::context);
    CALL_FREE(set_log_handler, context, std::move(handler));
  };
}

}  // namespace values

Actions value_actions() {
  return {{6, values::plan_endpoint},
          {4, values::plan_errors},
          {4, values::plan_interface},
          {3, values::plan_process},
          {16, values::plan_kept},
          {4, values::plan_stats},
          {2, values::plan_log}};
}

}  // namespace spinner
