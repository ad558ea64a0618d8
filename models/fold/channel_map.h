#pragma once

#include <optional>
#include <vector>

#include "layers/linear_map.h"
#include "layers/norms/norm.h"

namespace norma {

// y = gain·x + offset, a channel at a time. Everything here is float64.
struct ChannelMap {
  std::vector<double> gain, offset;
};

// What the norm as a whole does in eval, where that is one such map at every position.
std::optional<ChannelMap> whole_map(Norm& norm);

// The learned gain and offset of a norm: parameters with a value at which they do nothing.
std::vector<Param*> ending_of(const Norm& norm);
bool has_gain(const Norm& norm);
// What they do to the norm's output without them, where that is such a map. The norm stays as it
// is.
std::optional<ChannelMap> ending_map(Norm& norm);
// Sets them to values at which they do nothing.
void set_neutral(const Norm& norm);

// How many channels a map makes, and how many it reads in one group.
int64_t outputs_of(const LinearMap& map);
int64_t inputs_of(const LinearMap& map);
// W[o,i…] · gain[i], and b[o] += Σ W[o,i…]·offset[i] where the offset goes too.
void scale_inputs(const LinearMap& map, const ChannelMap& channels, bool with_offset);
// gain[o]·(W[o,…] and b[o]).
void scale_outputs(const LinearMap& map, const ChannelMap& channels);

}  // namespace norma
