#include "core/config/config.h"

namespace norma {
namespace {

std::string message(const std::string& source, const std::vector<Fault>& faults) {
  std::string text =
      source +
      (faults.size() == 1 ? " has a fault:" : " has " + std::to_string(faults.size()) + " faults:");
  for (const Fault& fault : faults) text += "\n  " + fault.str();
  return text;
}

}  // namespace

std::string Fault::sentence() const {
  std::string text = "found " + found + ", expected " + expected;
  if (!nearest.empty()) text += "; did you mean " + nearest + "?";
  return text;
}

std::string Fault::str() const { return (path.empty() ? "the whole" : path) + ": " + sentence(); }

ConfigError::ConfigError(std::string source, std::vector<Fault> faults)
    : Error(message(source, faults)), source_(std::move(source)), faults_(std::move(faults)) {}

std::string ConfigError::summary() const {
  const std::string all = what();
  return all.substr(0, all.find('\n') - 1);
}

}  // namespace norma
