#include "layers/weights/reparam.h"

#include "layers/product.h"

namespace norma {

Registry<MakeReparam>& reparam_registry() {
  static Registry<MakeReparam> registry("reparam");
  return registry;
}

void describe_reparam(Fields& f, Spec& reparam) {
  f.spec("reparam", reparam, reparam_registry(),
         "how weights follow from what is learned; null = they are learned themselves");
}

Weight::Weight(const Scope& scope, const Spec& reparam, const Shape& shape, const Init& init) {
  if (reparam) reparam_ = reparam_registry().at(reparam.type)(scope, reparam, shape, init);
  leaf_ = reparam_ ? &reparam_->leaf() : &scope.param("weight", shape, ParamKind::kWeight, init);
}

WeightUse Weight::use_in_products(Context& ctx) {
  WeightUse used = use(ctx);
  if (ctx.operands == Operands::kAsTheyAre) return used;
  if (!rounded_ || used.version != rounded_version_) {
    rounded_ = Tensor();  // its memory serves the new one, unless a tape still reads it
    rounded_ = product_operand(used.tensor(), ctx.operands);
    rounded_version_ = used.version;
  }
  used.rounded = rounded_;
  return used;
}

void refuse_zero_start(const Scope& scope, const char* type, const Init& init) {
  if (init.scale != 0) return;
  throw Error("[" + std::string(type) + " " + scope.path() +
              "] weights that start at 0 have no length to divide by; expected initial weights "
              "with a deviation above 0");
}

}  // namespace norma
