#pragma once

#include <string>

#include "core/config/json.h"

namespace norma {

// Training runs side by side as one HTML page: learning curves, every other figure of their
// metrics, final values, what their configs differ in, configs and data cards.
// {"norma": version, "runs": [{"name", "config", "data_card" or null, "metrics": the objects of
// metrics.jsonl, …}]}; all texts are users' and become no markup.
std::string run_page(const Json& runs);

}  // namespace norma
