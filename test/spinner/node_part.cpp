#include "spinner/node_part.hpp"

#include <cstring>
#include <utility>

#include "spinner/fail.hpp"
#include "spinner/ledger.hpp"
#include "spinner/reached.hpp"

namespace spinner {

namespace node = dgram::node;

namespace {

struct NodeHeader {
  std::uint32_t mark, number, size, spare;
};

std::byte node_pattern_at(std::uint32_t number, std::size_t place) noexcept {
  return static_cast<std::byte>(number * 37 + place * 11);
}

}  // namespace

std::string NodeSubject::name() const {
  return "node socket " + std::to_string(number);
}

// ---- sockets

NodeSubjectPtr NodePart::make(node::SocketOptions options, bool has_lookup) {
  auto subject = std::make_shared<NodeSubject>(*this, ++made_);
  subject->is_v6 = options.type == "udp6";
  subject->shares_port = options.reuse_addr || options.reuse_port;
  options.signal = subject->stop.get_token();
  if (has_lookup)
    options.lookup = [this](const std::string& host, int family, node::LookupCallback done) {
      look_up(host, family, std::move(done));
    };
  subject->socket = std::make_unique<node::Socket>(
      CALL_FREE(node::create_socket, stage_.context(), std::move(options)));
  all_.push_back(subject);
  watch(subject);
  return subject;
}

void NodePart::watch(const NodeSubjectPtr& subject) {
  // They hold the socket, and the socket holds them, as in a program of a user.
  node::Socket& socket = subject->get();
  const auto comes = [subject](const char* what) {
    if (subject->closes != 0) fail(subject->name() + " emits " + what + " behind close");
  };
  const auto message = [subject, comes](const dgram::Datagram& datagram,
                                        const node::RemoteInfo& info) {
    comes("message");
    if (subject->listenings == 0) fail(subject->name() + " gets messages before listening");
    node::RemoteInfo kept = info;
    if (CALL(node::RemoteInfo, kept, size) != datagram.size() ||
        CALL(node::RemoteInfo, kept, port) != CALL(node::RemoteInfo, kept, endpoint).port() ||
        (!subject->shares_port &&
         CALL(node::RemoteInfo, kept, family) != (subject->is_v6 ? "IPv6" : "IPv4")) ||
        CALL(node::RemoteInfo, kept, address).empty())
      fail(subject->name() + " gets a message from nowhere");
    subject->part.heard(*subject, datagram);
    if (std::exchange(subject->throws_once, false)) throw Stage::Thrown();
  };
  const auto listening = [subject, comes] {
    comes("listening");
    if (++subject->listenings > 1) fail(subject->name() + " listens twice");
    // A close that waited for the bind, or a stop, may have come before this listener.
    if (subject->get().is_open() && !subject->get().is_bound())
      fail(subject->name() + " listens, and is not bound");
  };
  const auto connect = [subject, comes] {
    comes("connect");
    if (++subject->connects > subject->connects_asked)
      fail(subject->name() + " is connected, and nobody has asked for that");
  };
  const auto error = [subject, comes](const node::Error& what) {
    comes("error");
    if (what.message().empty()) fail(subject->name() + " emits an error without text");
  };
  const auto close = [subject] {
    if (++subject->closes > 1) fail(subject->name() + " emits close twice");
    if (subject->get().is_open()) fail(subject->name() + " emits close, and is open");
  };
  CALL(node::Socket, socket, on, node::event::message, message);
  CALL(node::Socket, socket, on, node::event::listening, listening);
  CALL(node::Socket, socket, on, node::event::connect, connect);
  CALL(node::Socket, socket, prepend, node::event::error, error);
  CALL(node::Socket, socket, once, node::event::close, close);
}

NodePart::Target NodePart::target(const NodeSubject& sender, std::uint64_t choice) {
  for (std::size_t i = 0; i < places_count; ++i) {
    const NodeSubjectPtr& one = place(choice + i);
    if (!one || one->is_v6 != sender.is_v6 || !one->get().is_bound()) continue;
    try {
      const int port = one->get().address().port;
      if (port != 0) return {one, port};
    } catch (const node::Error&) {
      // Another thread has stopped it.
    }
  }
  return {};
}

// ---- callbacks

NodePart::Owed& NodePart::owe(std::string what, bool is_due) {
  Owed& one = owed_.emplace_back();
  one.what = std::move(what);
  one.is_due = is_due;
  return one;
}

void NodePart::call(Owed& owed) {
  if (owed.is_void) fail("the callback of " + owed.what + " is called, and the call has thrown");
  if (++owed.calls > 1) fail("the callback of " + owed.what + " is called twice");
}

std::string NodePart::owed() {
  for (const Owed& one : owed_)
    if (one.is_due && !one.is_void && one.calls == 0) return one.what;
  return {};
}

void NodePart::tick() {
  const std::uint64_t number = ++ticks_;
  const auto run = [this, number] {
    if (++ticked_ != number) fail("a tick overtakes another one");
  };
  CALL_FREE(node::next_tick, stage_.context(), run);
}

// ---- datagrams

std::uint32_t NodePart::write(std::span<std::byte> bytes, const NodeSubjectPtr& target) {
  Record& record = records_.emplace_back();
  record.target = target;
  record.size = bytes.size();
  const auto number = static_cast<std::uint32_t>(records_.size());
  const NodeHeader header{Ledger::part_mark, number, static_cast<std::uint32_t>(bytes.size()), 0};
  std::memcpy(bytes.data(), &header, sizeof header);
  for (std::size_t i = sizeof header; i < bytes.size(); ++i) bytes[i] = node_pattern_at(number, i);
  return number;
}

void NodePart::sent(std::uint32_t number, const node::Error* error, std::size_t bytes) {
  Record& record = records_[number - 1];
  (error ? record.refused : record.accepted) = true;
  if (error && record.arrived)
    fail("a message arrived of which the callback says: " + error->message());
  if (bytes != (error ? 0 : record.size))
    fail("a callback tells " + std::to_string(bytes) + " bytes of " + std::to_string(record.size));
  if (!error && record.target) ++record.target->missing;
}

void NodePart::heard(NodeSubject& subject, const dgram::Datagram& datagram) {
  ++subject.heard;
  const std::span<const std::byte> bytes = datagram.data();
  NodeHeader header{};
  if (bytes.size() >= sizeof header) std::memcpy(&header, bytes.data(), sizeof header);
  // One of the core's, that was sent to somebody who had the port before.
  if (header.mark != Ledger::part_mark) return;
  // An epoch ago, or of another part.
  if (header.number == 0 || header.number > records_.size()) return;
  Record& record = records_[header.number - 1];
  const std::string what = "message " + std::to_string(header.number) + " to " + subject.name();
  if (bytes.size() != record.size || header.size != record.size) fail(what + " has another size");
  for (std::size_t i = sizeof header; i < bytes.size(); ++i)
    if (bytes[i] != node_pattern_at(header.number, i)) fail(what + " has changed");
  if (std::exchange(record.arrived, true)) fail(what + " has come twice");
  if (record.refused) fail(what + " has come, and its callback got an error");
  if (!record.target) return;
  --record.target->missing;
  // A message that has waited may come to who has the port by then.
  if (record.target.get() != &subject && is_quiet(*record.target))
    fail(what + " was for " + record.target->name());
}

bool NodePart::is_quiet(NodeSubject& subject) {
  return !subject.had_peer && !subject.shares_port && subject.get().is_open();
}

std::string NodePart::missing() {
  for (const NodeSubjectPtr& one : all_) {
    if (!is_quiet(*one) || one->missing <= 0) continue;
    const node::Stats stats = CALL(node::Socket, one->get(), stats);
    const std::uint64_t counted =
        stats.kernel_drops + stats.blocked_messages + stats.unheard_messages;
    if (static_cast<std::uint64_t>(one->missing) > counted)
      return std::to_string(one->missing) + " messages to " + one->name() + ", of which " +
             std::to_string(counted) + " are counted";
  }
  return {};
}

// ---- lookups

void NodePart::look_up(const std::string& host, int family, node::LookupCallback done) {
  const std::string loopback = family == 6 ? "::1" : "127.0.0.1";
  if (host == "held.test" || host == "held.unknown") {
    lookups_.push_back([done = std::move(done), text = host == "held.test" ? loopback : ""] {
      done(nullptr, text);  // no address: the call fails
      done(nullptr, text);  // only the first answer counts
    });
    return;
  }
  if (host == "unknown.test") {
    node::Error::Fields fields;
    fields.code = "ENOTFOUND";
    fields.message = "getaddrinfo ENOTFOUND unknown.test";
    const node::Error error(std::move(fields));
    done(&error, {});
    return;
  }
  done(nullptr, host.ends_with(".test") ? loopback : host);
}

void NodePart::answer(std::size_t at_most) {
  for (; at_most != 0 && !lookups_.empty(); --at_most) {
    const std::function<void()> one = std::move(lookups_.front());
    lookups_.erase(lookups_.begin());
    one();
  }
}

// ---- quiescent points

void NodePart::end_operations() {
  // What waits goes on, and what was sent arrives.
  stage_.run_until(
      [this] {
        answer(lookups_.size());
        return owed().empty();
      },
      [this] { return "never called: the callback of " + owed(); });
  stage_.run_until([this] { return missing().empty(); }, [this] { return "lost: " + missing(); });
  stage_.act(
      [this] {
        for (const NodeSubjectPtr& one : all_) {
          const node::Stats stats = CALL(node::Socket, one->get(), stats);
          const std::uint64_t told = one->heard + stats.blocked_messages + stats.unheard_messages;
          if (stats.datagrams_received != told + stats.held + stats.discarded_at_close)
            fail(one->name() + " has received " + std::to_string(stats.datagrams_received) +
                 " and emitted " + std::to_string(told));
          one->throws_once = false;
          if (one->get().is_open()) CALL(node::Socket, one->get(), close);
        }
      },
      true);
  stage_.run_until(
      [this] {
        for (const NodeSubjectPtr& one : all_)
          if (one->closes == 0) return false;
        return ticked_ == ticks_;
      },
      [] { return std::string("a node socket is closed, and has not said so"); });
}

void NodePart::check() {
  for (const NodeSubjectPtr& one : all_) {
    node::Socket& socket = one->get();
    if (socket.listener_count(node::event::message) != 0 ||
        socket.listener_count(node::event::close) != 0)
      fail(one->name() + " is closed, and holds listeners");
    if (socket.native_handle() != -1) fail(one->name() + " is closed, and has a descriptor");
  }
  places_ = {};
  all_.clear();
  owed_.clear();
  records_.clear();
  lookups_.clear();
}

}  // namespace spinner
