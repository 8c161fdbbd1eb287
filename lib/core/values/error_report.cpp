#include <dgram/error_report.hpp>

DGRAM_BEGIN_NAMESPACE

namespace {

std::string_view origin_text(ErrorReport::Origin origin) noexcept {
  switch (origin) {
    case ErrorReport::Origin::local:
      return "this host";
    case ErrorReport::Origin::icmp:
      return "ICMP";
    case ErrorReport::Origin::icmpv6:
      return "ICMPv6";
    default:
      return "something else";
  }
}

}  // namespace

std::string to_string(const ErrorReport& report) {
  std::string text = report.error.message() + ": " + to_string(report.destination);
  text += ", reported by ";
  if (report.origin == ErrorReport::Origin::local || report.origin == ErrorReport::Origin::other) {
    text += origin_text(report.origin);
  } else {
    text += report.offender.to_string() + " (";
    text += origin_text(report.origin);
    text += " type " + std::to_string(report.type) + ", code " + std::to_string(report.code) + ')';
  }
  if (report.mtu != 0) text += ", path MTU " + std::to_string(report.mtu);
  return text;
}

DGRAM_END_NAMESPACE
