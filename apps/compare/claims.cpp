#include "apps/compare/claims.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <iostream>

#include "apps/common/human.h"
#include "apps/common/signals.h"
#include "apps/common/terminal.h"

namespace norma {
namespace fs = std::filesystem;
namespace {

const fs::path kFolder = "configs/claims";

std::vector<fs::path> claim_files() {
  std::vector<fs::path> files;
  if (fs::is_directory(kFolder))
    for (const auto& entry : fs::directory_iterator(kFolder))
      if (entry.path().extension() == ".json") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

void check_tier(const std::string& tier) {
  const std::vector<std::string> tiers{"init", "evening", "weekend"};
  if (tier.empty() || std::find(tiers.begin(), tiers.end(), tier) != tiers.end()) return;
  const std::string near = nearest_name(tier, tiers);
  throw Error("--tier: found " + tier + ", expected init, evening or weekend" +
              (near.empty() ? "" : "; did you mean " + near + "?"));
}

// A claim's line of the table, after its study was run or left out.
std::string claim_line(const Json& claim, const std::string& verdict, double seconds) {
  return padded(std::to_string(claim.value("number", 0)), 4) + padded(verdict, 14) +
         padded(seconds > 0 ? human_duration(seconds) : "", 12) +
         claim.at("citation").get<std::string>() + "\n";
}

}  // namespace

int run_claims(const SessionOptions& options, const std::string& tier) {
  check_tier(tier);
  const fs::path root = options.folder.empty() ? "runs/claims" : options.folder;
  std::string table = padded("", 4) + padded("verdict", 14) + padded("took", 12) + "claim\n";
  const std::vector<fs::path> files = claim_files();
  if (files.empty()) throw Error(kFolder.string() + " holds no claims: run this in Norma's folder");
  for (const fs::path& file : files) {
    const Study study = read_study(file);
    const bool chosen = tier.empty() || study.claim.value("tier", "evening") == tier;
    if (!chosen || stop_requested()) {
      table += claim_line(study.claim, name_of(ClaimVerdict::kNotRun), 0);
      continue;
    }
    SessionOptions here = options;
    here.folder = root / file.stem();
    here.command = "./norma compare " + file.string();
    const auto start = std::chrono::steady_clock::now();
    ClaimVerdict verdict = ClaimVerdict::kNotRun;
    try {
      verdict = overall(run_session(study, here).judgement.claim);
    } catch (const Error& error) {  // data not installed, a folder in use: the others can still run
      spdlog::error("{}: {}", file.string(), error.what());
    }
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    table += claim_line(study.claim, name_of(verdict), seconds);
    if (!options.quiet) std::cout << "\n";
  }
  std::cout << table;
  return 0;
}

}  // namespace norma
