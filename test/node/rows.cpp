#include "rows.hpp"

#include <algorithm>
#include <asio/buffer.hpp>
#include <cstdint>
#include <cstring>
#include <dgram/node/block_list.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "records.hpp"

namespace test {

namespace {

namespace event = dgram::node::event;
using dgram::node::AddressInfo;
using dgram::node::Error;
using dgram::node::Socket;

/// A row, and those that are its callback.
struct Row {
  std::string text;
  std::vector<Row> below;
};
using Rows = std::vector<Row>;
using RowWords = std::vector<std::string>;

void add(Rows& rows, std::string_view line) {
  if (line.starts_with("  "))
    add(rows.back().below, line.substr(2));
  else
    rows.push_back({std::string(line), {}});
}

Rows rows_of(const std::string& name) {
  const std::string file = "scenarios/" + name.substr(0, name.find('/')) + ".txt";
  const std::vector<Record> records = read_records(file);
  const Record* const record = find_record(records, name);
  if (!record) throw std::runtime_error(file + " has no " + name);
  Rows rows;
  for (const std::string& line : record->lines)
    if (line != "namespace" && !line.starts_with("trap ")) add(rows, line);
  return rows;
}

/// A blank in quotes is part of a word.
RowWords words_in(std::string_view text) {
  RowWords words;
  bool quoted = false;
  bool inside = false;
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    const bool is_blank = c == ' ' && !quoted;
    if (!is_blank && !inside) words.emplace_back();
    if (!is_blank) words.back() += c;
    inside = !is_blank;
  }
  return words;
}

std::string unquoted(const std::string& word) {
  return word.starts_with('"') ? word.substr(1, word.size() - 2) : word;
}

bool is_number(std::string_view word) {
  if (word.starts_with('<')) return true;  // a port
  if (word.starts_with('-')) word.remove_prefix(1);
  return !word.empty() && word.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Buffer("text"), DataView("text",2), or mere text.
struct Message {
  explicit Message(const std::string& word) {
    const std::size_t begin = word.find("(\"");
    if (begin == std::string::npos) {
      text = unquoted(word);
      return;
    }
    const std::size_t end = word.rfind('"');
    kind = word.substr(0, begin);
    text = word.substr(begin + 2, end - begin - 2);
    if (word[end + 1] == ',') offset = std::stoul(word.substr(end + 2));
  }
  std::string kind;
  std::string text;
  std::size_t offset = 0;
};

/// Calls f with what C++ has instead of Node's.
void with_payload(const Message& message, const std::function<void(dgram::Payload)>& f) {
  if (message.kind.empty()) return f(std::string_view(message.text));
  if (message.kind == "Buffer") return f(asio::buffer(message.text));
  const std::vector<std::uint8_t> bytes(message.text.begin(), message.text.end());
  if (message.kind == "Uint8Array") return f(bytes);
  if (message.kind == "DataView") return f(asio::buffer(bytes) + message.offset);
  if (message.kind != "Uint16Array") throw std::logic_error("what is a " + message.kind);
  std::vector<std::uint16_t> pairs(bytes.size() / 2);
  if (!pairs.empty()) std::memcpy(pairs.data(), bytes.data(), 2 * pairs.size());
  f(asio::buffer(pairs));
}

/// Calls f with an event of this name.
template <class F>
void with_event(const std::string& name, F f) {
  if (name == "message") return f(event::message);
  if (name == "listening") return f(event::listening);
  if (name == "connect") return f(event::connect);
  if (name == "close") return f(event::close);
  if (name == "error") return f(event::error);
  throw std::logic_error("there is no event " + name);
}

/// What a callback was called with.
struct Got {
  const Error* error = nullptr;
  std::size_t bytes = 0;
  std::string message;
};
Got got() {
  return {};
}
Got got(const Error& error) {
  return {&error, 0, {}};
}
Got got(const dgram::Datagram& message, const dgram::node::RemoteInfo&) {
  return {nullptr, 0, std::string(message.text())};
}

/// Lives as long as the trace.
class Player {
 public:
  Player(Trace& t, Rows rows) : t_(t), rows_(std::move(rows)) {}
  void play() { play(rows_, {}); }

 private:
  /// What a call returns.
  using Value = std::variant<std::monostate, std::size_t, AddressInfo, Socket>;

  void play(const Rows& rows, const Got& args) {
    for (const Row& row : rows) play(row, args);
  }

  void play(const Row& row, const Got& args) {
    const std::size_t end = std::min(row.text.find(' '), row.text.size());
    const std::string verb = row.text.substr(0, end);
    const std::string rest = row.text.substr(std::min(end + 1, row.text.size()));
    const RowWords words = words_in(rest);
    const auto then = [this, &row] { play(row.below, {}); };
    if (verb == "create") {
      create(words);
    } else if (verb == "list") {
      add_rule(words);
    } else if (verb == "lookup") {
      for (const Row& answer : row.below) answers_.push_back(words_in(answer.text));
    } else if (verb == "on") {
      for (std::size_t i = 1; i < words.size(); ++i)
        with_event(words[i], [&](auto which) { t_.on(socket(words[0]), words[0], which); });
    } else if (verb == "port") {
      t_.port(socket(rest), rest);
      ports_[rest] = socket(rest).address().port;
    } else if (verb == "readable") {
      t_.readable(socket(words[0]), words.size() > 1 ? number(words[1]) : 1);
    } else if (verb == "close") {
      for (const std::string& name : words) socket(name).close();
    } else if (verb == "log") {
      const std::size_t place = rest.find("<message>");
      t_.log(place == std::string::npos ? rest : rest.substr(0, place) + args.message);
    } else if (verb == "tick") {
      t_.tick(rest);
    } else if (verb == "immediate") {
      t_.immediate(rest);
    } else if (verb == "sent") {
      t_.sent(rest, args.error, args.bytes);
    } else if (verb == "error") {
      t_.error(rest, *args.error);
    } else if (verb == "settle") {
      t_.settle(then);
    } else if (verb == "setImmediate") {
      t_.set_immediate(then);
    } else if (verb == "throws" || verb == "returns") {
      const std::size_t colon = rest.find(": ");
      const RowWords call = words_in(rest.substr(colon + 2));
      t_.returns(rest.substr(0, colon), [&]() -> Value {
        if (call.front() != "value") value_ = this->call(call, row.below);
        return value_;
      });
    } else {
      value_ = call(words_in(row.text), row.below);
    }
  }

  Socket& socket(const std::string& name) { return sockets_.at(name); }
  int number(const std::string& word) const {
    if (!word.starts_with('<')) return std::stoi(word);
    return ports_.at(word.substr(1, word.size() - 2));
  }

  void create(const RowWords& words) {
    dgram::node::SocketOptions options;
    options.type = words.at(1);
    for (std::size_t i = 2; i < words.size(); ++i) {
      const std::string& word = words[i];
      const std::string name = word.substr(0, word.find('='));
      if (name == "sendBlockList")
        options.send_block_list = list_;
      else if (name == "receiveBlockList")
        options.receive_block_list = list_;
      else if (name == "lookup")
        options.lookup = [this](const std::string& host, int, auto done) { look_up(host, done); };
      else if (name == "ipv6Only")
        options.ipv6_only = true;
      else if (name == "recvBufferSize")
        options.recv_buffer_size = std::stoll(word.substr(name.size() + 1));
      else
        throw std::logic_error("there is no option " + word);
    }
    sockets_.emplace(words.at(0), dgram::node::create_socket(t_.io, std::move(options)));
  }

  void add_rule(const RowWords& words) {
    const std::string& call = words.at(0);
    if (call == "addAddress")
      list_.add_address(words.at(1));
    else if (call == "addRange")
      list_.add_range(words.at(1), words.at(2));
    else if (call == "addSubnet")
      list_.add_subnet(words.at(1), number(words.at(2)));
    else
      throw std::logic_error("a list has no " + call);
  }

  void look_up(const std::string& host, const dgram::node::LookupCallback& done) {
    const bool first = asked_++ == 0;
    const auto answer = std::ranges::find_if(answers_, [&](const RowWords& words) {
      return words[0] == host || words[0] == "*" || (words[0] == "first" && first);
    });
    if (answer == answers_.end()) throw std::logic_error("no answer for " + host);
    if (answer->back() == "log") t_.log("lookup " + host);
    const std::string& what = (*answer)[1];
    const bool fails = what == "error";
    const auto end = [done, fails, address = what == "itself" ? host : what] {
      const Error no = plain_error("no");
      done(fails ? &no : nullptr, address);
    };
    if ((*answer)[2] == "tick")
      dgram::node::next_tick(t_.io, end);
    else
      end();
  }

  Value call(const RowWords& words, const Rows& below) {
    const std::string& name = words.at(0);
    const std::string& call = words.at(1);
    const RowWords args(words.begin() + 2, words.end());
    Socket& socket = this->socket(name);
    const auto address = [&](std::size_t i) {
      return i < args.size() ? unquoted(args[i]) : std::string();
    };
    if (call == "on" || call == "once") return listen(socket, call == "once", args, below);
    if (call == "bind") return socket.bind(number(args.at(0)), address(1), callback(below));
    if (call == "bindSync") return bind_sync(name, args);
    if (call == "close") return socket.close(callback(below));
    if (call == "address") return socket.address();
    if (call == "remoteAddress") return socket.remote_address();
    if (call == "getSendQueueSize") return socket.get_send_queue_size();
    if (call == "getSendQueueCount") return socket.get_send_queue_count();
    if (call == "listenerCount") {
      std::size_t count = 0;
      with_event(args.at(0), [&](auto which) { count = socket.listener_count(which); });
      return count;
    }
    if (call == "connect")
      socket.connect(number(args.at(0)), address(1), connect_callback(below));
    else if (call == "connectSync")
      socket.connect_sync(number(args.at(0)), address(1));
    else if (call == "disconnect")
      socket.disconnect();
    else if (call == "send")
      send(socket, args, send_callback(below));
    else if (call == "setBroadcast")
      socket.set_broadcast(args.at(0) == "true");
    else
      throw std::logic_error("a socket has no " + call);
    return {};
  }

  Value listen(Socket& socket, bool once, const RowWords& args, const Rows& below) {
    const int from = args.size() > 1 ? number(args[1]) : 1;
    with_event(args.at(0), [&](auto which) {
      const auto listener = [this, &below, from, seen = 0](const auto&... came) mutable {
        if (++seen >= from) this->play(below, got(came...));
      };
      if (once)
        socket.once(which, listener);
      else
        socket.on(which, listener);
    });
    return {};
  }

  AddressInfo bind_sync(const std::string& name, const RowWords& args) {
    dgram::node::BindSyncOptions options;
    for (const std::string& word : args) {
      const std::size_t end = word.find('=');
      if (word.substr(0, end) == "port")
        options.port = number(word.substr(end + 1));
      else
        options.address = unquoted(word.substr(end + 1));
    }
    AddressInfo bound = socket(name).bind_sync(options);
    ports_[name] = bound.port;
    return bound;
  }

  void send(Socket& socket, const RowWords& args, const dgram::node::SendCallback& done) {
    if (args.at(0) != "[") {
      with_payload(Message(args[0]), [&](dgram::Payload payload) {
        send(socket, payload, {args.begin() + 1, args.end()}, done);
      });
      return;
    }
    const auto end = std::ranges::find(args, "]");
    const std::vector<Message> messages(args.begin() + 1, end);
    std::vector<asio::const_buffer> pieces;
    for (const Message& message : messages) pieces.push_back(asio::buffer(message.text));
    send(socket, pieces, {end + 1, args.end()}, done);
  }

  /// [offset length] [port [address]]
  void send(Socket& socket,
            dgram::Payload payload,
            const RowWords& args,
            const dgram::node::SendCallback& done) {
    std::vector<int> numbers;
    std::optional<std::string> to;
    for (const std::string& word : args) {
      if (is_number(word))
        numbers.push_back(number(word));
      else
        to = unquoted(word);
    }
    switch (numbers.size()) {
      case 0:
        return socket.send(payload, done);
      case 1:
        if (to) return socket.send(payload, numbers[0], *to, done);
        return socket.send(payload, numbers[0], done);
      case 2:
        return socket.send(payload, numbers[0], numbers[1], done);
      default:
        if (to) return socket.send(payload, numbers[0], numbers[1], numbers[2], *to, done);
        return socket.send(payload, numbers[0], numbers[1], numbers[2], done);
    }
  }

  // ---- the rows below as a callback, where there are any

  dgram::node::Callback callback(const Rows& below) {
    if (below.empty()) return {};
    return [this, &below] { play(below, {}); };
  }
  dgram::node::ConnectCallback connect_callback(const Rows& below) {
    if (below.empty()) return {};
    return [this, &below](const Error* error) { play(below, {error, 0, {}}); };
  }
  dgram::node::SendCallback send_callback(const Rows& below) {
    if (below.empty()) return {};
    return [this, &below](const Error* error, std::size_t bytes) {
      play(below, {error, bytes, {}});
    };
  }

  Trace& t_;
  const Rows rows_;
  std::map<std::string, Socket> sockets_;
  std::map<std::string, int> ports_;
  dgram::node::BlockList list_;
  std::vector<RowWords> answers_;
  std::size_t asked_ = 0;
  Value value_;
};

}  // namespace

void play_rows(const std::string& name, Trace& t) {
  const auto player = std::make_shared<Player>(t, rows_of(name));
  t.keep(player);
  player->play();
}

}  // namespace test
