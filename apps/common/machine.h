#pragma once

#include <string>
#include <vector>

namespace norma {

// What a measurement was taken on. Names no host and no user.
struct Machine {
  std::string cpu;                    // the model's name
  std::vector<std::string> features;  // vector and matrix units
  int cores = 0, threads = 0;
};
Machine this_machine();

}  // namespace norma
