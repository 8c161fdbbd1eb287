// A cluster: workers that come, bind, talk and go, in peace or not.
#include <sys/socket.h>
#include <unistd.h>

#include "spinner/actions.hpp"
#include "spinner/cluster_part.hpp"
#include "spinner/fail.hpp"
#include "spinner/reached.hpp"
#include "spinner/seat.hpp"

namespace spinner {
namespace clusters {

namespace cluster = dgram::node::cluster;
using OnCluster = std::function<void(ClusterPart&)>;

Deed on_cluster(OnCluster deed) {
  return [deed = std::move(deed)](Seat& seat) {
    ClusterPart& part = seat.world().part<ClusterPart>();
    part.act([&part, &deed] { deed(part); });
  };
}

Deed plan_begin(Draw& draw) {
  constexpr std::array texts{"", "x", "\x01\x02\x03", "{\"cmd\":\"online\"}"};
  const bool is_hostile = draw.one_in(6);
  const std::string text = draw.of(texts);
  draw.say(is_hostile ? "a worker that is none" : "a worker");
  return on_cluster([=](ClusterPart& part) {
    if (is_hostile)
      part.begin_hostile(text);
    else
      part.begin_worker();
  });
}

Deed plan_end(Draw& draw) {
  const std::uint64_t choice = draw.number();
  const std::size_t how = draw.below(4);
  constexpr std::array names{"is killed", "leaves", "is sent away", "gets a signal"};
  draw.say("a worker ", names[how]);
  return on_cluster([=](ClusterPart& part) {
    cluster::WorkerProcess* const process = part.process(choice);
    WorkerEnd* const end = part.end(choice);
    if (how == 0) part.kill_worker(choice);
    if (how == 1 && end) {
      CALL(node::cluster::Worker, *end->worker, disconnect);
      if (!CALL(node::cluster::Worker, *end->worker, exited_after_disconnect) &&
          end->disconnects == 0)
        fail("a worker leaves, and does not want to");
    }
    if (how == 2 && process) {
      const bool was_connected = CALL(node::cluster::WorkerProcess, *process, is_connected);
      CALL(node::cluster::WorkerProcess, *process, disconnect);
      if (was_connected && !CALL(node::cluster::WorkerProcess, *process, exited_after_disconnect))
        fail("a worker is sent away, and nobody wanted that");
    }
    if (how == 3 && process) {
      const bool was_sent = CALL(node::cluster::WorkerProcess, *process, kill);
      if (was_sent && process->pid() == 0) fail("a worker without a process gets a signal");
    }
  });
}

Deed plan_fork(Draw& draw) {
  draw.say("a worker process that ends at once");
  return on_cluster([](ClusterPart& part) { part.fork(); });
}

Deed plan_bind(Draw& draw) {
  const std::uint64_t choice = draw.number();
  const bool exclusive = draw.one_in(4);
  draw.say("a worker binds", exclusive ? " for itself" : "");
  return on_cluster([=](ClusterPart& part) {
    if (WorkerEnd* const end = part.end(choice)) part.bind(*end, exclusive);
  });
}

Deed plan_close(Draw& draw) {
  const std::uint64_t choice = draw.number();
  draw.say("a worker closes a socket");
  return on_cluster([=](ClusterPart& part) {
    WorkerEnd* const end = part.end(choice);
    if (!end || end->sockets.empty()) return;
    const dgram::node::Socket last = end->sockets.back();
    end->sockets.pop_back();
    if (last.is_open()) last.close();
  });
}

Deed plan_talk(Draw& draw) {
  const std::uint64_t choice = draw.number();
  const bool to_worker = draw.one_in(2);
  const std::size_t count = 1 + draw.below(12);
  draw.say(count, " texts to ", to_worker ? "a worker" : "the primary");
  return on_cluster([=](ClusterPart& part) {
    cluster::WorkerProcess* const process = part.process(choice);
    WorkerEnd* const end = part.end(choice);
    for (std::size_t i = 0; i < count; ++i) {
      if (to_worker && process) {
        WorkerSeen& seen = part.seen(*process);
        const std::string text = std::to_string(seen.said + 1);
        if (CALL(node::cluster::WorkerProcess, *process, send, text)) ++seen.said;
      } else if (!to_worker && end) {
        const std::string text = std::to_string(end->said + 1);
        if (CALL(node::cluster::Worker, *end->worker, send, text)) ++end->said;
      }
    }
  });
}

Deed plan_send(Draw& draw) {
  const std::uint64_t choice = draw.number();
  draw.say("a datagram to the workers");
  return on_cluster([=](ClusterPart& part) { part.send(choice); });
}

Deed plan_offer(Draw& draw) {
  const bool is_udp = !draw.one_in(3);
  draw.say("the primary offers a descriptor");
  return on_cluster([=](ClusterPart& part) {
    const dgram::Descriptor own(
        ::socket(AF_INET, (is_udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0));
    const dgram::NativeHandle handle = own.get();
    bool was_taken = true;
    try {
      CALL(node::cluster::Primary, part.primary(), offer, handle);
    } catch (const dgram::node::Error&) {
      was_taken = false;
    }
    if (was_taken != is_udp) fail("a primary offers what is no UDP socket, or refuses one");
    if (was_taken) CALL(node::cluster::Primary, part.primary(), withdraw, handle);
  });
}

Deed plan_no_primary(Draw& draw) {
  draw.say("a worker without a primary");
  return [](Seat&) {
    if (CALL_FREE(node::cluster::is_worker)) fail("the spinner is no worker");
    asio::io_context context;
    try {
      const cluster::Worker worker(context);
      fail("a worker has a primary that is not there");
    } catch (const dgram::node::Error& error) {
      if (error.code() != "ERR_CLUSTER_NO_PRIMARY")
        fail("a worker without a primary: " + error.message());
    }
  };
}

}  // namespace clusters

Actions cluster_actions() {
  return {{3, clusters::plan_begin},
          {2, clusters::plan_end},
          {1, clusters::plan_fork},
          {6, clusters::plan_bind},
          {2, clusters::plan_close},
          {8, clusters::plan_talk},
          {6, clusters::plan_send},
          {1, clusters::plan_offer},
          {1, clusters::plan_no_primary}};
}

}  // namespace spinner
