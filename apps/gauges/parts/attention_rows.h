#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "apps/gauges/probe/probe_gauge.h"

namespace norma {

// A gauge of one number a row of attention (sample, head, query), which attention computes for
// those who ask: gathered by head.
class AttentionRows : public ProbeGauge, public TapeObserver {
 public:
  TapeObserver* observer() final { return this; }
  bool asks_observables() const final { return true; }
  void on_observable(const std::string& path, const char* observable, const Tensor& rows) final {
    if (observable != std::string_view(observable_)) return;
    Seen& seen = seen_at(seen_, path);
    gather(rows, seen.heads, seen.rows);
  }

 protected:
  explicit AttentionRows(const char* observable) : observable_(observable) {}
  // Adds (B,heads,T) to what is known of each head over `rows_before` rows, and counts the rows.
  virtual void gather(const Tensor& rows, std::vector<double>& heads, double& rows_before) = 0;

  struct Seen {
    std::string path;
    std::vector<double> heads;
    double rows = 0;
  };
  std::vector<Seen> seen_;  // in the order of the forward

 private:
  const char* observable_;
};

}  // namespace norma
