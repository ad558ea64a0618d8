#include "apps/layer/numbers/shown_norm.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/common/human.h"
#include "core/config/config.h"
#include "layers/norms/gradient_parts.h"

namespace norma::numbers {
namespace {

using Elements = std::vector<double>;  // one number an element

// What the norm says of its backward.
class Sayings final : public TapeObserver, public NormObserver {
 public:
  void on_norm_backward(const std::string&, const GradientParts& parts) override {
    text = projection_text(parts);
  }
  std::string text = "It is made of other operations, so that its gradient has no three terms.";
};

double dot(const Elements& a, const Elements& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}
double length(const Elements& a) { return std::sqrt(dot(a, a)); }

// The elements of one domain.
Elements picked(const Elements& all, const std::vector<size_t>& members) {
  Elements made;
  for (const size_t i : members) made.push_back(all[i]);
  return made;
}

// A unit vector along what is left of `values` without their parts along orthonormal directions;
// zeros where nothing but rounding is left.
Elements direction(Elements values, const std::vector<Elements>& without) {
  constexpr double kRounding = 1e-12;
  const double whole = length(values);
  for (int twice = 0; twice < 2; ++twice)  // the second time takes away what rounding left
    for (const Elements& each : without) {
      const double along = dot(values, each);
      for (size_t i = 0; i < values.size(); ++i) values[i] -= along * each[i];
    }
  const double left = length(values);
  for (double& value : values) value = left > kRounding * whole ? value / left : 0;
  return values;
}

bool parallel(const Elements& a, const Elements& b) {
  return length(direction(a, {direction(b, {})})) == 0;
}

// The terms of one domain as the kernels gave them, and u about the centre that they read.
struct TermsOfDomain {
  Elements direct, along_one, along_u, dx, u;
};

std::optional<DomainGradient::Arrows> arrows_of(const TermsOfDomain& terms) {
  const bool takes_u = length(terms.along_u) > 0;
  const bool is_xhat = !takes_u || parallel(terms.along_u, terms.u);
  const Elements u = direction(is_xhat ? terms.u : terms.along_u, {});
  std::vector<Elements> axes{direction(Elements(u.size(), 1.0), {})};
  axes.push_back(direction(u, axes));
  axes.push_back(direction(terms.direct, axes));
  double outside = 0;
  const auto coordinates = [&](const Elements& values) {
    Coordinates made;
    double inside = 0;
    for (size_t k = 0; k < made.size(); ++k) {
      made[k] = dot(values, axes[k]);
      inside += made[k] * made[k];
    }
    outside = std::max(outside, std::abs(dot(values, values) - inside));
    return made;
  };
  const DomainGradient::Arrows arrows{coordinates(terms.direct),
                                      coordinates(terms.along_one),
                                      coordinates(terms.along_u),
                                      coordinates(terms.dx),
                                      coordinates(u),
                                      is_xhat};
  const double largest =
      std::max({dot(terms.direct, terms.direct), dot(terms.along_one, terms.along_one),
                dot(terms.along_u, terms.along_u)});
  if (outside > 1e-9 * largest) return std::nullopt;
  return arrows;
}

// u = x − centre, and x̂ = u·r where there is one r.
Elements about_centre(const classroom::NormRun& run) {
  Elements u(run.x);
  for (size_t i = 0; i < run.read.centre.size(); ++i) u[i] -= run.read.centre[i];
  return u;
}

DomainGradient gradient_of(const ShownNorm& norm, const Elements& dy, const Elements& u,
                           const std::vector<size_t>& members) {
  const classroom::KernelWatch::Terms& all = norm.run.terms;
  const TermsOfDomain terms{picked(all.direct, members), picked(all.along_one, members),
                            picked(all.along_u, members), picked(norm.dx, members),
                            picked(u, members)};
  DomainGradient made{.dy = length(picked(dy, members)),
                      .direct = length(terms.direct),
                      .along_one = length(terms.along_one),
                      .along_u = length(terms.along_u),
                      .dx = length(terms.dx)};
  const Elements xhat = norm.xhat.empty() ? terms.u : picked(norm.xhat, members);
  made.xhat_dx = dot(xhat, terms.dx);
  for (size_t i = 0; i < members.size(); ++i) {
    made.one_dx += terms.dx[i];
    made.terms +=
        std::abs(terms.direct[i]) + std::abs(terms.along_one[i]) + std::abs(terms.along_u[i]);
  }
  if (norm.has_statistic() && !norm.run.definition.traits.mixes_domains)
    made.arrows = arrows_of(terms);
  return made;
}

std::vector<std::vector<size_t>> members_of(const classroom::Domains& domains) {
  std::vector<std::vector<size_t>> members(domains.count());
  for (size_t i = 0; i < domains.of.size(); ++i) members[domains.of[i]].push_back(i);
  return members;
}

std::string projection_of(const classroom::NormRequest& request, const classroom::NormRun& run) {
  NamedTensors in = request.in;
  for (const auto& [name, tensor] : run.state) in[name] = tensor;
  Sayings sayings;
  run_layer(request.spec, in,
            {.dtype = DType::kFloat64, .training = request.training, .observer = &sayings});
  return sayings.text;
}

std::string numbers_text(const Tensor& tensor) {
  constexpr size_t kMost = 8;
  const std::vector<double> values = tensor.to_vector();
  const bool same =
      std::all_of(values.begin(), values.end(), [&](double value) { return value == values[0]; });
  std::string text;
  for (size_t i = 0; i < (same ? 1 : std::min(values.size(), kMost)); ++i)
    text += (i > 0 ? " " : "") + formatted("%.4g", values[i]);
  return text + (!same && values.size() > kMost ? " …" : "");
}

}  // namespace

bool ShownNorm::has_statistic() const { return run.definition.domain.kind != Domain::Kind::kNone; }

ShownNorm show_norm(const Spec& spec, const Typed& typed) {
  classroom::NormRequest request{
      .spec = spec, .in = {}, .training = typed.training, .steps_before = typed.steps_before};
  request.in["input"] = Tensor::from(typed.x, typed.shape, DType::kFloat64);
  if (!typed.dy.empty())
    request.in["grad_output"] = Tensor::from(typed.dy, typed.shape, DType::kFloat64);
  ShownNorm norm;
  norm.spec = spec;
  norm.summary = norm_registry().find(spec.type)->summary;
  norm.run = classroom::run_watched(request);
  norm.y = norm.run.out.at("output").to_vector();
  const Elements u = about_centre(norm.run);
  if (norm.run.read.stats.size() == 1) {
    norm.xhat = u;
    for (size_t i = 0; i < u.size(); ++i) norm.xhat[i] *= norm.run.read.stats[0][i];
  }
  if (typed.dy.empty()) return norm;
  norm.dx = norm.run.out.at("grad_input").to_vector();
  norm.projection = projection_of(request, norm.run);
  if (norm.has_terms())
    for (const std::vector<size_t>& members : members_of(norm.run.domains))
      norm.gradients.push_back(gradient_of(norm, typed.dy, u, members));
  return norm;
}

std::string sharing_text(const ShownNorm& norm) {
  const classroom::Domains& domains = norm.run.domains;
  const auto text = [&](const char* one, const char* many, const char* who) {
    const auto [least, most] = std::minmax_element(domains.n.begin(), domains.n.end());
    const std::string of = formatted("%g", *least) +
                           (*least < *most ? " to " + formatted("%g", *most) : "") + " elements";
    return std::to_string(domains.count()) + " " + (domains.count() == 1 ? one : many) + " of " +
           of + ": " + who;
  };
  if (norm.run.definition.traits.mixes_domains)
    return "the statistics of several domains enter, each as the formula says";
  switch (norm.run.definition.domain.kind) {
    case Domain::Kind::kNone:
      break;
    case Domain::Kind::kRow:
      return text("row", "rows", "the channels of one position share a statistic");
    case Domain::Kind::kGroup:
      return text("group", "groups",
                  "a group of channels, at all positions of one sample, shares a statistic");
    case Domain::Kind::kSampleChannel:
      return text("column", "columns",
                  "one channel of one sample, at all its positions, shares a statistic");
    case Domain::Kind::kChannel:
      return text("channel", "channels",
                  "one channel, at all positions of all samples, shares a statistic");
  }
  return "no statistic: every element is mapped by itself";
}

std::string state_text(const ShownNorm& norm) {
  std::string text;
  for (const auto& [name, tensor] : norm.run.state)
    if (tensor.numel() > 0 && !name.ends_with("num_batches_tracked"))
      text +=
          (text.empty() ? "" : ", ") + name.substr(name.find('.') + 1) + " " + numbers_text(tensor);
  return text;
}

}  // namespace norma::numbers
