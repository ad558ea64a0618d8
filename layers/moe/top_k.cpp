// Each token goes to the k experts with the largest logits of a linear map; their answers are
// weighed by the softmax. Shazeer et al. 2017, arXiv:1701.06538; capacity and the load-balance term
// as in Lepikhin et al. 2020 (GShard), arXiv:2006.16668, and Fedus et al. 2021 (Switch),
// arXiv:2101.03961, eq. 4; the z term as in Zoph et al. 2022 (ST-MoE), arXiv:2202.08906, eq. 5.
//
// A sample is a group: it shares capacity and balance with no other, so that a result depends
// neither on the other samples of a batch nor on how the batch is cut. With p the softmax, n the
// valid tokens of a sample and a_e how many of its k·n choices fell on expert e,
//   load_balance  = mean over tokens of  experts · Σ_e (a_e/(k·n)) · p_e     1 when even
//   router_z_loss = mean over tokens of  (log Σ_e exp logit_e)²
#include "core/kernels/moe_gates.h"
#include "layers/elementwise.h"
#include "layers/linear.h"
#include "layers/moe/router.h"

namespace norma {
namespace {

struct RouteOp : NamedOp<RouteOp> {
  static constexpr const char* kName = "route";
  Routing routing;
  Tensor probabilities, lse, asked;
  DType dtype;
  bool normalize;
  int64_t valid;

  kernels::MoeRouted routed() const {
    return {routing.shape,
            routing.chosen.data<int32_t>(),
            probabilities.data<double>(),
            lse.data<double>(),
            asked.data<int32_t>(),
            normalize,
            valid};
  }
  void backward(Grads& grads) override {
    const kernels::MoeShape& shape = routing.shape;
    const Tensor dlogits = Tensor::empty({shape.tokens(), shape.experts}, dtype);
    const auto one = [&](int i) { return grads.out(i) ? grads.out(i).item() : 0.0; };
    with_float_type(dtype, [&]<class T>() {
      const T* const dgates = grads.out(0) ? grads.out(0).data<T>() : nullptr;
      kernels::gates_backward(routed(), dgates, one(1), one(2), dlogits.data<T>());
    });
    grads.give(0, dlogits);
  }
};

class TopK final : public Router {
 public:
  struct Options {
    int64_t experts = 8, k = 2;
    std::optional<double> capacity_factor = 1.25;
    bool normalize = true;
    double load_balance = 0.01, z_loss = 0.001;
    void describe(Fields& f) {
      f.integer("experts", experts, "feed-forward networks to choose from", {.min = 1});
      f.integer("k", k, "experts that each token goes to", {.min = 1});
      f.rule(k <= experts, "k", "at most `experts`");
      f.maybe_number("capacity_factor", capacity_factor,
                     "while training an expert takes at most this times an even share of a "
                     "sample's tokens, the rest are dropped; null = no limit",
                     {.above = 0});
      f.flag("normalize", normalize, "the weights of a token's experts add up to 1");
      f.number("load_balance", load_balance, "coefficient of the load-balance term of the loss",
               {.min = 0});
      f.number("z_loss", z_loss, "coefficient of the squared log-sum-exp of the router's logits",
               {.min = 0});
    }
  };
  TopK(const Scope& scope, const Options& options, int64_t width, std::optional<double> init_std)
      : Router(scope),
        options_(options),
        logits_(scope, width, options.experts, false, normal_init(init_std)) {}
  int64_t experts() const override { return options_.experts; }

 protected:
  Choice choose(Context& ctx, const Var& x) override {
    const Nsc size = nsc_of(x.shape());
    const Var valid_x = zero_padding(ctx, x);
    const Var logits = logits_(ctx, reshape(ctx, valid_x, {size.rows(), size.c}));
    RouteOp op;
    op.dtype = logits.value.dtype();
    op.normalize = options_.normalize;
    route(ctx, logits.value, size, op);

    Var gates{Tensor::empty({size.rows(), options_.k}, op.dtype)};
    with_float_type(op.dtype,
                    [&]<class T>() { kernels::gates_forward(op.routed(), gates.value.data<T>()); });
    Var balance{Tensor::full({1}, op.dtype, kernels::load_balance(op.routed()))};
    Var z{Tensor::full({1}, op.dtype, kernels::mean_square_lse(op.routed()))};
    const Routing routing = op.routing;
    if (auto* node = ctx.record<RouteOp>({&logits}, {}, {&gates, &balance, &z}))
      *node = std::move(op);
    ctx.add_loss("load_balance", std::move(balance), options_.load_balance);
    ctx.add_loss("router_z_loss", std::move(z), options_.z_loss);
    return {routing, std::move(gates)};
  }

 private:
  void route(Context& ctx, const Tensor& logits, const Nsc& size, RouteOp& op) const {
    Routing& r = op.routing;
    r.shape = {size.n, size.s, options_.experts, options_.k};
    const Shape choices{size.rows(), options_.k};
    r.chosen = Tensor::empty(choices, DType::kInt32);
    r.rows = Tensor::empty(choices, DType::kInt32);
    r.token = Tensor::empty({choices.numel()}, DType::kInt32);
    r.first = Tensor::empty({options_.experts + 1}, DType::kInt32);
    op.probabilities = Tensor::empty(logits.shape(), DType::kFloat64);
    op.lse = Tensor::empty({size.rows()}, DType::kFloat64);
    op.asked = Tensor::empty({size.n, options_.experts}, DType::kInt32);
    with_float_type(op.dtype, [&]<class T>() {
      kernels::route_tokens(r.shape, logits.data<T>(),
                            ctx.mask ? ctx.mask.data<uint8_t>() : nullptr, r.chosen.data<int32_t>(),
                            op.probabilities.data<double>(), op.lse.data<double>());
    });
    const double factor = ctx.training ? options_.capacity_factor.value_or(0) : 0;
    const int64_t dropped = kernels::assign_rows(r.shape, r.chosen.data<int32_t>(), factor,
                                                 r.rows.data<int32_t>(), r.token.data<int32_t>(),
                                                 r.first.data<int32_t>(), op.asked.data<int32_t>());
    op.valid = (r.row_count() + dropped) / options_.k;
    ctx.measure("dropped_tokens", static_cast<double>(dropped));
  }

  Options options_;
  Linear logits_;
};

const RegisterRouter<TopK> registered_top_k("top_k", "the k experts with the largest logits",
                                            "Fedus et al. 2021 (Switch), arXiv:2101.03961");

}  // namespace
}  // namespace norma
