// An encoder-decoder: one stack reads a sequence, another writes its answer token by token, reading
// what the first made of it. Vaswani et al. 2017, arXiv:1706.03762; positions enter as biases by
// distance, shared by the blocks of a stack: Raffel et al. 2019 (T5), arXiv:1910.10683.
#include <algorithm>
#include <utility>

#include "layers/dropout.h"
#include "layers/embedding.h"
#include "layers/relative_bias.h"
#include "models/decoder.h"
#include "models/model.h"

namespace norma {
namespace {

struct Seq2seqOptions : TransformerOptions {
  std::optional<int64_t> decoder_layers;
  int64_t buckets = 32, max_distance = 128;
  bool tie = true;
  void describe(Fields& f) {
    TransformerOptions::describe(f);
    f.maybe_integer("decoder_layers", decoder_layers,
                    "blocks of the decoder; null = as many as the encoder's", {.min = 1});
    f.integer("buckets", buckets, "learned biases by distance, for each head", {.min = 4});
    f.integer("max_distance", max_distance, "distances from here on share the last bucket",
              {.min = 2});
    f.flag("tie", tie, "the output projection is the token embedding");
    f.rule(max_distance > buckets / 2, "max_distance", "more than half of `buckets`");
    f.rule(decoder_layers.value_or(layers) % share_layers == 0, "decoder_layers",
           "a multiple of `share_layers`");
    const TransformerOptions decoder = of_decoder();
    const bool fits = fault_of_norms(norm, decoder.norm_sites(), decoder.layers).empty();
    f.rule(!decoder_layers || fits, "decoder_layers",
           "as many blocks as `norm` says something of: end its last range open");
    const std::string fault = fault_with_memory(placement);
    f.rule(fault.empty(), "placement", fault);
    const bool cross_has_it = !k_norm && !v_norm && !qk_gain && !logit_scale && norm_span == "head";
    f.rule(cross_has_it, "qk_norm",
           "the only norm of heads: attention to another sequence has no k_norm, v_norm, qk_gain, "
           "logit_scale or norm_span \"width\"");
  }
  TransformerOptions of_encoder() const {
    TransformerOptions made = *this;
    made.reader_layers = decoder_layers.value_or(layers);
    return made;
  }
  TransformerOptions of_decoder() const {
    TransformerOptions made = *this;
    made.layers = decoder_layers.value_or(layers);
    made.branches = 3;
    return made;
  }
  std::vector<std::string> warnings() const { return of_decoder().warnings_of_past_only(); }
  RelativeBias::Options bias(bool bidirectional) const {
    return {.heads = heads,
            .buckets = buckets,
            .max_distance = max_distance,
            .bidirectional = bidirectional,
            .init_std = init_std};
  }
};

class Seq2seq final : public HeadedModel, public Answering {
 public:
  using Options = Seq2seqOptions;
  Seq2seq(const Scope& scope, const Options& options, const ModelInput& input)
      : HeadedModel(scope),
        answer_(answer_of(input)),
        dropout_(options.dropout),
        condition_(options.condition),
        tokens_(scope / "tok_embed", input.vocab, options.width, Init::normal(options.init_std)),
        encoder_bias_(scope / "encoder" / "position_bias", options.bias(true)),
        encoder_(scope / "encoder", options.of_encoder(),
                 options.of_encoder().block(false, false, 10000)),
        decoder_bias_(scope / "decoder" / "position_bias", options.bias(false)),
        decoder_(scope / "decoder", options.of_decoder(), decoder_block(options.of_decoder())) {
    if (options.tie)
      head_.emplace(scope / "head", tokens_.weight());
    else
      head_.emplace(scope / "head", options.width, input.outputs, false,
                    Init::normal(options.init_std));
    mark_output_layer(*head_);
  }

  // Always the likeliest token. What was answered is read again for each token: answers are short.
  void judge(Context& ctx, const Var& input) override;

 protected:
  // Along the right answer, as the context's target gives it: the logits of its every token.
  Logits unresolved(Context& ctx, const Var& input) override {
    const Var question = tokens_(ctx, input);
    const Scoped condition(ctx.cond, condition_of(ctx, condition_, question));
    const Scoped memory(ctx.memory, encoded(ctx, question));
    const Scoped memory_mask(ctx.memory_mask, ctx.mask);
    return decode(ctx, shifted(ctx.target), answered(ctx.target));
  }

 private:
  static int64_t answer_of(const ModelInput& input);
  Var encoded(Context& ctx, const Var& question);
  Logits decode(Context& ctx, const Tensor& tokens, Tensor mask);
  Tensor shifted(const Tensor& target) const;
  static Tensor answered(const Tensor& target);

  static constexpr int32_t kStart = 0;  // the token before the first, as in T5 that of padding
  int64_t answer_;
  double dropout_;
  std::string condition_;
  Embedding tokens_;
  RelativeBias encoder_bias_;
  Transformer encoder_;
  RelativeBias decoder_bias_;
  Decoder decoder_;
  std::optional<Linear> head_;
};

int64_t Seq2seq::answer_of(const ModelInput& input) {
  expect_input(input.vocab > 0, "seq2seq", "sequences of tokens", input);
  if (input.answer == 0)
    throw Error(
        "model \"seq2seq\" answers a sequence with another, which the data do not offer; expected "
        "data such as data.type \"number_names\"");
  return input.answer;
}

Var Seq2seq::encoded(Context& ctx, const Var& question) {
  const int64_t positions = question.shape()[1];
  const Scoped bias(ctx.position_bias, encoder_bias_(ctx, positions, positions));
  return encoder_(ctx, dropout(ctx, question, dropout_));
}

// Logits of the token behind each of `tokens` (B,T).
Logits Seq2seq::decode(Context& ctx, const Tensor& tokens, Tensor mask) {
  const int64_t positions = tokens.shape()[1];
  const Scoped valid(ctx.mask, std::move(mask));
  const Scoped bias(ctx.position_bias, decoder_bias_(ctx, positions, positions));
  const Var x = dropout(ctx, tokens_(ctx, Var{tokens}), dropout_);
  return {.features = decoder_(ctx, x), .head = &*head_};
}

// The answer one position later, behind the start token.
Tensor Seq2seq::shifted(const Tensor& target) const {
  if (!target || target.dtype() != DType::kInt32 || target.shape().rank() != 2)
    throw Error("[seq2seq] expects the answers as its target, int32 tokens (B,T)");
  const int64_t batch = target.shape()[0], length = target.shape()[1];
  const Tensor tokens = Tensor::empty(target.shape(), DType::kInt32);
  const int32_t* from = target.data<int32_t>();
  int32_t* to = tokens.data<int32_t>();
  for (int64_t b = 0; b < batch; ++b, from += length, to += length) {
    to[0] = kStart;
    for (int64_t t = 1; t < length; ++t) to[t] = from[t - 1] >= 0 ? from[t - 1] : kStart;
  }
  return tokens;
}

Tensor Seq2seq::answered(const Tensor& target) {
  const Tensor mask = Tensor::empty(target.shape(), DType::kUInt8);
  for (int64_t i = 0; i < target.numel(); ++i)
    mask.data<uint8_t>()[i] = target.data<int32_t>()[i] >= 0;
  return mask;
}

void Seq2seq::judge(Context& ctx, const Var& input) {
  const PathScope here(ctx, path());
  const Var question = tokens_(ctx, input);
  const Scoped condition(ctx.cond, condition_of(ctx, condition_, question));
  const Scoped memory(ctx.memory, encoded(ctx, question));
  const Scoped memory_mask(ctx.memory_mask, ctx.mask);
  const int64_t batch = input.shape()[0];
  const auto find = [&](const Tensor& logits, int64_t row) {
    return with_float_type(logits.dtype(), [&]<class T>() {
      const int64_t outputs = logits.shape().back();
      const T* const first = logits.data<T>() + row * outputs;
      return static_cast<int32_t>(std::max_element(first, first + outputs) - first);
    });
  };
  std::vector<int32_t> answer(static_cast<size_t>(batch * answer_));
  for (int64_t length = 1; length <= answer_; ++length) {
    const Tensor tokens = Tensor::empty({batch, length}, DType::kInt32);
    for (int64_t b = 0; b < batch; ++b) {
      int32_t* const row = tokens.data<int32_t>() + b * length;
      row[0] = kStart;
      std::copy_n(answer.begin() + b * answer_, length - 1, row + 1);
    }
    const Tensor logits = resolve(ctx, decode(ctx, tokens, {})).value;
    for (int64_t b = 0; b < batch; ++b)
      answer[static_cast<size_t>(b * answer_ + length - 1)] = find(logits, (b + 1) * length - 1);
  }
  int64_t right = 0;
  for (int64_t b = 0; b < batch; ++b) {
    const int32_t* const target = ctx.target.data<int32_t>() + b * answer_;
    bool same = true;
    for (int64_t t = 0; t < answer_; ++t)
      same = same && (target[t] < 0 || target[t] == answer[static_cast<size_t>(b * answer_ + t)]);
    right += same;
  }
  ctx.begin_forward(ctx.first_sample);  // forgets what the layers measured of these answers
  ctx.measure("exact_match", static_cast<double>(right), static_cast<double>(batch));
}

const RegisterModel<Seq2seq> registered_seq2seq(
    "seq2seq", "an encoder-decoder that answers a sequence with another",
    "Raffel et al. 2019 (T5), arXiv:1910.10683");

}  // namespace
}  // namespace norma
