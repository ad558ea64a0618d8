// What flows between blocks, and what each block adds to it.
#include "apps/gauges/block_joins.h"

namespace norma {
namespace {

class StreamSquare final : public BlockJoins {
  double measure(const Join& join) const override { return mean_square(join.sum); }
};

class StreamVariance final : public BlockJoins {
  double measure(const Join& join) const override { return channel_variance(join.sum); }
};

class BranchVariance final : public BlockJoins {
  double measure(const Join& join) const override { return channel_variance(join.branch); }
};

const RegisterGauge<StreamSquare> registered_stream_square(
    "stream_square",
    "how large the residual stream is behind each block, before a norm that may follow",
    "Xiong et al. 2020, arXiv:2002.04745, lemma 2",
    "mean over positions (padding included) and batches of ‖x + F‖²/d, d features, where the "
    "block's last branch F has been added to x: pre-norm the stream that leaves the block, "
    "post-norm what its last norm reads",
    "block");

const RegisterGauge<StreamVariance> registered_stream_variance(
    "stream_variance", "how far the residual stream varies behind each block",
    "Brock, De, Smith 2021, arXiv:2101.08692, section 3",
    "mean over channels and batches of the variance over samples and positions of x + F, where the "
    "block's last branch F has been added to x, before a norm or activation that may follow",
    "block");

const RegisterGauge<BranchVariance> registered_branch_variance(
    "branch_variance", "how far what each block adds to the residual stream varies",
    "Brock, De, Smith 2021, arXiv:2101.08692, section 3",
    "mean over channels and batches of the variance over samples and positions of the block's last "
    "branch as it is added, its gain and scale included",
    "block");

}  // namespace
}  // namespace norma
