#include <algorithm>

#include "apps/gauges/block_joins.h"
#include "apps/gauges/probe/probe_gauge.h"

namespace norma {
namespace {

class BranchShare final : public ProbeGauge, public JoinObserver {
 public:
  TapeObserver* observer() override { return this; }
  void on_join(const std::string& path, const Join& join) override {
    Joint& joint = seen_at(joints_, path);
    joint.stream += channel_variance(join.stream);
    joint.branch += channel_variance(join.branch);
    ++joint.count;
  }
  void read(const Sight&, ProbeRecord& record) override {
    for (const Joint& joint : joints_)
      record.part("joins", joint.path)[name] = {{"stream", joint.stream / joint.count},
                                                {"branch", joint.branch / joint.count},
                                                {"ratio", joint.branch / joint.stream}};
  }

 private:
  struct Joint {
    std::string path;
    double stream = 0, branch = 0, count = 0;
  };
  std::vector<Joint> joints_;  // in the order of the forward
};

const RegisterProbeGauge<BranchShare> registered_branch_share(
    "branch_share", "what a branch adds to the residual stream, beside what it is added to",
    "De, Smith 2020, arXiv:2002.10444",
    "where a branch joins the stream: Var[stream], Var[branch] (its gain and scale included) and "
    "Var[branch]/Var[stream], Var the mean over channels and batches of the variance over samples "
    "and positions, padding included",
    "join");

}  // namespace
}  // namespace norma
