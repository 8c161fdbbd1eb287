// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// How a primary passes its link to the process that it starts.
#pragma once

#include <dgram/descriptor.hpp>

DGRAM_BEGIN_NAMESPACE
namespace node::cluster::detail {

/// The number of the link's descriptor.
inline constexpr const char* descriptor_variable = "DGRAM_CLUSTER_FD";
/// Worker::id().
inline constexpr const char* id_variable = "DGRAM_CLUSTER_ID";

struct Inherited {
  Descriptor link;
  int id = 0;
};

/// Takes the link out of the environment, and keeps it from programs that this process starts.
/// Throws no_primary().
Inherited take_inherited();

}  // namespace node::cluster::detail
DGRAM_END_NAMESPACE
