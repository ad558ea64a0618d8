#include "apps/common/machine.h"

#include <fstream>
#include <set>
#include <sstream>
#include <thread>

#include "core/parallel.h"

namespace norma {
namespace {

// The value behind "key : value" in /proc/cpuinfo, of the first processor.
std::string cpu_info(const std::string& key) {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(key))
      if (const size_t colon = line.find(": "); colon != std::string::npos)
        return line.substr(colon + 2);
  return "";
}

}  // namespace

Machine this_machine() {
  Machine machine{.cpu = cpu_info("model name"),
                  .features = {},
                  .cores = static_cast<int>(std::thread::hardware_concurrency()),
                  .threads = thread_count()};
  static const std::set<std::string> telling{"avx2",        "fma",      "avx512f",  "avx512_bf16",
                                             "avx512_fp16", "amx_bf16", "amx_tile", "asimd",
                                             "sve",         "bf16"};
  std::string flags = cpu_info("flags");
  if (flags.empty()) flags = cpu_info("Features");
  std::istringstream words(flags);
  for (std::string word; words >> word;)
    if (telling.contains(word)) machine.features.push_back(word);
  return machine;
}

}  // namespace norma
