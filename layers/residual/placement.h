#pragma once

#include <concepts>
#include <memory>

#include "core/config/registry.h"
#include "layers/norms/norm_choice.h"
#include "layers/residual/recipe.h"
#include "layers/residual/stream.h"

namespace norma {

// Where a block stands in its model.
struct BlockSite {
  Scope block;
  SpecChoice norm;       // the norms of its sublayers, by their names
  int64_t width = 0;     // features of the stream
  int64_t layer = 0;     // number of the block, from 0
  Stack stack;           // the blocks in all
  double drop_path = 0;  // probability of stochastic depth
};

// One sublayer of it.
struct SublayerSite : BlockSite {
  SublayerSite(const BlockSite& site, const char* sublayer)
      : SublayerSite(site, sublayer, sublayer) {}
  SublayerSite(const BlockSite& site, const char* sublayer, const char* site_of_norm)
      : BlockSite(site), name(sublayer), norm_site(site_of_norm) {}
  std::string name;       // "attn": its norm is then `attn_norm`
  std::string norm_site;  // what configs call the place of that norm
  // With `affine` false without its learned γ and β.
  std::unique_ptr<Norm> make_norm(const char* suffix = "_norm", bool affine = true) const {
    return norma::make_norm(block / (name + suffix), norm.at(norm_site, layer), width, affine);
  }
};

using Sublayer = FunctionRef<Var(Context&, const Var&)>;

// A branch of a block whose placement joins several sublayers together: runs the sublayer under its
// own path and adds what it makes, drop and all, to a stream.
class Branch {
 public:
  Branch(const BlockSite& site, const char* sublayer)
      : path_((site.block / sublayer).path()), drop_path_(site.drop_path) {}
  // stream + drop·F(x).
  Stream add(Context& ctx, const Stream& stream, Sublayer sublayer, const Var& x) const;

 private:
  std::string path_;
  double drop_path_;
};

// How the sublayers of a block join the stream: where norms sit, how branches are added.
class Placement {
 public:
  virtual ~Placement() = default;
  virtual Stream join(Context& ctx, const Stream& stream, Sublayer attention, Sublayer ffn) = 0;
};

// The same of a single sublayer, for placements in which one follows the other.
class SublayerPlacement {
 public:
  struct Options {
    void describe(Fields&) {}
  };
  explicit SublayerPlacement(const SublayerSite& site)
      : path_((site.block / site.name).path()), drop_path_(site.drop_path) {}
  virtual ~SublayerPlacement() = default;
  Stream operator()(Context& ctx, const Stream& stream, Sublayer sublayer) {
    const PathScope here(ctx, path_);
    return join(ctx, stream, sublayer);
  }

 protected:
  virtual Stream join(Context& ctx, const Stream& stream, Sublayer sublayer) = 0;
  // The stochastic-depth factors of this forward, for a branch on `x`.
  Tensor drop(Context& ctx, const Var& x) const;
  double drop_path() const { return drop_path_; }

 private:
  std::string path_;
  double drop_path_;
};

// First attention, then feed-forward, each joined by a P of its own.
template <class P>
class OneByOne final : public Placement {
 public:
  using Options = typename P::Options;
  OneByOne(const Options& options, const BlockSite& site)
      : attention_(options, SublayerSite(site, "attn")), ffn_(options, SublayerSite(site, "ffn")) {}
  Stream join(Context& ctx, const Stream& stream, Sublayer attention, Sublayer ffn) override {
    return ffn_(ctx, attention_(ctx, stream, attention), ffn);
  }

 private:
  P attention_, ffn_;
};

struct PlacementType {
  std::unique_ptr<Placement> (*make)(const Spec& placement, const BlockSite& site);
  // The joint of a single sublayer; null where a placement joins those of a block together.
  std::unique_ptr<SublayerPlacement> (*make_sublayer)(const Spec& placement,
                                                      const SublayerSite& site);
  std::function<Recipe(const Spec& placement, const Stack& stack)> recipe;
};
Registry<PlacementType>& placement_registry();

std::unique_ptr<Placement> make_placement(const Spec& placement, const BlockSite& site);
Recipe recipe_of(const Spec& placement, const Stack& stack);

// What a rule expects of a placement of blocks that also attend to a memory and does not find: one
// that joins each sublayer by itself, in a way that says what becomes of the memory.
std::string fault_with_memory(const Spec& placement);

// For blocks that also attend to a memory. Throws an Error where that has a fault.
std::unique_ptr<SublayerPlacement> make_sublayer_placement(const Spec& placement,
                                                           const SublayerSite& site);

// What leaves the last block, carried out: through the final norm, if there is one. A second sum is
// what that norm is for; it is then added to the stream.
Var end_stream(Context& ctx, const Stream& stream, Norm* final_norm);

// Registers placement P, constructed from (options, site) with a P::Options and the site of a block
// or, for a SublayerPlacement, of a sublayer:
//   const RegisterPlacement<PreNorm> registered_pre("pre", "x + F(N(x))", "Wang et al. …",
//   pre_recipe);
template <class P>
struct RegisterPlacement {
  using Options = typename P::Options;
  RegisterPlacement(const char* type, const char* summary, const char* source,
                    Recipe (*recipe)(const Options&, const Stack&)) {
    constexpr bool kOneByOne = std::derived_from<P, SublayerPlacement>;
    std::unique_ptr<SublayerPlacement> (*make_sublayer)(const Spec&, const SublayerSite&) = nullptr;
    if constexpr (kOneByOne)
      make_sublayer = [](const Spec& placement,
                         const SublayerSite& site) -> std::unique_ptr<SublayerPlacement> {
        return std::make_unique<P>(options_of<Options>(placement), site);
      };
    using Whole = std::conditional_t<kOneByOne, OneByOne<P>, P>;
    placement_registry().add(
        {type, summary, source, describe_options<Options>()},
        {[](const Spec& placement, const BlockSite& site) -> std::unique_ptr<Placement> {
           return std::make_unique<Whole>(options_of<Options>(placement), site);
         },
         make_sublayer,
         [recipe](const Spec& placement, const Stack& stack) {
           return recipe(options_of<Options>(placement), stack);
         }});
  }
};

}  // namespace norma
