#pragma once

#include <string>
#include <vector>

#include "apps/bench/results.h"

namespace norma {

// What an earlier run of bench wrote, to be compared with. Shares and not seconds: they survive
// another load and, within reason, another machine.
class Earlier {
 public:
  // Throws an Error that says what is wrong with the file.
  explicit Earlier(const std::string& file);

  struct Verdict {
    std::string report;  // lines for people
    int fell = 0;        // cases whose share fell by more than the tolerance
  };
  // `tolerance` is a part of the earlier share. Cases that the filters leave out are not missed.
  Verdict compare(const Results& now, const std::vector<std::string>& filters,
                  double tolerance) const;

 private:
  struct Case {
    std::string name;
    double share;
    bool disturbed;
  };
  const Case* find(const std::string& name) const;
  std::string file_, cpu_;
  int threads_ = 0;
  std::vector<Case> cases_;
};

}  // namespace norma
