#include "run_rules.hpp"

#include "../values/address.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

namespace {

Runs runs_of(Segmentation segmentation, bool equal_runs_arrive) noexcept {
  if (segmentation == Segmentation::off) return Runs::none;
  return segmentation == Segmentation::on || equal_runs_arrive ? Runs::any : Runs::uneven;
}

/// One spelling for all that leads to one host. A zone may be said by the address, the options or
/// the device of a socket; and what is sent to the unspecified address goes to this host (ip(7)).
asio::ip::address host_of(const asio::ip::address& to) {
  const asio::ip::address plain = unmapped(to);
  if (plain.is_v4())
    return plain.is_unspecified() ? asio::ip::address_v4::loopback() : plain.to_v4();
  if (plain.is_unspecified()) return asio::ip::address_v6::loopback();
  return asio::ip::address_v6(plain.to_v6().to_bytes());
}

}  // namespace

std::atomic<Segmentation> process_segmentation_now = Segmentation::automatic;

bool is_segmentation(Segmentation value) noexcept {
  return value <= Segmentation::off;
}

Segmentation DestinationSegmentation::of(const asio::ip::address& to) const noexcept {
  const auto entry = chosen_.find(host_of(to));
  return entry == chosen_.end() ? Segmentation::automatic : entry->second;
}

void DestinationSegmentation::set(const asio::ip::address& to, Segmentation segmentation) {
  if (segmentation == Segmentation::automatic)
    chosen_.erase(host_of(to));
  else
    chosen_.insert_or_assign(host_of(to), segmentation);
}

RunRules run_rules(Segmentation socket,
                   Segmentation process,
                   bool possible,
                   bool equal_runs_arrive,
                   const DestinationSegmentation* destinations) noexcept {
  RunRules rules;
  if (!possible || process == Segmentation::off) return rules;
  rules.of_socket =
      runs_of(socket == Segmentation::automatic ? process : socket, equal_runs_arrive);
  rules.destinations = destinations;
  return rules;
}

Runs RunRules::by_destination(const Endpoint* to) const noexcept {
  const Segmentation chosen = destinations->of(to);
  if (chosen == Segmentation::automatic) return of_socket;
  return chosen == Segmentation::on ? Runs::any : Runs::none;
}

}  // namespace detail
DGRAM_END_NAMESPACE
