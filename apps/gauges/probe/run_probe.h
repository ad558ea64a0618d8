#pragma once

#include <filesystem>
#include <memory>

#include "apps/gauges/probe/probe.h"
#include "apps/trainer/run.h"
#include "core/io/json_lines.h"

namespace norma {

// The probes of a training that goes on: probe.jsonl in its run folder, one record every so many
// steps from the first on, and one at the end.
class RunProbe final : public RunRecorder {
 public:
  explicit RunProbe(const ProbeOptions& options) : probe_(options) {}
  void open(const std::filesystem::path& folder, int64_t steps_done) override;
  void before_step(Training& training) override;
  void after_step(Training& training, const StepReport& report) override;
  void at_end(Training& training) override;
  void sync() override;

  static constexpr const char* kFile = "probe.jsonl";

 private:
  Probe probe_;
  std::unique_ptr<io::JsonLines> lines_;
  bool watching_ = false;  // this step
};

}  // namespace norma
