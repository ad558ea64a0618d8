#pragma once

#include <string>

#include "apps/common/terminal.h"
#include "core/config/config.h"

namespace norma {

// The faults of a config below each other, paths aligned, coloured where the terminal has colours:
//
//   quickstart.json has 2 faults:
//     model.norm.esp  found 1e-5, expected an option of rms_norm; did you mean eps?
//     optim.lr        found "3e-4", expected a number above 0; did you mean 3e-4 without quotes?
std::string fault_table(const ConfigError& error, const Terminal& terminal);

}  // namespace norma
