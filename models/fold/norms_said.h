#pragma once

#include <string>
#include <vector>

#include "core/config/json.h"
#include "core/config/spec.h"

namespace norma {

// Where a model's options say norms, {"type": a norm, …}: JSON pointers, those inside another (its
// sites, the parts of a combination) behind it.
std::vector<std::string> norms_said(const Json& options);

// Says another norm there. What stands beside a norm's own options stays: the layers it is for, and
// sites with norms of their own.
void say_norm(Json& said, const Spec& norm);

// Says that the norm there learns no gain, nor an offset where that is to go too.
void say_no_ending(Json& said, bool offset_too);

}  // namespace norma
