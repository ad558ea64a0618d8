#pragma once

#include <string>
#include <vector>

#include "core/config/json.h"

namespace norma {

// A record of a probe as a person reads it: the first value that is not finite, then modules in the
// order of the forward, blocks, joins, attentions, norms, parameters and the landscape.
std::string record_text(const std::string& name, const Json& record);

// What a record has under "landscape".
std::string landscape_text(const Json& landscape);

// Records of several subjects side by side: how large outputs and gradients are, module by module,
// and what is done to each parameter. Modules that only some of them have are left blank elsewhere.
std::string records_side_by_side(const std::vector<std::string>& names,
                                 const std::vector<Json>& records);

// What probe --list and --explain print: all gauges with what they say, and the presets; one gauge
// with its formula and what it is over.
std::string gauges_text();
std::string gauge_text(const std::string& name);

}  // namespace norma
