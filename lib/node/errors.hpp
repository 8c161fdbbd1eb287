// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Node's errors, each made by one function.
#pragma once

#include <dgram/node/error.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

DGRAM_BEGIN_NAMESPACE
namespace node::detail {

Error bad_type();
Error already_bound();
Error not_running();
Error already_connected();
Error not_connected();
/// For send and connect. Without a port, Node's text says "undefined".
Error bad_destination_port(std::optional<int> port);
/// @param name "Port", "options.port".
Error bad_local_port(std::string_view name, int port);
/// @param name "address", "options.address".
Error no_literal(std::string_view name, std::string_view address);
Error ip_blocked(std::string_view address);
Error invalid_address();
Error range_is_backwards(std::string_view start);
Error bad_prefix(int prefix, int most);
Error bad_buffer_size();
/// @param which "recv" or "send".
Error buffer_size(std::string_view which, const std::error_code& ec);
/// @param what "offset" or "length".
Error out_of_bounds(std::string_view what);
Error missing_group();
/// @param type "FILE", "TCP" …
Error bad_descriptor_type(std::string_view type);

/// For a Worker that has no primary. Node has no such error.
Error no_primary(std::string_view why);

/// "setTTL EBADF".
Error system_error(const std::error_code& ec, std::string_view syscall);

/// "bind EADDRINUSE 127.0.0.1:53". A port of 0 is left out.
Error address_error(const std::error_code& ec,
                    std::string_view syscall,
                    std::string_view address,
                    int port);

/// "getaddrinfo ENOTFOUND nowhere.invalid".
Error lookup_error(const std::error_code& ec, std::string_view host);

}  // namespace node::detail
DGRAM_END_NAMESPACE
