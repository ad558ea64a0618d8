#include "core/kernels/pooling.h"

#include <algorithm>

#include "core/parallel.h"

namespace norma::kernels {
namespace {

// The pixels of one window along one axis that lie inside the image.
struct Span {
  int64_t begin, end;
};
Span inside(const Pooling& p, int64_t window, int64_t extent) {
  const int64_t first = window * p.stride - p.padding;
  return {std::max<int64_t>(first, 0), std::min(first + p.kernel, extent)};
}

// Runs body(n, oh) for each row of windows; rows of the output share nothing.
template <class Body>
void for_each_output_row(const Pooling& p, const Body& body) {
  const int64_t rows = p.out_height();
  parallel_ranges(p.batch * rows, p.out_width() * p.channels * p.kernel * p.kernel,
                  [&](int64_t begin, int64_t end) {
                    for (int64_t i = begin; i < end; ++i) body(i / rows, i % rows);
                  });
}

// Runs body(n) for each image: windows overlap, so what they add to must stay with one thread.
template <class Body>
void for_each_image(const Pooling& p, const Body& body) {
  parallel_ranges(p.batch, p.height * p.width * p.channels, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) body(n);
  });
}

template <class T>
T one_over_count(const Pooling& p, bool count_padding, Span h, Span w) {
  const int64_t count = count_padding ? p.kernel * p.kernel : (h.end - h.begin) * (w.end - w.begin);
  return T(1) / static_cast<T>(count);
}

}  // namespace

template <class T>
void max_pool_forward(const Pooling& p, T* y, int32_t* where, const T* x) {
  for_each_output_row(p, [&](int64_t n, int64_t oh) {
    const Span h = inside(p, oh, p.height);
    for (int64_t ow = 0; ow < p.out_width(); ++ow) {
      const Span w = inside(p, ow, p.width);
      const int64_t window = ((n * p.out_height() + oh) * p.out_width() + ow) * p.channels;
      T* const best = y + window;
      int32_t* const from = where + window;
      const int64_t start = h.begin * p.width + w.begin;
      std::copy_n(x + (n * p.height * p.width + start) * p.channels, p.channels, best);
      std::fill_n(from, p.channels, static_cast<int32_t>(start));
      for (int64_t ih = h.begin; ih < h.end; ++ih) {
        for (int64_t iw = w.begin; iw < w.end; ++iw) {
          const int32_t pixel = static_cast<int32_t>(ih * p.width + iw);
          const T* const value = x + (n * p.height * p.width + pixel) * p.channels;
#pragma omp simd
          for (int64_t c = 0; c < p.channels; ++c) {
            const bool better = value[c] > best[c] || value[c] != value[c];
            best[c] = better ? value[c] : best[c];
            from[c] = better ? pixel : from[c];
          }
        }
      }
    }
  });
}

template <class T>
void max_pool_backward(const Pooling& p, T* dx, const int32_t* where, const T* dy) {
  const int64_t pixels = p.height * p.width, windows = p.out_height() * p.out_width();
  for_each_image(p, [&](int64_t n) {
    T* const image = dx + n * pixels * p.channels;
    std::fill_n(image, pixels * p.channels, T(0));
    for (int64_t i = n * windows; i < (n + 1) * windows; ++i)
      for (int64_t c = 0; c < p.channels; ++c)
        image[where[i * p.channels + c] * p.channels + c] += dy[i * p.channels + c];
  });
}

template <class T>
void average_pool_forward(const Pooling& p, bool count_padding, T* y, const T* x) {
  for_each_output_row(p, [&](int64_t n, int64_t oh) {
    const Span h = inside(p, oh, p.height);
    for (int64_t ow = 0; ow < p.out_width(); ++ow) {
      const Span w = inside(p, ow, p.width);
      T* const mean = y + ((n * p.out_height() + oh) * p.out_width() + ow) * p.channels;
      std::fill_n(mean, p.channels, T(0));
      for (int64_t ih = h.begin; ih < h.end; ++ih) {
        for (int64_t iw = w.begin; iw < w.end; ++iw) {
          const T* const value = x + ((n * p.height + ih) * p.width + iw) * p.channels;
#pragma omp simd
          for (int64_t c = 0; c < p.channels; ++c) mean[c] += value[c];
        }
      }
      const T factor = one_over_count<T>(p, count_padding, h, w);
#pragma omp simd
      for (int64_t c = 0; c < p.channels; ++c) mean[c] *= factor;
    }
  });
}

template <class T>
void average_pool_backward(const Pooling& p, bool count_padding, T* dx, const T* dy) {
  for_each_image(p, [&](int64_t n) {
    T* const image = dx + n * p.height * p.width * p.channels;
    std::fill_n(image, p.height * p.width * p.channels, T(0));
    for (int64_t oh = 0; oh < p.out_height(); ++oh) {
      const Span h = inside(p, oh, p.height);
      for (int64_t ow = 0; ow < p.out_width(); ++ow) {
        const Span w = inside(p, ow, p.width);
        const T* const grad = dy + ((n * p.out_height() + oh) * p.out_width() + ow) * p.channels;
        const T factor = one_over_count<T>(p, count_padding, h, w);
        for (int64_t ih = h.begin; ih < h.end; ++ih) {
          for (int64_t iw = w.begin; iw < w.end; ++iw) {
            T* const pixel = image + (ih * p.width + iw) * p.channels;
#pragma omp simd
            for (int64_t c = 0; c < p.channels; ++c) pixel[c] += grad[c] * factor;
          }
        }
      }
    }
  });
}

template void max_pool_forward(const Pooling&, float*, int32_t*, const float*);
template void max_pool_forward(const Pooling&, double*, int32_t*, const double*);
template void max_pool_backward(const Pooling&, float*, const int32_t*, const float*);
template void max_pool_backward(const Pooling&, double*, const int32_t*, const double*);
template void average_pool_forward(const Pooling&, bool, float*, const float*);
template void average_pool_forward(const Pooling&, bool, double*, const double*);
template void average_pool_backward(const Pooling&, bool, float*, const float*);
template void average_pool_backward(const Pooling&, bool, double*, const double*);

}  // namespace norma::kernels
