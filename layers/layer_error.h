#pragma once

#include <string>

#include "core/context.h"

namespace norma {

// Throws the Error "[operation module.path] message".
[[noreturn]] void layer_error(const Context& ctx, const char* operation,
                              const std::string& message);

// Throws unless the last axis of x has `width` elements.
void expect_width(const Context& ctx, const char* operation, const Var& x, int64_t width);

}  // namespace norma
