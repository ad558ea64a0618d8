#pragma once

#include "core/comm.h"
#include "core/kernels/norm/columns.h"

namespace norma {

// Replaces the moments of one sample, `domains` each, by those of all ranks together, merged in
// rank order: the same bits everywhere.
void merge_over_ranks(Comm& comm, int64_t domains, const kernels::ColumnState& moments);

}  // namespace norma
