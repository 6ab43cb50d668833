// oneDNN's primitives of one convolution, prepared once and run on the calling thread only.

#include "CNetworkKernels.h"

#include <dlfcn.h>
#if !__has_include(<dnnl.hpp>)
#error "oneDNN is missing: apt install libdnnl-dev (make setup installs all that the package needs)"
#endif
#include <dnnl.hpp>

#include <cstdio>
#include <memory>

using dnnl::memory;
using Format = memory::format_tag;
using Element = memory::data_type;

namespace {

// oneDNN takes its threads from OpenMP, whose setting belongs to the calling thread. The symbol is looked up because
// builds of oneDNN without OpenMP exist; they need no setting.
void use_one_thread() {
  using Setter = void (*)(int);
  static const Setter set = reinterpret_cast<Setter>(dlsym(RTLD_DEFAULT, "omp_set_num_threads"));
  if (set) set(1);
}

dnnl::engine &engine() {
  static dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}

struct Shape {
  memory::desc source, weights, bias, destination;
  memory::dims strides, padding;
};

#if DNNL_VERSION_MAJOR >= 3
dnnl::convolution_forward::primitive_desc forward_desc(const Shape &s, const dnnl::primitive_attr &attributes) {
  return {engine(),   dnnl::prop_kind::forward_training, dnnl::algorithm::convolution_direct,
          s.source,   s.weights,                         s.bias,
          s.destination, s.strides,                      s.padding,
          s.padding,  attributes};
}
dnnl::convolution_backward_data::primitive_desc data_desc(
    const Shape &s, const dnnl::convolution_forward::primitive_desc &hint) {
  return {engine(),  dnnl::algorithm::convolution_direct, s.source,  s.weights, s.destination,
          s.strides, s.padding,                           s.padding, hint};
}
dnnl::convolution_backward_weights::primitive_desc weights_desc(
    const Shape &s, const dnnl::convolution_forward::primitive_desc &hint) {
  return {engine(),      dnnl::algorithm::convolution_direct, s.source,  s.weights, s.bias,
          s.destination, s.strides,                           s.padding, s.padding, hint};
}
#else
dnnl::convolution_forward::primitive_desc forward_desc(const Shape &s, const dnnl::primitive_attr &attributes) {
  return {{dnnl::prop_kind::forward_training, dnnl::algorithm::convolution_direct, s.source, s.weights, s.bias,
           s.destination, s.strides, s.padding, s.padding},
          attributes,
          engine()};
}
dnnl::convolution_backward_data::primitive_desc data_desc(
    const Shape &s, const dnnl::convolution_forward::primitive_desc &hint) {
  return {{dnnl::algorithm::convolution_direct, s.source, s.weights, s.destination, s.strides, s.padding, s.padding},
          engine(),
          hint};
}
dnnl::convolution_backward_weights::primitive_desc weights_desc(
    const Shape &s, const dnnl::convolution_forward::primitive_desc &hint) {
  return {{dnnl::algorithm::convolution_direct, s.source, s.weights, s.bias, s.destination, s.strides, s.padding,
           s.padding},
          engine(),
          hint};
}
#endif

dnnl::primitive_attr rectifying() {
  dnnl::post_ops after;
#if DNNL_VERSION_MAJOR >= 3
  after.append_eltwise(dnnl::algorithm::eltwise_relu, 0, 0);
#else
  after.append_eltwise(1, dnnl::algorithm::eltwise_relu, 0, 0);
#endif
  dnnl::primitive_attr attributes;
  attributes.set_post_ops(after);
  return attributes;
}

// The memory of a caller, seen by a primitive; and weights in the layout that a primitive prefers.
struct Weights {
  memory user, packed;
  dnnl::reorder pack, unpack;

  Weights(const memory::desc &mine, const memory::desc &theirs)
      : user(mine, engine(), nullptr), packed(theirs, engine()), pack(user, packed), unpack(packed, user) {}

  memory &packing(dnnl::stream &stream, const float *w) {
    user.set_data_handle(const_cast<float *>(w));
    pack.execute(stream, user, packed);
    return packed;
  }
};

}  // namespace

struct cnk_plan {
  dnnl::stream stream;
  memory::desc user_weights;
  memory x, y, bias;
  dnnl::convolution_forward plain, rectified;
  dnnl::convolution_backward_data data;
  dnnl::convolution_backward_weights weights;
  std::unique_ptr<Weights> forward_weights, rectified_weights, data_weights, gradient_weights;

  cnk_plan(const Shape &shape, const memory::desc &user)
      : stream(engine()), user_weights(user), x(shape.source, engine(), nullptr),
        y(shape.destination, engine(), nullptr), bias(shape.bias, engine(), nullptr) {
    const auto forward = forward_desc(shape, {});
    const auto forward_rectified = forward_desc(shape, rectifying());
    const auto backward = data_desc(shape, forward);
    const auto gradient = weights_desc(shape, forward);
    plain = dnnl::convolution_forward(forward);
    rectified = dnnl::convolution_forward(forward_rectified);
    data = dnnl::convolution_backward_data(backward);
    weights = dnnl::convolution_backward_weights(gradient);
    forward_weights = std::make_unique<Weights>(user, forward.weights_desc());
    rectified_weights = std::make_unique<Weights>(user, forward_rectified.weights_desc());
    data_weights = std::make_unique<Weights>(user, backward.weights_desc());
    gradient_weights = std::make_unique<Weights>(user, gradient.diff_weights_desc());
  }

  memory &at(memory &slot, const float *data) {
    slot.set_data_handle(const_cast<float *>(data));
    return slot;
  }
};

// Exceptions may not cross into C.
template <class Body>
static int guarded(Body body) {
  use_one_thread();
  try {
    body();
    return 0;
  } catch (...) {
    return 1;
  }
}

extern "C" {

cnk_plan *cnk_plan_create(int samples, int height, int width, int cin, int cout, int kernel, int stride, int padding,
                          char *error) {
  use_one_thread();
  try {
    const int rows = (height + 2 * padding - kernel) / stride + 1, columns = (width + 2 * padding - kernel) / stride + 1;
    const memory::dims weights = {cout, cin, kernel, kernel};
    const Shape shape = {memory::desc({samples, cin, height, width}, Element::f32, Format::nhwc),
                         memory::desc(weights, Element::f32, Format::any),
                         memory::desc({cout}, Element::f32, Format::x),
                         memory::desc({samples, cout, rows, columns}, Element::f32, Format::nhwc),
                         {stride, stride},
                         {padding, padding}};
    return new cnk_plan(shape, memory::desc(weights, Element::f32, Format::hwio));
  } catch (const std::exception &failure) {
    std::snprintf(error, 256, "%s", failure.what());
    return nullptr;
  }
}

void cnk_plan_destroy(cnk_plan *plan) { delete plan; }

int cnk_forward(cnk_plan *p, const float *x, const float *w, const float *b, float *y, int rectified) {
  return guarded([&] {
    memory &weights = (rectified ? p->rectified_weights : p->forward_weights)->packing(p->stream, w);
    (rectified ? p->rectified : p->plain)
        .execute(p->stream, {{DNNL_ARG_SRC, p->at(p->x, x)},
                             {DNNL_ARG_WEIGHTS, weights},
                             {DNNL_ARG_BIAS, p->at(p->bias, b)},
                             {DNNL_ARG_DST, p->at(p->y, y)}});
    p->stream.wait();
  });
}

int cnk_backward_data(cnk_plan *p, const float *dy, const float *w, float *dx) {
  return guarded([&] {
    memory &weights = p->data_weights->packing(p->stream, w);
    p->data.execute(p->stream, {{DNNL_ARG_DIFF_DST, p->at(p->y, dy)},
                                {DNNL_ARG_WEIGHTS, weights},
                                {DNNL_ARG_DIFF_SRC, p->at(p->x, dx)}});
    p->stream.wait();
  });
}

int cnk_backward_weights(cnk_plan *p, const float *x, const float *dy, float *dw, float *db) {
  return guarded([&] {
    Weights &gradient = *p->gradient_weights;
    p->weights.execute(p->stream, {{DNNL_ARG_SRC, p->at(p->x, x)},
                                   {DNNL_ARG_DIFF_DST, p->at(p->y, dy)},
                                   {DNNL_ARG_DIFF_WEIGHTS, gradient.packed},
                                   {DNNL_ARG_DIFF_BIAS, p->at(p->bias, db)}});
    gradient.user.set_data_handle(dw);
    gradient.unpack.execute(p->stream, gradient.packed, gradient.user);
    p->stream.wait();
  });
}

int cnk_library_version(void) {
  const dnnl_version_t *v = dnnl_version();
  return 10000 * v->major + 100 * v->minor + v->patch;
}
}
