#pragma once

#include "layers/residual/stream.h"

namespace norma {

// A branch where it joins the stream, all (B,…,C): what it is added to, the branch with its factors
// (gain, scale, drop), and their sum, before the norm or activation that may follow in the same
// pass.
struct Join {
  Tensor stream, branch, sum;
};

// An observer that sees these too. The operations that carry an addition out mostly hold neither
// the sum nor the branch with its factors; both are computed for the observer alone.
class JoinObserver : public TapeObserver {
 public:
  virtual void on_join(const std::string& path, const Join& join) = 0;
};

// Who watches the joins of this forward; null: nobody.
JoinObserver* join_observer(const Context& ctx);

// Shows what is about to be added, under the current path, to those who watch.
void show_join(Context& ctx, const Stream& pending);
// The same where the factor is that of the stream, and so its base is the branch: αx + F(x).
void show_join_to_scaled(Context& ctx, const Stream& pending);

}  // namespace norma
