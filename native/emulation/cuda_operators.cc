// Operators on the CPU with the interface of PyTorch 2.13's CUDA ones for attention: what they check, how they lay out
// the log-sum-exp, what they leave unwritten (here not a number). See aten/src/ATen/native/transformers/cuda in
// PyTorch.
#include <ATen/ATen.h>
#include <torch/library.h>

#include <cmath>
#include <limits>

namespace {

using at::Tensor;
using OptionalTensor = std::optional<Tensor>;
using OptionalSymInt = std::optional<c10::SymInt>;

constexpr int64_t kCausalFromTopLeft = 1;

Tensor unwritten(at::IntArrayRef sizes, const at::TensorOptions& options) { return at::full(sizes, NAN, options); }

/// Sequences within packed queries and keys; `used`: how many of a sequence's keys count.
struct Sequences {
  Sequences(const Tensor& queries, const Tensor& keys, const OptionalTensor& used = {})
      : queries_(queries), keys_(keys), used_(used) {
    for (const Tensor& offsets : {queries, keys}) {
      TORCH_CHECK(offsets.dtype() == at::kInt && offsets.is_contiguous() && offsets.dim() == 1);
    }
    TORCH_CHECK(queries.numel() == keys.numel() && count() > 0);
    if (used) TORCH_CHECK(used->dtype() == at::kInt && used->is_contiguous() && used->numel() == count());
  }

  int64_t count() const { return queries_.numel() - 1; }
  Tensor queriesOf(const Tensor& x, int64_t s, int64_t dim = 0) const {
    return x.narrow(dim, at(queries_, s), length(queries_, s));
  }
  Tensor keysOf(const Tensor& x, int64_t s) const {
    return x.narrow(0, at(keys_, s), used_ ? at(*used_, s) : length(keys_, s));
  }
  void check(int64_t s, int64_t mostQueries) const { TORCH_CHECK(length(queries_, s) <= mostQueries); }

 private:
  static int64_t at(const Tensor& x, int64_t i) { return x.const_data_ptr<int32_t>()[i]; }
  static int64_t length(const Tensor& offsets, int64_t s) { return at(offsets, s + 1) - at(offsets, s); }

  Tensor queries_, keys_;
  OptionalTensor used_;
};

Tensor heads(const Tensor& x_THE) { return x_THE.transpose(0, 1).to(at::kFloat); }

Tensor scores(const Tensor& q_THE, const Tensor& k_SHE, bool causal, double scale) {
  Tensor scores_HTS = at::matmul(heads(q_THE), heads(k_SHE).transpose(1, 2)) * scale;
  if (causal) {
    TORCH_CHECK(q_THE.size(0) == k_SHE.size(0), "otherwise the kernels differ in what causal means");
    scores_HTS.masked_fill_(at::ones({q_THE.size(0), k_SHE.size(0)}, at::kBool).triu(1),
                            -std::numeric_limits<float>::infinity());
  }
  return scores_HTS;
}

void forward(const Tensor& q, const Tensor& k, const Tensor& v, bool causal, double scale, Tensor out, Tensor lse_HT) {
  const Tensor s = scores(q, k, causal, scale);
  lse_HT.copy_(s.logsumexp(-1));
  out.copy_(at::matmul((s - lse_HT.unsqueeze(-1)).exp(), heads(v)).transpose(0, 1));
}

void backward(const Tensor& dout, const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& out,
              const Tensor& lse_HT, bool causal, double scale, Tensor dq, Tensor dk, Tensor dv) {
  const Tensor probabilities = (scores(q, k, causal, scale) - lse_HT.unsqueeze(-1)).exp();
  dv.copy_(at::matmul(probabilities.transpose(1, 2), heads(dout)).transpose(0, 1));
  const Tensor delta = (heads(dout) * heads(out)).sum(-1, /*keepdim=*/true);
  const Tensor ds = probabilities * (at::matmul(heads(dout), heads(v).transpose(1, 2)) - delta) * scale;
  dq.copy_(at::matmul(ds, heads(k)).transpose(0, 1));
  dk.copy_(at::matmul(ds.transpose(1, 2), heads(q)).transpose(0, 1));
}

void checkFlash(const Tensor& q, const Tensor& k, const Tensor& v) {
  TORCH_CHECK(q.dtype() == at::kBFloat16, "FlashAttention only support fp16 and bf16 data type");
  for (const Tensor& x : {q, k, v}) {
    TORCH_CHECK(x.dtype() == q.dtype() && x.dim() == 3 && x.stride(-1) == 1);
    TORCH_CHECK(reinterpret_cast<uintptr_t>(x.const_data_ptr()) % 16 == 0 && x.stride(0) % 8 == 0 &&
                x.stride(1) % 8 == 0);  // what the kernels load at once
  }
  TORCH_CHECK(q.size(2) % 8 == 0 && q.size(2) <= 256 && q.size(1) % k.size(1) == 0 && k.sizes() == v.sizes());
}

std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor> flashForward(
    const Tensor& q, const Tensor& k, const Tensor& v, const OptionalTensor& queryOffsets,
    const OptionalTensor& keyOffsets, c10::SymInt maxQ, c10::SymInt, double dropout, bool causal, bool,
    std::optional<double> scale, OptionalSymInt, OptionalSymInt, const OptionalTensor& used, const OptionalTensor&,
    const OptionalTensor& blockTable, std::optional<int64_t>) {
  checkFlash(q, k, v);
  TORCH_CHECK(queryOffsets && keyOffsets && dropout == 0 && !blockTable);
  const Sequences sequences(*queryOffsets, *keyOffsets, used);
  const int64_t repeats = q.size(1) / k.size(1);
  const Tensor keys = k.repeat_interleave(repeats, 1), values = v.repeat_interleave(repeats, 1);
  Tensor out = unwritten(q.sizes(), q.options());
  Tensor lse_HN = unwritten({q.size(1), q.size(0)}, q.options().dtype(at::kFloat));
  for (int64_t s = 0; s < sequences.count(); ++s) {
    sequences.check(s, maxQ.expect_int());
    forward(sequences.queriesOf(q, s), sequences.keysOf(keys, s), sequences.keysOf(values, s), causal, *scale,
            sequences.queriesOf(out, s), sequences.queriesOf(lse_HN, s, 1));
  }
  return {out, lse_HN, at::empty({2}, at::kUInt64), at::empty({}, at::kUInt64), at::empty({0}, q.options())};
}

std::tuple<Tensor, Tensor, Tensor> flashBackward(const Tensor& dout, const Tensor& q, const Tensor& k, const Tensor& v,
                                                 const Tensor& out, const Tensor& lse_HN, const Tensor& queryOffsets,
                                                 const Tensor& keyOffsets, c10::SymInt, c10::SymInt, double dropout,
                                                 bool causal, const Tensor& rngState, const Tensor& unused,
                                                 std::optional<double> scale, OptionalSymInt, OptionalSymInt) {
  checkFlash(q, k, v);
  TORCH_CHECK(dropout == 0 && rngState.defined() && unused.defined() && dout.dtype() == q.dtype());
  TORCH_CHECK(lse_HN.is_contiguous() && lse_HN.dtype() == at::kFloat &&
              lse_HN.sizes() == at::IntArrayRef({q.size(1), q.size(0)}));
  const Sequences sequences(queryOffsets, keyOffsets);
  const int64_t repeats = q.size(1) / k.size(1);
  const Tensor keys = k.repeat_interleave(repeats, 1), values = v.repeat_interleave(repeats, 1);
  Tensor dq = unwritten(q.sizes(), q.options()), dk = unwritten(keys.sizes(), k.options()),
         dv = unwritten(keys.sizes(), k.options());
  for (int64_t s = 0; s < sequences.count(); ++s) {
    backward(sequences.queriesOf(dout, s), sequences.queriesOf(q, s), sequences.keysOf(keys, s),
             sequences.keysOf(values, s), sequences.queriesOf(out, s), sequences.queriesOf(lse_HN, s, 1), causal,
             *scale, sequences.queriesOf(dq, s), sequences.keysOf(dk, s), sequences.keysOf(dv, s));
  }
  const auto summed = [&](const Tensor& x) { return x.unflatten(1, {k.size(1), repeats}).sum(2); };
  return {dq, summed(dk), summed(dv)};
}

void checkEfficient(const Tensor& q, const Tensor& k, const Tensor& v) {
  for (const Tensor& x : {q, k, v}) {
    TORCH_CHECK(x.dim() == 4 && x.size(0) == 1 && x.size(2) == q.size(2) && x.size(3) == q.size(3));
    TORCH_CHECK(x.stride(-1) == 1 && x.stride(2) % 4 == 0, "cutlassF: no kernel found to launch!");
  }
}

std::tuple<Tensor, Tensor, Tensor, Tensor, c10::SymInt, c10::SymInt> efficientForward(
    const Tensor& q, const Tensor& k, const Tensor& v, const OptionalTensor& bias, const OptionalTensor& queryOffsets,
    const OptionalTensor& keyOffsets, OptionalSymInt maxQ, OptionalSymInt maxK, double dropout, int64_t maskType,
    bool wantsLse, std::optional<double> scale, const OptionalTensor& used, std::optional<int64_t> window) {
  checkEfficient(q, k, v);
  TORCH_CHECK(!bias && queryOffsets && keyOffsets && dropout == 0 && wantsLse && !window);
  const Sequences sequences(*queryOffsets, *keyOffsets, used);
  const int64_t most = maxQ->expect_int();
  Tensor out = unwritten(q.sizes(), q.options());
  Tensor lse_SHL = at::full({sequences.count(), q.size(2), (most + 31) / 32 * 32}, INFINITY, at::kFloat);
  for (int64_t s = 0; s < sequences.count(); ++s) {
    sequences.check(s, most);
    const Tensor queries = sequences.queriesOf(q[0], s);
    forward(queries, sequences.keysOf(k[0], s), sequences.keysOf(v[0], s), maskType == kCausalFromTopLeft, *scale,
            sequences.queriesOf(out[0], s), lse_SHL[s].narrow(1, 0, queries.size(0)));
  }
  return {out, lse_SHL, at::empty({}, at::kLong), at::empty({}, at::kLong), *maxQ, *maxK};
}

std::tuple<Tensor, Tensor, Tensor, Tensor> efficientBackward(
    const Tensor& dout, const Tensor& q, const Tensor& k, const Tensor& v, const OptionalTensor&, const Tensor& out,
    const OptionalTensor& queryOffsets, const OptionalTensor& keyOffsets, c10::SymInt maxQ, c10::SymInt maxK,
    const Tensor& lse_SHL, double dropout, const Tensor& seed, const Tensor& offset, int64_t maskType,
    bool biasRequiresGrad, std::optional<double> scale, std::optional<int64_t>, std::optional<int64_t>, bool shared) {
  checkEfficient(q, k, v);
  TORCH_CHECK(dropout == 0 && seed.defined() && offset.defined() && !biasRequiresGrad && !shared);
  TORCH_CHECK(maxQ.expect_int() <= q.size(1) && maxK.expect_int() <= k.size(1));
  TORCH_CHECK(lse_SHL.stride(0) % 8 == 0 && lse_SHL.stride(1) % 8 == 0 && lse_SHL.stride(2) == 1);
  const Sequences sequences(*queryOffsets, *keyOffsets);
  Tensor dq = unwritten(q.sizes(), q.options()), dk = unwritten(k.sizes(), k.options()),
         dv = unwritten(v.sizes(), v.options());
  for (int64_t s = 0; s < sequences.count(); ++s) {
    const Tensor queries = sequences.queriesOf(q[0], s);
    const int64_t count = queries.size(0);
    TORCH_CHECK(lse_SHL[s].narrow(1, count, lse_SHL.size(2) - count).eq(INFINITY).all().item<bool>());
    backward(sequences.queriesOf(dout[0], s), queries, sequences.keysOf(k[0], s), sequences.keysOf(v[0], s),
             sequences.queriesOf(out[0], s), lse_SHL[s].narrow(1, 0, count), maskType == kCausalFromTopLeft, *scale,
             sequences.queriesOf(dq[0], s), sequences.keysOf(dk[0], s), sequences.keysOf(dv[0], s));
  }
  return {dq, dk, dv, Tensor()};
}

TORCH_LIBRARY_IMPL(aten, CPU, library) {
  library.impl("_flash_attention_forward", TORCH_FN(flashForward));
  library.impl("_flash_attention_backward", TORCH_FN(flashBackward));
  library.impl("_efficient_attention_forward", TORCH_FN(efficientForward));
  library.impl("_efficient_attention_backward", TORCH_FN(efficientBackward));
}

}  // namespace
