#include "apps/bench/against.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "apps/bench/cases.h"
#include "core/config/config.h"
#include "core/error.h"

namespace norma {
namespace {

std::string percent(double part) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.3g%%", 100 * part);
  return text;
}

std::string line_of(const char* what, const std::string& name, const std::string& rest) {
  char start[256];
  std::snprintf(start, sizeof(start), "  %-8s %-45s ", what, name.c_str());
  return start + rest + "\n";
}

}  // namespace

Earlier::Earlier(const std::string& file) : file_(file) {
  const Json json = load_json(file);
  const auto fail = [&](const std::string& what) {
    throw Error("--against " + file + ": " + what + "; bench --json writes such files");
  };
  if (!json.is_object() || !json.contains("version") || !json.contains("cases"))
    fail("no results of bench");
  if (json["version"] != kJsonVersion)
    fail("its version is " + json["version"].dump() + ", expected " + std::to_string(kJsonVersion));
  if (!json["cases"].is_object()) fail("its cases are no object");
  for (const auto& [name, each] : json["cases"].items()) {
    const auto share = each.is_object() ? each.find("share") : each.end();
    if (share == each.end() || !share->is_number() || !(share->get<double>() > 0))
      fail("cases." + name + ".share is no number above 0");
    cases_.push_back({.name = name,
                      .share = share->get<double>(),
                      .disturbed = each.value("disturbed", Json(false)) == true});
  }
  if (const auto cpu = json.find("cpu"); cpu != json.end() && cpu->is_string()) cpu_ = *cpu;
  if (const auto threads = json.find("threads"); threads != json.end() && threads->is_number())
    threads_ = threads->get<int>();
}

const Earlier::Case* Earlier::find(const std::string& name) const {
  const auto found = std::find_if(cases_.begin(), cases_.end(),
                                  [&](const Case& each) { return each.name == name; });
  return found == cases_.end() ? nullptr : &*found;
}

Earlier::Verdict Earlier::compare(const Results& now, const std::vector<std::string>& filters,
                                  double tolerance) const {
  Verdict verdict;
  int compared = 0, rose = 0;
  std::string fallen, others;
  for (const Result& each : now.cases) {
    const Case* const before = find(each.name);
    if (!before) {
      others += line_of("new", each.name, percent(each.share()));
      continue;
    }
    ++compared;
    rose += each.share() > before->share * (1 + tolerance);
    if (each.share() >= before->share * (1 - tolerance)) continue;
    ++verdict.fell;
    fallen += line_of("fell", each.name,
                      percent(before->share) + " -> " + percent(each.share()) + " of " +
                          each.bound_name() +
                          (before->disturbed || each.timing.disturbed ? "  (disturbed)" : ""));
  }
  if (compared == 0) throw Error("--against " + file_ + " has none of the cases timed now");
  const std::vector<BenchCase> known = all_cases();
  for (const Case& before : cases_) {
    const auto is_it = [&](const auto& each) { return each.name == before.name; };
    if (!is_chosen(before.name, filters) || std::any_of(now.cases.begin(), now.cases.end(), is_it))
      continue;
    const bool exists = std::any_of(known.begin(), known.end(), is_it);
    others += line_of(exists ? "missing" : "unknown", before.name,
                      exists ? "not timed now" : "no such case any more");
  }
  const Machine& machine = now.machine;
  verdict.report = "Against " + file_ + ", tolerance " + percent(tolerance) + ": " +
                   std::to_string(compared) + " compared, " + std::to_string(verdict.fell) +
                   " fell, " + std::to_string(rose) + " rose\n";
  if (cpu_ != machine.cpu || threads_ != machine.threads)
    verdict.report += "  it was taken on " + cpu_ + " with " + std::to_string(threads_) +
                      " threads, this one on " + machine.cpu + " with " +
                      std::to_string(machine.threads) + "\n";
  verdict.report += fallen + others;
  return verdict;
}

}  // namespace norma
