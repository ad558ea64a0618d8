#pragma once

#include <string>

namespace norma {

// About a million characters of made-up number stories, the same every time. Each sentence holds
// something that can be predicted from what stands before it (a sum, a name, a colour that comes
// again), so that a language model has more to learn than spelling.
std::string synthetic_text();

}  // namespace norma
