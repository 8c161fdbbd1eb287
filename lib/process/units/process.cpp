// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Passing descriptors between processes; Linux only.
#include "../child.cpp"
#include "../descriptor_link.cpp"
#include "../handover.cpp"
#include "../handover_path.cpp"
#include "../handover_talk.cpp"
#include "../handover_words.cpp"
#include "../named_descriptors.cpp"
#include "../offered.cpp"
#include "../passed_sockets.cpp"
#include "../receive_deadline.cpp"
#include "../wait_for.cpp"
