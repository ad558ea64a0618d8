#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "apps/bench/results.h"
#include "apps/common/human.h"
#include "core/onednn.h"
#include "core/version.h"

namespace norma {
namespace {

__attribute__((format(printf, 1, 2))) std::string text(const char* format, ...) {
  char line[256];
  va_list values;
  va_start(values, format);
  std::vsnprintf(line, sizeof(line), format, values);
  va_end(values);
  return line;
}

int widest_name(const Results& results) {
  size_t widest = 0;
  for (const Result& each : results.cases) widest = std::max(widest, each.name.size());
  return static_cast<int>(widest);
}

std::string roofs_as_lines(const Results& results) {
  std::string lines;
  for (const ArithmeticRoof& roof : results.arithmetic)
    if (roof.rate > 0)
      lines += text("%-17s %9.1f GFLOP/s  %s\n", name_of(roof.arithmetic), roof.rate,
                    roof.shape.c_str());
  for (const MemoryRoof& roof : results.memory)
    lines +=
        text("memory, %-9s copy %.1f, triad %.1f, update %.1f, read %.1f GB/s\n",
             human_bytes(roof.working_set).c_str(), roof.copy, roof.triad, roof.update, roof.read);
  return lines;
}

Json json_of(const Result& each) {
  Json json{{"us", each.timing.median},
            {"least_us", each.timing.least},
            {"most_us", each.timing.most},
            {"samples", each.timing.kept},
            {"samples_taken", each.timing.taken},
            {"disturbed", each.timing.disturbed},
            {"bytes", each.bytes},
            {"flops", each.flops},
            {"working_set", each.working_set},
            {"gb_per_s", each.bandwidth()},
            {"gflop_per_s", each.rate()},
            {"bound", each.bound_name()},
            {"roof_gb_per_s", each.bound.bandwidth},
            {"roof_gflop_per_s", each.bound.rate},
            {"share", each.share()}};
  if (!each.loop.empty()) json.update({{"loop", each.loop}, {"share_of_best", each.of_best}});
  return json;
}

}  // namespace

std::string as_table(const Results& results) {
  const Machine& machine = results.machine;
  const int width = widest_name(results);
  std::string table = machine.cpu + ", " + std::to_string(machine.threads) + " of " +
                      std::to_string(machine.cores) + " cores\n" + roofs_as_lines(results) + "\n" +
                      text("%-*s %12s %10s %10s %8s %8s  %-17s %6s %8s\n", width, "", "median µs",
                           "least", "most", "GB/s", "GFLOP/s", "bound by", "share", "of best");
  bool disturbed = false;
  for (const Result& each : results.cases) {
    const Timing& t = each.timing;
    disturbed |= t.disturbed;
    table += text("%-*s %11.1f%s %9.1f %10.1f %8.1f %8.1f  %-17s %5.0f%%", width, each.name.c_str(),
                  t.median, t.disturbed ? "*" : " ", t.least, t.most, each.bandwidth(), each.rate(),
                  each.bound_name(), 100 * each.share());
    table += each.loop.empty() ? "\n" : text(" %7.0f%%\n", 100 * each.of_best);
  }
  if (disturbed) table += "* taken while other programs used the cores\n";
  return table;
}

Json as_json(const Results& results) {
  const Machine& machine = results.machine;
  Json arithmetic = Json::object(), memory = Json::array(), cases = Json::object();
  for (const ArithmeticRoof& roof : results.arithmetic) {
    if (roof.rate == 0) continue;
    Json& each = arithmetic[name_of(roof.arithmetic)] = Json{{"gflop_per_s", roof.rate}};
    if (!roof.shape.empty()) each["shape"] = roof.shape;
  }
  for (const MemoryRoof& roof : results.memory)
    memory.push_back({{"working_set", roof.working_set},
                      {"copy_gb_per_s", roof.copy},
                      {"triad_gb_per_s", roof.triad},
                      {"update_gb_per_s", roof.update},
                      {"read_gb_per_s", roof.read}});
  for (const Result& each : results.cases) cases[each.name] = json_of(each);
  return {{"version", kJsonVersion},
          {"note", results.note},
          {"norma", version()},
          {"build", build_description()},
          {"onednn", onednn::version()},
          {"cpu", machine.cpu},
          {"cpu_features", machine.features},
          {"cores", machine.cores},
          {"threads", machine.threads},
          {"rounds", results.pace.rounds},
          {"roofs", {{"arithmetic", arithmetic}, {"memory", memory}}},
          {"cases", cases}};
}

}  // namespace norma
