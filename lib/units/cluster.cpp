// dgram::node::cluster; Linux only.
#include "../node/cluster/environment.cpp"
#include "../node/cluster/link.cpp"
#include "../node/cluster/open_shared.cpp"
#include "../node/cluster/primary.cpp"
#include "../node/cluster/primary_state.cpp"
#include "../node/cluster/worker.cpp"
#include "../node/cluster/worker_process_state.cpp"
#include "../node/cluster/worker_state.cpp"
